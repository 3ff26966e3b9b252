#include "server/ip_network.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace millrace::server {

namespace ip = boost::asio::ip;

namespace {

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  const auto whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const auto rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

ip::address plain_address(const ip::address& address) {
  if (!address.is_v6()) return address;
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  return ip::address_v6(v6.to_bytes());
}

ip_network::ip_network(const ip::address& address, unsigned bits)
    : address_(plain_address(address)), bits_(std::min(bits, address_.is_v4() ? 32U : 128U)) {}

std::optional<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  boost::system::error_code ec;
  const auto address = ip::make_address(std::string(text.substr(0, slash)), ec);
  if (ec) return std::nullopt;
  if (slash == std::string_view::npos) return ip_network(address, 128);

  const auto digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (bits > (address.is_v4() ? 32U : 128U)) return std::nullopt;
  return ip_network(address, bits);
}

bool ip_network::contains(const ip::address& address) const {
  const auto plain = plain_address(address);
  if (plain.is_v4() != address_.is_v4()) return false;
  if (plain.is_v4()) return same_prefix(plain.to_v4().to_bytes(), address_.to_v4().to_bytes(), bits_);
  return same_prefix(plain.to_v6().to_bytes(), address_.to_v6().to_bytes(), bits_);
}

}  // namespace millrace::server
