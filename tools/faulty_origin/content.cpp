#include "content.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace::origin {
namespace {

constexpr std::size_t remembered_tables = 12;
constexpr std::size_t word_size = sizeof(std::uint64_t);

/// SplitMix64: cheap, and neighbouring indices have nothing in common.
std::uint64_t word_at(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed * 0xd1342543de82ef95U + (index + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// Bytes within one period: position + out.size() <= content_period.
void fill_within_period(std::uint64_t seed, std::uint64_t position, std::span<char> out) {
  std::uint64_t index = position / word_size;
  std::size_t skip = position % word_size;
  std::size_t done = 0;
  while (done < out.size()) {
    const std::uint64_t word = word_at(seed, index++);
    const std::size_t count = std::min(word_size - skip, out.size() - done);
    std::memcpy(out.data() + done, reinterpret_cast<const char*>(&word) + skip, count);
    done += count;
    skip = 0;
  }
}

class sha256 {
 public:
  sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }

  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4U];
      text += "0123456789abcdef"[digest[i] & 15U];
    }
    return text;
  }

 private:
  struct release {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, release> context_;
};

class text_body final : public body {
 public:
  explicit text_body(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  std::string_view at(std::uint64_t offset) const override { return std::string_view(text_).substr(offset); }

 private:
  std::string text_;
};

class generated_body final : public body {
 public:
  generated_body(std::shared_ptr<const std::vector<char>> table, std::uint64_t size)
      : table_(std::move(table)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::string_view at(std::uint64_t offset) const override {
    const std::uint64_t position = offset % content_period;
    return {table_->data() + position,
            std::min<std::uint64_t>(size_ - offset,
                                    std::min<std::uint64_t>(table_->size(), content_period) - position)};
  }

 private:
  std::shared_ptr<const std::vector<char>> table_;
  std::uint64_t size_;
};

class mapped_file final : public body {
 public:
  mapped_file(void* memory, std::size_t size) : memory_(memory), size_(size) {}
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file() override { munmap(memory_, size_); }
  std::uint64_t size() const override { return size_; }
  std::string_view at(std::uint64_t offset) const override {
    return std::string_view(static_cast<const char*>(memory_), size_).substr(offset);
  }

 private:
  void* memory_;
  std::size_t size_;
};

}  // namespace

void fill_content(std::uint64_t seed, std::uint64_t offset, std::span<char> out) {
  while (!out.empty()) {
    const std::uint64_t position = offset % content_period;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), content_period - position));
    fill_within_period(seed, position, out.first(count));
    out = out.subspan(count);
    offset += count;
  }
}

std::string content_of(std::uint64_t seed, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  fill_content(seed, offset, bytes);
  return bytes;
}

std::string sha256_of_content(std::uint64_t seed, std::uint64_t size) {
  std::vector<char> table(static_cast<std::size_t>(std::min(size, content_period)));
  fill_content(seed, 0, table);
  sha256 digest;
  while (size > 0) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(size, table.size()));
    digest.add({table.data(), count});
    size -= count;
  }
  return digest.hex();
}

std::string sha256_of(std::string_view bytes) {
  sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

std::shared_ptr<const body> make_text_body(std::string text) {
  return std::make_shared<text_body>(std::move(text));
}

std::shared_ptr<const body> make_file_body(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  struct stat information{};
  std::shared_ptr<const body> made;
  if (fstat(descriptor, &information) == 0 && S_ISREG(information.st_mode)) {
    const auto size = static_cast<std::size_t>(information.st_size);
    if (size == 0) {
      made = make_text_body({});
    } else if (void* memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
               memory != MAP_FAILED) {
      made = std::make_shared<mapped_file>(memory, size);
    }
  }
  close(descriptor);
  return made;
}

std::shared_ptr<const body> content_store::generated(std::uint64_t seed, std::uint64_t size) {
  const auto needed = static_cast<std::size_t>(std::min(size, content_period));
  const std::lock_guard lock(mutex_);
  const auto known =
      std::find_if(recent_.begin(), recent_.end(), [&](const entry& one) { return one.seed == seed; });
  if (known != recent_.end() && known->table->size() >= needed) {
    std::rotate(known, known + 1, recent_.end());
    return std::make_shared<generated_body>(recent_.back().table, size);
  }
  if (known != recent_.end()) {
    recent_.erase(known);
  } else if (recent_.size() == remembered_tables) {
    recent_.erase(recent_.begin());
  }
  auto table = std::make_shared<std::vector<char>>(needed);
  fill_content(seed, 0, *table);
  recent_.push_back({seed, table});
  return std::make_shared<generated_body>(std::move(table), size);
}

}  // namespace millrace::origin
