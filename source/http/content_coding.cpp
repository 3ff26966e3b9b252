#include "http/content_coding.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

// Its input is const then.
#define ZLIB_CONST
#include <zlib.h>

namespace millrace::http {

namespace {

constexpr int raw_window = -MAX_WBITS, zlib_window = MAX_WBITS, gzip_window = MAX_WBITS + 16;

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

/// No encoder makes more of a text than this, not even one that begins a gzip member with every line. Without
/// a bound, members without any content would keep us busy for ever.
std::size_t most_encoded(std::size_t decoded) noexcept {
  constexpr std::size_t slack = 64 * 1024;
  const auto half = std::numeric_limits<std::size_t>::max() / 2;
  return decoded > half - slack ? std::numeric_limits<std::size_t>::max() : 2 * decoded + slack;
}

}  // namespace

std::string_view to_string(decoding outcome) noexcept {
  switch (outcome) {
    case decoding::fine:
      break;
    case decoding::unknown_coding:
      return "its content coding is neither gzip nor deflate";
    case decoding::broken:
      return "its compressed data are broken";
    case decoding::truncated:
      return "its compressed data end too early";
    case decoding::too_large:
      return "it is too large";
  }
  return "it is fine";
}

std::string content_codings(const field_list& fields) {
  std::string list;
  for (const auto& each : fields) {
    if (!equal_ignoring_case(each.name, "Content-Encoding")) continue;
    if (!list.empty()) list += ", ";
    list += each.value;
  }
  return list;
}

/// Undoes one coding.
class body_decoder::stage {
 public:
  struct piece {
    std::span<const std::byte> bytes;  ///< valid until the next call; empty: more input is needed
    bool broken = false;
  };

  explicit stage(bool gzip) : gzip_(gzip) {}
  ~stage() {
    if (begun_) inflateEnd(&stream_);
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  /// False when it has had more than the text can need. The bytes are to stay until decode() wants more.
  bool give(std::span<const std::byte> bytes, std::size_t most) noexcept {
    if (bytes.size() > most - taken_) return false;
    taken_ += bytes.size();
    if (bytes.empty()) return true;
    if (!begun_) begin(bytes.front());
    stream_.next_in = reinterpret_cast<const Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    return true;
  }

  piece decode() {
    stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
    stream_.avail_out = static_cast<uInt>(output_.size());
    while (begun_ && stream_.avail_out > 0) {
      if (ended_ && !next_member()) break;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      if (code == Z_STREAM_END) {
        ended_ = true;
      } else if (code == Z_BUF_ERROR) {
        break;
      } else if (code != Z_OK) {
        if (!between_members()) return {{}, true};
        ended_ = ignoring_ = true;
      }
    }
    return {std::span(output_).first(output_.size() - stream_.avail_out)};
  }

  /// The body may end here.
  bool whole() const noexcept { return !begun_ || ended_ || between_members(); }

 private:
  void begin(std::byte first) {
    // Compression method 8 and a window of at most 32 KiB; a raw stream has no reason to begin like that.
    const bool zlib_header = (std::to_integer<unsigned>(first) & 0x8fU) == 8;
    const int window = gzip_ ? gzip_window : zlib_header ? zlib_window : raw_window;
    if (inflateInit2(&stream_, window) != Z_OK) throw std::bad_alloc();
    begun_ = true;
  }

  /// What follows the end: another gzip member, or padding, which everybody ignores.
  bool next_member() noexcept {
    if (!gzip_ || ignoring_) stream_.avail_in = 0;
    if (stream_.avail_in == 0) return false;
    inflateReset(&stream_);
    ended_ = false;
    later_ = true;
    return true;
  }

  /// Behind a complete member, and what came since is no gzip header yet.
  bool between_members() const noexcept { return later_ && stream_.total_in <= 2; }

  bool gzip_;
  bool begun_ = false;
  bool ended_ = false;
  bool later_ = false;     ///< the first member is complete
  bool ignoring_ = false;  ///< what follows the last member is none
  std::size_t taken_ = 0;
  z_stream stream_{};
  std::array<std::byte, std::size_t{16} * 1024> output_;
};

body_decoder::body_decoder(std::string_view codings, std::size_t limit) : limit_(limit) {
  while (!codings.empty()) {
    const auto comma = std::min(codings.find(','), codings.size());
    const auto name = trimmed(codings.substr(0, comma));
    codings.remove_prefix(std::min(comma + 1, codings.size()));
    if (name.empty() || equal_ignoring_case(name, "identity")) continue;
    const bool gzip = equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip");
    const bool known = gzip || equal_ignoring_case(name, "deflate");
    if (!known || stages_.size() == most_codings) {
      state_ = decoding::unknown_coding;
      return;
    }
    stages_.push_back(std::make_unique<stage>(gzip));
  }
  std::ranges::reverse(stages_);
}

body_decoder::~body_decoder() = default;

decoding body_decoder::feed(std::span<const std::byte> bytes, std::string& out) {
  // zlib counts in 32 bits.
  constexpr std::size_t most = std::size_t{1} << 30;
  while (state_ == decoding::fine && !bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), most));
    bytes = bytes.subspan(part.size());
    state_ = pass(0, part, out);
  }
  return state_;
}

decoding body_decoder::finish() {
  const auto whole = [](const auto& each) { return each->whole(); };
  if (state_ == decoding::fine && !std::ranges::all_of(stages_, whole)) state_ = decoding::truncated;
  return state_;
}

/// Through this stage and all behind it.
decoding body_decoder::pass(std::size_t at, std::span<const std::byte> bytes, std::string& out) {
  if (at == stages_.size()) {
    if (bytes.size() > limit_ - produced_) return decoding::too_large;
    produced_ += bytes.size();
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return decoding::fine;
  }
  auto& here = *stages_[at];
  if (!here.give(bytes, most_encoded(limit_))) return decoding::too_large;
  for (;;) {
    const auto made = here.decode();
    if (made.broken) return decoding::broken;
    if (made.bytes.empty()) return decoding::fine;
    const auto passed = pass(at + 1, made.bytes, out);
    if (passed != decoding::fine) return passed;
  }
}

}  // namespace millrace::http
