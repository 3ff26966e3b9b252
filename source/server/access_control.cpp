#include "server/access_control.hpp"

#include "server/forwarded.hpp"
#include "upstream/address_policy.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace millrace::server {

namespace ip = boost::asio::ip;

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 2> standard_ports{
    {{"http://", ":80"}, {"https://", ":443"}}};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

http::problem forbidden(std::string detail) {
  return {.code = http::problem_code::forbidden, .detail = std::move(detail), .status = std::nullopt};
}

/// What a header said, short enough for a sentence.
std::string quote(std::string_view text) {
  constexpr std::size_t limit = 100;
  return fmt::format("'{}{}'", text.substr(0, limit), text.size() > limit ? "…" : "");
}

bool is_under(std::string_view name, std::string_view dotted_suffix) {
  return name.size() > dotted_suffix.size() && name.ends_with(dotted_suffix);
}

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern == "*") return true;
  return pattern.starts_with("*.") ? is_under(name, pattern.substr(1)) : pattern == name;
}

std::vector<ip_network> parse_networks(const std::vector<std::string>& texts) {
  std::vector<ip_network> networks;
  for (const auto& text : texts) {
    const auto network = ip_network::parse(text);
    if (!network) {
      throw std::invalid_argument(
          fmt::format("--trusted-proxy '{}': expected an address or a network", text));
    }
    networks.push_back(*network);
  }
  return networks;
}

std::vector<std::string> parse_patterns(const char* option, const std::vector<std::string>& texts) {
  std::vector<std::string> patterns;
  for (const auto& text : texts) {
    auto pattern = plain_origin(text);
    if (pattern.empty()) throw std::invalid_argument(fmt::format("{} '{}': expected a name", option, text));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

/// Where the port's colon stands, or the end: "[::1]:80" and "name:80", but not the colons of a bare IPv6
/// address.
std::size_t port_colon(std::string_view host) {
  const auto last = host.rfind(':');
  if (last == std::string_view::npos) return host.size();
  if (host.starts_with('[')) return host[last - 1] == ']' ? last : host.size();
  return host.find(':') == last ? last : host.size();
}

std::string_view port_of(std::string_view host) {
  const auto colon = port_colon(host);
  return colon < host.size() ? host.substr(colon + 1) : std::string_view();
}

}  // namespace

access_control::access_control(const access_settings& rules, surroundings around)
    : around_(std::move(around)),
      proxies_(parse_networks(rules.trusted_proxies)),
      hosts_(parse_patterns("--allow-host", rules.allow_hosts)),
      origins_(parse_patterns("--allow-origin", rules.allow_origins)),
      token_(rules.api_token) {}

bool access_control::is_trusted_proxy(const ip::address& address) const {
  return std::any_of(proxies_.begin(), proxies_.end(),
                     [&](const auto& net) { return net.contains(address); });
}

bool access_control::is_public(const ip::address& address) const {
  using upstream::address_class;
  switch (upstream::classify(address)) {
    case address_class::loopback:
    case address_class::link_local:
    case address_class::private_network:
      return false;
    default:
      break;
  }
  const auto& nets = around_.on_link;
  return std::none_of(nets.begin(), nets.end(), [&](const auto& net) { return net.contains(address); });
}

client_identity access_control::identify(const ip::address& peer, const http::field_list& fields) const {
  const auto own = plain_address(peer);
  if (!has_forwarded(fields)) return {.address = own, .is_public = is_public(own)};
  if (!is_trusted_proxy(own)) {
    return {.address = own, .is_public = true, .untrusted_forward = !is_public(own)};
  }

  const auto standard = parse_forwarded(fields);
  const auto customary = parse_x_forwarded_for(fields);
  if (!standard.empty() && !customary.empty() && standard != customary) {
    return {.address = own, .is_public = true, .untrusted_forward = true};
  }
  const auto& hops = standard.empty() ? customary : standard;
  // Forwarded, but for whom?
  if (hops.empty()) return {.address = own, .is_public = true, .untrusted_forward = true};
  auto client = own;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    if (!*hop) return {.address = client, .is_public = true, .untrusted_forward = true};
    client = plain_address(**hop);
    if (!is_trusted_proxy(client)) break;
  }
  return {.address = client, .is_public = is_public(client)};
}

