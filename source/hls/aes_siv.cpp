#include "hls/aes_siv.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace millrace::hls {

namespace {

using block = aes_siv::block;
constexpr std::size_t block_size = 16;

/// Doubling in GF(2^128) (RFC 5297 §2.3).
block doubled(const block& in) noexcept {
  block out{};
  for (std::size_t i = 0; i < block_size; ++i) {
    const unsigned carry = i + 1 < block_size ? in[i + 1] >> 7U : 0U;
    out[i] = static_cast<unsigned char>((unsigned{in[i]} << 1U) | carry);
  }
  if ((in[0] & 0x80U) != 0) out[block_size - 1] ^= 0x87U;
  return out;
}

void add(unsigned char* to, const block& what) noexcept {
  for (std::size_t i = 0; i < block_size; ++i)
    to[i] ^= what[i];
}

void check(int status) {
  if (status != 1) throw std::runtime_error("AES failed in the cryptographic library");
}

void encrypt(EVP_CIPHER_CTX* context, std::vector<unsigned char>& bytes) {
  int written = 0;
  check(EVP_EncryptUpdate(context, bytes.data(), &written, bytes.data(), static_cast<int>(bytes.size())));
}

}  // namespace

void aes_siv::context_deleter::operator()(EVP_CIPHER_CTX* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

aes_siv::context_ptr aes_siv::make_context(const char* cipher, std::span<const unsigned char> key) {
  const std::unique_ptr<EVP_CIPHER, void (*)(EVP_CIPHER*)> fetched(EVP_CIPHER_fetch(nullptr, cipher, nullptr),
                                                                   EVP_CIPHER_free);
  context_ptr context(EVP_CIPHER_CTX_new());
  if (!fetched || !context) throw std::runtime_error("the cryptographic library lacks AES");
  const block zero{};
  check(EVP_EncryptInit_ex2(context.get(), fetched.get(), key.data(), zero.data(), nullptr));
  check(EVP_CIPHER_CTX_set_padding(context.get(), 0));
  return context;
}

aes_siv::aes_siv(std::span<const unsigned char> key) {
  if (key.size() != 32 && key.size() != 64) throw std::runtime_error("a key of AES-SIV has 32 or 64 bytes");
  const auto half = key.size() / 2;
  chain_ = make_context(half == 16 ? "AES-128-CBC" : "AES-256-CBC", key.first(half));
  blocks_ = make_context(half == 16 ? "AES-128-ECB" : "AES-256-ECB", key.subspan(half));
  // The first block of CBC is the plain cipher: what the subkeys are made from.
  scratch_.assign(block_size, 0);
  encrypt(chain_.get(), scratch_);
  std::copy(scratch_.begin(), scratch_.end(), last_.begin());
  whole_key_ = doubled(last_);
  padded_key_ = doubled(whole_key_);
  scratch_.assign(block_size, 0);
  zero_mac_ = mac();
}

aes_siv::block aes_siv::mac() {
  const auto rest = scratch_.size() % block_size;
  const bool padded = rest != 0 || scratch_.empty();
  if (padded) {
    scratch_.push_back(0x80);
    scratch_.resize((scratch_.size() + block_size - 1) / block_size * block_size);
  }
  add(scratch_.data() + scratch_.size() - block_size, padded ? padded_key_ : whole_key_);
  // CMAC begins with a chaining value of zero. Adding the one that the context has left cancels it out.
  add(scratch_.data(), last_);
  encrypt(chain_.get(), scratch_);
  std::memcpy(last_.data(), scratch_.data() + scratch_.size() - block_size, block_size);
  return last_;
}

aes_siv::block aes_siv::with(const block& before, std::string_view data) {
  scratch_.assign(data.begin(), data.end());
  block sum = doubled(before);
  add(sum.data(), mac());
  return sum;
}

aes_siv::block aes_siv::synthetic_iv(const block& data, std::string_view plain) {
  scratch_.assign(plain.begin(), plain.end());
  if (plain.size() >= block_size) {
    add(scratch_.data() + scratch_.size() - block_size, data);
  } else {
    scratch_.push_back(0x80);
    scratch_.resize(block_size);
    add(scratch_.data(), doubled(data));
  }
  return mac();
}

void aes_siv::apply_stream(const block& iv, std::span<char> text) {
  block counter = iv;
  // Both bits are cleared (§2.5), so the last four bytes never carry.
  counter[8] &= 0x7fU;
  counter[12] &= 0x7fU;
  auto number = static_cast<std::uint32_t>(counter[12]) << 24U |
                static_cast<std::uint32_t>(counter[13]) << 16U |
                static_cast<std::uint32_t>(counter[14]) << 8U | counter[15];
  scratch_.resize((text.size() + block_size - 1) / block_size * block_size);
  for (std::size_t at = 0; at < scratch_.size(); at += block_size, ++number) {
    for (std::size_t i = 0; i < 4; ++i)
      counter[12 + i] = static_cast<unsigned char>(number >> (24 - 8 * i));
    std::memcpy(scratch_.data() + at, counter.data(), block_size);
  }
  if (!scratch_.empty()) encrypt(blocks_.get(), scratch_);
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<char>(static_cast<unsigned char>(text[i]) ^ scratch_[i]);
}

void aes_siv::seal(const block& data, std::string_view plain, std::string& out) {
  const block iv = synthetic_iv(data, plain);
  out.append(reinterpret_cast<const char*>(iv.data()), iv.size());
  const auto begin = out.size();
  out.append(plain);
  apply_stream(iv, std::span(out).subspan(begin));
}

std::optional<std::string> aes_siv::open(const block& data, std::string_view sealed) {
  if (sealed.size() < block_size) return std::nullopt;
  block iv{};
  std::memcpy(iv.data(), sealed.data(), block_size);
  std::string plain(sealed.substr(block_size));
  apply_stream(iv, plain);
  const block expected = synthetic_iv(data, plain);
  if (CRYPTO_memcmp(expected.data(), iv.data(), block_size) != 0) return std::nullopt;
  return plain;
}

}  // namespace millrace::hls
