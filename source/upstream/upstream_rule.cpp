#include "upstream/upstream_rule.hpp"

#include "upstream/numeric_host.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace millrace::upstream {

namespace ip = boost::asio::ip;

namespace {

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.empty() || text.front() == '.' || text.find("..") != std::string_view::npos) return false;
  if (is_numeric_host(text)) return false;  // a mistyped address
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

constexpr std::pair<std::string_view, address_class> class_names[] = {
    {"loopback", address_class::loopback},
    {"private", address_class::private_network},
    {"public", address_class::public_network},
};

}  // namespace

std::string normalised_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

upstream_rule upstream_rule::parse(const std::string& text, bool allow) {
  upstream_rule made;
  made.allow = allow;
  const auto name = normalised_host(text);
  for (const auto& [word, its_class] : class_names) {
    if (name == word) made.whole_class = its_class;
  }
  if (made.whole_class) return made;
  made.net = ip_prefix::parse(name);
  if (made.net) return made;
  if (!is_host_pattern(name)) {
    throw std::invalid_argument(
        "'" + text + "' is neither loopback, private or public nor an address, a CIDR or a host pattern");
  }
  made.wildcard = name.starts_with("*.");
  made.host = made.wildcard ? name.substr(1) : name;
  return made;
}

std::size_t upstream_rule::match(std::string_view name, const ip::address& address,
                                 address_class its_class) const {
  constexpr std::size_t by_network = 2, by_suffix = 1000, by_name = 1'000'000;
  if (whole_class) return *whole_class == its_class ? 1 : 0;
  if (net) return net->contains(address) ? by_network + net->length : 0;
  if (allow && its_class == address_class::loopback) return 0;
  if (!wildcard) return name == host ? by_name : 0;
  return name.size() > host.size() && name.ends_with(host) ? by_suffix + host.size() : 0;
}

}  // namespace millrace::upstream
