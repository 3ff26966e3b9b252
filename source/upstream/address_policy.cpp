#include "upstream/address_policy.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace millrace::upstream {

namespace ip = boost::asio::ip;

namespace {

struct network {
  ip::address address;
  unsigned length = 0;  ///< bits of the prefix
};

/// IPv4-mapped IPv6 as IPv4, everything else as it is.
ip::address unmapped(const ip::address& address) noexcept {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    const auto bytes = address.to_v6().to_bytes();
    return ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  return address;
}

template <class Bytes>
bool same_prefix(const Bytes& left, const Bytes& right, unsigned length) noexcept {
  const std::size_t whole = length / 8;
  if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(whole), right.begin()))
    return false;
  const unsigned rest = length % 8;
  return rest == 0 || ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

bool contains(const network& net, const ip::address& address) noexcept {
  if (net.address.is_v4() != address.is_v4()) return false;
  if (address.is_v4())
    return same_prefix(net.address.to_v4().to_bytes(), address.to_v4().to_bytes(), net.length);
  return same_prefix(net.address.to_v6().to_bytes(), address.to_v6().to_bytes(), net.length);
}

network v4(unsigned char a, unsigned char b, unsigned char c, unsigned length) {
  return {ip::address_v4({a, b, c, 0}), length};
}

address_class classify_v4(ip::address_v4 address) noexcept {
  const auto is_in = [whole = ip::address(address)](const network& net) { return contains(net, whole); };
  if (is_in(v4(127, 0, 0, 8))) return address_class::loopback;
  if (is_in(v4(0, 0, 0, 8))) return address_class::unspecified;  // Linux takes 0.0.0.0 for itself
  if (is_in(v4(169, 254, 0, 16))) return address_class::link_local;
  if (is_in(v4(224, 0, 0, 4)) || address == ip::address_v4::broadcast()) return address_class::multicast;
  const std::array inner{v4(10, 0, 0, 8), v4(172, 16, 0, 12), v4(192, 168, 0, 16), v4(100, 64, 0, 10),
                         v4(240, 0, 0, 4)};
  if (std::any_of(inner.begin(), inner.end(), is_in)) return address_class::private_network;
  return address_class::public_network;
}

/// The IPv4 address inside 64:ff9b::/96 (RFC 6052) or ::/96 (RFC 4291 §2.5.5.1).
std::optional<ip::address_v4> embedded_v4(const ip::address_v6& address) noexcept {
  const auto bytes = address.to_bytes();
  constexpr std::array<unsigned char, 12> nat64{0x00, 0x64, 0xff, 0x9b};
  constexpr std::array<unsigned char, 12> compatible{};
  if (!std::equal(nat64.begin(), nat64.end(), bytes.begin()) &&
      !std::equal(compatible.begin(), compatible.end(), bytes.begin())) {
    return std::nullopt;
  }
  return ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

std::string normalised(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

/// `address` or `address/length`; an address alone is its own network.
std::optional<network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  auto base = text.substr(0, slash);
  if (base.size() > 2 && base.front() == '[' && base.back() == ']') base = base.substr(1, base.size() - 2);
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
  const auto plain = unmapped(address);
  if (address.is_v6() && plain.is_v4()) {
    if (length < 96) return network{address, length};
    length -= 96;
  }
  return network{plain, length};
}

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.empty() || text.front() == '.' || text.find("..") != std::string_view::npos) return false;
  const auto last = text.substr(text.rfind('.') + 1);
  if (!last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return false;  // a mistyped address
  }
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

struct address_policy::rule {
  bool allow = false;
  std::optional<address_class> whole_class;
  std::optional<network> net;
  std::string host;  ///< lower case; for `*.suffix` the suffix with its dot
  bool wildcard = false;

  static rule parse(const std::string& text, bool allow);
  bool is_host() const noexcept { return !host.empty(); }
  /// 0: does not match. The larger the more specific: class < shorter < longer network < shorter < longer
  /// suffix < name.
  std::size_t match(const std::string& name, const ip::address& address, address_class its_class) const;
};

struct address_policy::verdict {
  bool allowed = false;
  bool by_rule = false;  ///< decided by a rule and not by the defaults
};

