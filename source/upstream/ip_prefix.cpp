#include "upstream/ip_prefix.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace millrace::upstream {

namespace ip = boost::asio::ip;

namespace {

template <class Bytes>
bool same_prefix(const Bytes& left, const Bytes& right, unsigned length) noexcept {
  const std::size_t whole = length / 8;
  if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(whole), right.begin()))
    return false;
  const unsigned rest = length % 8;
  return rest == 0 || ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

}  // namespace

ip::address plain_address(const ip::address& address) noexcept {
  if (address.is_v4()) return address;
  const auto bytes = address.to_v6().to_bytes();
  if (address.to_v6().is_v4_mapped()) return ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  return ip::address_v6(bytes);
}

std::optional<ip_prefix> ip_prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto base = text.substr(0, slash);
  if (base.size() > 2 && base.front() == '[' && base.back() == ']') base = base.substr(1, base.size() - 2);
  // A zone would be forgotten, and what follows a NUL not be read.
  if (base.find('%') != std::string_view::npos || base.find('\0') != std::string_view::npos)
    return std::nullopt;
  boost::system::error_code ec;
  const auto address = ip::make_address(std::string(base), ec);
  if (ec) return std::nullopt;
  const unsigned bits = address.is_v4() ? 32 : 128;
  unsigned length = bits;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto end = digits.data() + digits.size();
    const auto [parsed, error] = std::from_chars(digits.data(), end, length);
    if (error != std::errc() || parsed != end || length > bits) return std::nullopt;
  }
  const auto plain = plain_address(address);
  if (address.is_v6() && plain.is_v4()) {
    if (length < 96) return ip_prefix{address, length};
    length -= 96;
  }
  return ip_prefix{plain, length};
}

bool ip_prefix::contains(const ip::address& other) const noexcept {
  if (address.is_v4() != other.is_v4()) return false;
  if (other.is_v4()) return same_prefix(address.to_v4().to_bytes(), other.to_v4().to_bytes(), length);
  return same_prefix(address.to_v6().to_bytes(), other.to_v6().to_bytes(), length);
}

}  // namespace millrace::upstream
