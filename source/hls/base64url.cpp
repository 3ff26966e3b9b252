#include "hls/base64url.hpp"

#include <array>
#include <cstdint>

namespace millrace::hls {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 255;

constexpr auto values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < digits.size(); ++i)
    table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

constexpr std::uint32_t byte(char c) noexcept {
  return static_cast<unsigned char>(c);
}

constexpr std::size_t encoded_size(std::size_t bytes) noexcept {
  return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
}

}  // namespace

void append_base64url(std::string& out, std::string_view bytes) {
  const auto begin = out.size();
  out.resize(begin + encoded_size(bytes.size()));
  char* to = out.data() + begin;
  const auto digit = [](std::uint32_t group, unsigned shift) { return digits[(group >> shift) & 63U]; };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const auto group = byte(bytes[i]) << 16U | byte(bytes[i + 1]) << 8U | byte(bytes[i + 2]);
    *to++ = digit(group, 18);
    *to++ = digit(group, 12);
    *to++ = digit(group, 6);
    *to++ = digit(group, 0);
  }
  if (i == bytes.size()) return;
  const bool two = i + 2 == bytes.size();
  const auto group = byte(bytes[i]) << 16U | (two ? byte(bytes[i + 1]) << 8U : 0U);
  *to++ = digit(group, 18);
  *to++ = digit(group, 12);
  if (two) *to++ = digit(group, 6);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto value = values[static_cast<unsigned char>(c)];
    if (value == no_digit) return std::nullopt;
    group = (group << 6U | value) & 0xffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xffU);
  }
  if ((group & ((1U << bits) - 1U)) != 0) return std::nullopt;
  return out;
}

}  // namespace millrace::hls