address_policy::rule address_policy::rule::parse(const std::string& text, bool allow) {
  rule made;
  made.allow = allow;
  const auto name = normalised(text);
  for (const auto& [word, its_class] : class_names) {
    if (name == word) made.whole_class = its_class;
  }
  if (made.whole_class) return made;
  made.net = parse_network(name);
  if (made.net) return made;
  if (!is_host_pattern(name)) {
    throw std::invalid_argument(
        "'" + text + "' is neither loopback, private or public nor an address, a CIDR or a host pattern");
  }
  made.wildcard = name.starts_with("*.");
  made.host = made.wildcard ? name.substr(1) : name;
  return made;
}

std::size_t address_policy::rule::match(const std::string& name, const ip::address& address,
                                        address_class its_class) const {
  constexpr std::size_t by_network = 2, by_suffix = 1000, by_name = 1'000'000;
  if (whole_class) return *whole_class == its_class ? 1 : 0;
  if (net) return contains(*net, address) ? by_network + net->length : 0;
  if (allow && its_class == address_class::loopback) return 0;  // a name that points here opens nothing
  if (!wildcard) return name == host ? by_name : 0;
  return name.size() > host.size() && name.ends_with(host) ? by_suffix + host.size() : 0;
}

address_class classify(const ip::address& address) noexcept {
  const auto plain = unmapped(address);
  if (plain.is_v4()) return classify_v4(plain.to_v4());
  const auto six = plain.to_v6();
  if (six.is_loopback()) return address_class::loopback;
  if (six.is_unspecified()) return address_class::unspecified;
  if (six.is_multicast()) return address_class::multicast;
  if (six.is_link_local()) return address_class::link_local;
  if (const auto inner = embedded_v4(six)) return classify_v4(*inner);
  const auto first = six.to_bytes()[0];
  if ((first & 0xfe) == 0xfc || six.is_site_local()) return address_class::private_network;
  return address_class::public_network;
}

address_policy::address_policy(const std::vector<std::string>& allow, const std::vector<std::string>& deny) {
  for (const auto& text : allow)
    rules_.push_back(rule::parse(text, true));
  for (const auto& text : deny)
    rules_.push_back(rule::parse(text, false));
}

address_policy::~address_policy() = default;

void address_policy::add_own_endpoint(const ip::tcp::endpoint& endpoint, std::vector<ip::address> local) {
  own_.emplace_back(unmapped(endpoint.address()), endpoint.port());
  if (!endpoint.address().is_unspecified()) return;
  for (const auto& address : local)
    own_.emplace_back(unmapped(address), endpoint.port());
}

bool address_policy::refuses_host(std::string_view host) const {
  const auto name = normalised(host);
  std::size_t best = 0;
  bool allowed = true;
  for (const auto& candidate : rules_) {
    if (!candidate.is_host()) continue;
    const auto rank = candidate.match(name, {}, address_class::public_network);
    if (rank == 0 || rank < best) continue;
    allowed = rank == best ? allowed && candidate.allow : candidate.allow;
    best = rank;
  }
  return !allowed;
}

bool address_policy::allows(std::string_view host, const ip::address& address, std::uint16_t port) const {
  const auto plain = unmapped(address);
  const auto is_own = [&](const ip::tcp::endpoint& own) {
    if (own.port() != port) return false;
    return own.address() == plain ||
           (own.address().is_unspecified() && classify(plain) == address_class::loopback);
  };
  if (std::any_of(own_.begin(), own_.end(), is_own)) return false;
  return decide(host, plain).allowed;
}

bool address_policy::web_readable(std::string_view host, const ip::address& address) const {
  const auto plain = unmapped(address);
  const auto outcome = decide(host, plain);
  return outcome.allowed && (outcome.by_rule || classify(plain) == address_class::public_network);
}

address_policy::verdict address_policy::decide(std::string_view host, const ip::address& address) const {
  const auto its_class = classify(address);
  switch (its_class) {
    case address_class::link_local:
    case address_class::multicast:
    case address_class::unspecified:
      return {};
    default:
      break;
  }
  const auto name = normalised(host);
  std::size_t best = 0;
  bool allowed = its_class != address_class::loopback;
  for (const auto& candidate : rules_) {
    const auto rank = candidate.match(name, address, its_class);
    if (rank == 0 || rank < best) continue;
    allowed = rank == best ? allowed && candidate.allow : candidate.allow;
    best = rank;
  }
  return {allowed, best > 0};
}

}  // namespace millrace::upstream
