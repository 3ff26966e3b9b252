#include "core/option_values.hpp"

#include "core/size.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include <arpa/inet.h>

namespace millrace::option_values {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <class Value, std::size_t N>
Value choose(std::string_view text, const std::array<std::pair<std::string_view, Value>, N>& choices,
             std::string_view allowed) {
  const auto found = std::ranges::find(choices, text, &std::pair<std::string_view, Value>::first);
  if (found == choices.end()) throw bad_value(std::string(allowed));
  return found->second;
}

/// The number of bits of an address of that family, 0 when the text is no address.
unsigned address_bits(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> raw{};
  if (inet_pton(AF_INET, text.c_str(), raw.data()) == 1) return 32;
  if (inet_pton(AF_INET6, text.c_str(), raw.data()) == 1) return 128;
  return 0;
}

bool is_address(std::string_view text) {
  const auto zone = text.find('%');
  if (zone == std::string_view::npos) return address_bits(std::string(text)) != 0;
  return zone + 1 < text.size() && address_bits(std::string(text.substr(0, zone))) == 128;
}

bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  const unsigned bits = address_bits(std::string(text.substr(0, slash)));
  if (bits == 0 || slash == std::string_view::npos) return bits != 0;
  const auto prefix = parse_number<unsigned>(text.substr(slash + 1));
  return prefix && *prefix <= bits;
}

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.empty() || text.size() > 253) return false;
  // Digits and dots alone are a mistyped address, never a name (RFC 3696 §2).
  if (std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; })) return false;
  while (!text.empty()) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    const auto fits = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
    if (label.empty() || label.size() > 63 || !std::ranges::all_of(label, fits)) return false;
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  }
  return true;
}

}  // namespace

std::uint64_t count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto value = parse_number<std::uint64_t>(text);
  if (!value || *value < least || *value > most) {
    throw bad_value(fmt::format("a whole number from {} to {}", least, most));
  }
  return *value;
}

std::uint64_t count_or_off(std::string_view text, std::uint64_t most) {
  if (text == "off") return 0;
  const auto value = parse_number<std::uint64_t>(text);
  if (!value || *value > most) throw bad_value(fmt::format("off or a whole number up to {}", most));
  return *value;
}

std::uint64_t size(std::string_view text, std::string_view least, std::string_view most) {
  const auto value = parse_size(text);
  if (!value || *value < parse_size(least).value() || *value > parse_size(most).value()) {
    throw bad_value(fmt::format("a size from {} to {}", least, most));
  }
  return *value;
}

std::uint64_t size_or_off(std::string_view text) {
  if (text == "off") return 0;
  const auto value = parse_size(text);
  if (!value) throw bad_value("off or a size such as 512K or 1.5M");
  return *value;
}

std::chrono::milliseconds seconds(std::string_view text, std::chrono::seconds most) {
  const bool plain = std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
  const auto value = plain ? parse_number<double>(text) : std::nullopt;
  if (!value || *value < 0.001 || *value > static_cast<double>(most.count())) {
    throw bad_value(fmt::format("seconds from 0.001 to {}", most.count()));
  }
  return std::chrono::milliseconds(std::llround(*value * 1000));
}

bool flag(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, bool>, 8> choices{{{"true", true},
                                                                             {"yes", true},
                                                                             {"on", true},
                                                                             {"1", true},
                                                                             {"false", false},
                                                                             {"no", false},
                                                                             {"off", false},
                                                                             {"0", false}}};
  return choose(lower(text), choices, "true or false");
}

no_range_policy no_range(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, no_range_policy>, 2> choices{
      {{"reject", no_range_policy::reject}, {"passthrough", no_range_policy::passthrough}}};
  return choose(text, choices, "reject or passthrough");
}

millrace::log_level level(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, millrace::log_level>, 5> choices{
      {{"debug", log_level::debug},
       {"info", log_level::info},
       {"warning", log_level::warning},
       {"error", log_level::error},
       {"critical", log_level::critical}}};
  return choose(lower(text), choices, "DEBUG, INFO, WARNING, ERROR or CRITICAL");
}

millrace::log_format format(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, millrace::log_format>, 2> choices{
      {{"text", log_format::text}, {"json", log_format::json}}};
  return choose(text, choices, "text or json");
}

std::string listen_host(std::string_view text) {
  if (text == "localhost") return "127.0.0.1";
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  const auto bare = bracketed ? text.substr(1, text.size() - 2) : text;
  const bool is_v6 = bare.find(':') != std::string_view::npos;
  if (!is_address(bare) || (bracketed && !is_v6)) throw bad_value("an IPv4 or IPv6 address or localhost");
  return std::string(bare);
}

std::string address(std::string_view text) {
  if (!is_address(text)) throw bad_value("an IPv4 or IPv6 address");
  return std::string(text);
}

std::string network(std::string_view text) {
  if (!is_network(text)) throw bad_value("an address or a network such as 10.0.0.0/8");
  return std::string(text);
}

std::string upstream_rule(std::string_view text) {
  // The three classes are names too, so the pattern accepts them.
  if (!is_network(text) && !is_host_pattern(text)) {
    throw bad_value(
        "loopback, private, public, an address, a network such as 10.0.0.0/8, or a host such as "
        "*.example.com");
  }
  return std::string(text);
}

std::string host_pattern(std::string_view text) {
  if (!is_host_pattern(text)) throw bad_value("a host name such as media.example.com or *.example.com");
  return std::string(text);
}

std::string origin(std::string_view text) {
  if (text == "*") return std::string(text);
  const auto separator = text.find("://");
  const auto scheme = text.substr(0, separator);
  const auto host = separator == std::string_view::npos ? std::string_view() : text.substr(separator + 3);
  const auto in_scheme = [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; };
  const auto in_host = [](char c) {
    return is_alphanumeric(c) || std::string_view("-._[]:").find(c) != std::string_view::npos;
  };
  if (scheme.empty() || host.empty() || !std::ranges::all_of(scheme, in_scheme) ||
      !std::ranges::all_of(host, in_host)) {
    throw bad_value("an origin such as https://app.example.com:8443, without a path, or *");
  }
  return std::string(text);
}

std::string header_text(std::string_view text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (text.empty() || std::ranges::any_of(text, is_control))
    throw bad_value("text without control characters");
  return std::string(text);
}

std::string secret(std::string_view text) {
  if (text.empty()) throw bad_value("a text that is not empty");
  return std::string(text);
}

std::string token(std::string_view text) {
  const auto is_visible = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
  if (text.empty() || !std::ranges::all_of(text, is_visible))
    throw bad_value("visible ASCII characters without blanks");
  return std::string(text);
}

std::string path(std::string_view text) {
  if (text.empty()) throw bad_value("the name of a file");
  return std::string(text);
}

}  // namespace millrace::option_values
