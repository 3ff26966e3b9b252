#include "upstream/numeric_host.hpp"

#include <charconv>
#include <cstdint>
#include <string>

namespace millrace::upstream {

namespace ip = boost::asio::ip;

namespace {

std::string_view without_last_dot(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool has_hex_mark(std::string_view label) noexcept {
  return label.starts_with("0x") || label.starts_with("0X");
}

std::optional<std::uint32_t> parse_number(std::string_view label) noexcept {
  int base = 10;
  if (has_hex_mark(label)) {
    base = 16;
    label.remove_prefix(2);
  } else if (label.size() > 1 && label.front() == '0') {
    base = 8;
  }
  std::uint32_t value = 0;
  const auto end = label.data() + label.size();
  const auto [parsed, error] = std::from_chars(label.data(), end, value, base);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return value;
}

std::optional<ip::address_v4> parse_v4(std::string_view host) noexcept {
  std::uint32_t value = 0;
  for (unsigned part = 0; part < 4; ++part) {
    const auto dot = host.find('.');
    const auto number = parse_number(host.substr(0, dot));
    if (!number) return std::nullopt;
    if (dot == std::string_view::npos) {
      const unsigned bits = 32 - 8 * part;
      if (bits < 32 && *number >> bits != 0) return std::nullopt;
      return ip::address_v4(value | *number);
    }
    if (*number > 255) return std::nullopt;
    value |= *number << (24 - 8 * part);
    host.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

}  // namespace

bool is_numeric_host(std::string_view host) noexcept {
  host = without_last_dot(host);
  if (host.find(':') != std::string_view::npos) return true;
  auto label = host.substr(host.rfind('.') + 1);
  if (label.empty()) return false;
  if (!has_hex_mark(label)) return label.find_first_not_of("0123456789") == std::string_view::npos;
  return label.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

std::optional<ip::address> parse_numeric_host(std::string_view host) noexcept {
  if (host.find(':') == std::string_view::npos) {
    if (const auto address = parse_v4(without_last_dot(host))) return *address;
    return std::nullopt;
  }
  if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return std::nullopt;
  boost::system::error_code ec;
  const auto address = ip::make_address_v6(std::string(host), ec);
  if (ec) return std::nullopt;
  return address;
}

}  // namespace millrace::upstream