std::optional<http::problem> access_control::refuse_client(const client_identity& client) const {
  if (token_.is_set() || around_.loopback_only || !client.is_public) return std::nullopt;
  if (client.untrusted_forward) {
    return forbidden(
        "The request was forwarded, but not by a proxy that millrace trusts, or the client behind it cannot "
        "be told. Name the proxy's address with --trusted-proxy and let it set X-Forwarded-For or "
        "Forwarded.");
  }
  return forbidden(fmt::format(
      "millrace answers clients in private networks only, and {} is a public address. Connect from the local "
      "network or through a VPN, set --api-token, or listen on loopback (--host 127.0.0.1) behind a proxy of "
      "your own.",
      client.address.to_string()));
}

bool access_control::knows_host(std::string_view name) const {
  constexpr std::array<std::string_view, 4> local{".local", ".lan", ".internal", ".home.arpa"};
  boost::system::error_code ec;
  ip::make_address(std::string(name), ec);
  if (!ec) return true;
  const bool is_name = std::ranges::all_of(
      name, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.' || c == '_'; });
  if (!is_name) return false;
  if (name.find('.') == std::string_view::npos || name == around_.machine_name) return true;
  return std::any_of(local.begin(), local.end(), [&](auto suffix) { return is_under(name, suffix); }) ||
         std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const auto& pattern) { return matches(pattern, name); });
}

std::optional<http::problem> access_control::refuse_host(std::string_view host) const {
  if (token_.is_set() || host.empty()) return std::nullopt;
  const auto name = host_name(host);
  const auto port = port_of(host);
  const bool numeric_port = std::ranges::all_of(port, [](unsigned char c) { return std::isdigit(c); });
  if (!name.empty() && numeric_port && knows_host(name)) return std::nullopt;
  return forbidden(
      fmt::format("The name {} is not known to be this server's (a web page could have borrowed it). Use the "
                  "server's address, or name the host with --allow-host.",
                  quote(host)));
}

bool access_control::is_api_token(std::string_view given) const {
  return !token_.is_set() || token_.matches(given);
}

token_verdict access_control::judge_tokens(const http::field_list& fields, std::string_view path,
                                           std::string_view query) const {
  if (!token_.is_set()) return token_verdict::right;
  auto verdict = token_verdict::missing;
  for (const auto& given : carried_tokens(fields, path, query)) {
    if (token_.matches(given)) return token_verdict::right;
    verdict = token_verdict::wrong;
  }
  return verdict;
}

std::string access_control::named_origin(const http::field_list& fields) const {
  if (origins_.empty() || fields.count("Origin") != 1) return {};
  const auto sent = fields.get("Origin");
  if (std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) return "*";
  const bool named = std::find(origins_.begin(), origins_.end(), plain_origin(sent)) != origins_.end();
  return named ? std::string(sent) : std::string();
}

std::optional<http::problem> access_control::refuse_origin(std::string_view method,
                                                           const http::field_list& fields,
                                                           std::string_view host) const {
  if (method == "GET" || method == "HEAD" || method == "OPTIONS") return std::nullopt;
  const auto origin = fields.find("Origin");
  if (!origin) return std::nullopt;
  const bool own = fields.count("Origin") == 1 && is_same_origin(*origin, host);
  if (own || !named_origin(fields).empty()) return std::nullopt;
  return forbidden(fmt::format(
      "Pages of {} may not change anything here. Name that origin with --allow-origin to let them.",
      quote(*origin)));
}

std::string host_name(std::string_view host) {
  auto name = host.substr(0, port_colon(host));
  if (name.size() >= 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  if (name.ends_with('.')) name.remove_suffix(1);
  return lower_case(name);
}

std::string plain_origin(std::string_view origin) {
  auto plain = lower_case(origin);
  while (plain.ends_with('/'))
    plain.pop_back();
  for (const auto& [scheme, port] : standard_ports) {
    if (plain.starts_with(scheme) && plain.ends_with(port)) plain.resize(plain.size() - port.size());
  }
  return plain;
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  const auto separator = origin.find("://");
  if (separator == std::string_view::npos || host.empty()) return false;
  const auto scheme = lower_case(origin.substr(0, separator));
  // The host of an extension's origin is its id, not a name.
  if (scheme != "http" && scheme != "https") return false;
  const auto standard_port = scheme == "https" ? "443" : "80";
  const auto authority = origin.substr(separator + 3);
  const auto effective_port = [&](std::string_view of) {
    return port_of(of).empty() ? standard_port : port_of(of);
  };
  return !authority.empty() && host_name(authority) == host_name(host) &&
         effective_port(authority) == effective_port(host);
}

}  // namespace millrace::server
