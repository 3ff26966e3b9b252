#include "server/forwarded.hpp"

#include <algorithm>
#include <string>

namespace millrace::server {

namespace ip = boost::asio::ip;

namespace {

constexpr std::string_view white_space = " \t";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(white_space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white_space) - begin + 1);
}

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code ec;
  const auto address = ip::make_address(std::string(text), ec);
  if (ec) return std::nullopt;
  return address;
}

/// Splits at `separator`, but not inside quoted strings (RFC 9110 §5.6.4).
template <class Visit>
void split_unquoted(std::string_view text, char separator, Visit visit) {
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      visit(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  visit(trim(text.substr(begin)));
}

std::string unquote(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  std::string plain;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\' && i + 2 < value.size()) ++i;
    plain += value[i];
  }
  return plain;
}

std::optional<ip::address> parse_element(std::string_view element) {
  std::optional<ip::address> address;
  split_unquoted(element, ';', [&](std::string_view pair) {
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || !http::equal_ignoring_case(pair.substr(0, equals), "for")) return;
    address = parse_node(unquote(pair.substr(equals + 1)));
  });
  return address;
}

}  // namespace

std::optional<ip::address> parse_node(std::string_view node) {
  if (node.starts_with('[')) {
    const auto close = node.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto rest = node.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    return parse_address(node.substr(1, close - 1));
  }
  const auto colon = node.find(':');
  const bool has_port =
      colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  return parse_address(has_port ? node.substr(0, colon) : node);
}

forwarded_hops parse_forwarded(const http::field_list& fields) {
  forwarded_hops hops;
  for (const auto& line : fields) {
    if (!http::equal_ignoring_case(line.name, "Forwarded")) continue;
    split_unquoted(line.value, ',', [&](std::string_view element) {
      if (!element.empty()) hops.push_back(parse_element(element));
    });
  }
  return hops;
}

forwarded_hops parse_x_forwarded_for(const http::field_list& fields) {
  forwarded_hops hops;
  for (const auto& line : fields) {
    if (!http::equal_ignoring_case(line.name, "X-Forwarded-For")) continue;
    split_unquoted(line.value, ',', [&](std::string_view node) {
      if (!node.empty()) hops.push_back(parse_node(unquote(node)));
    });
  }
  return hops;
}

bool has_forwarded(const http::field_list& fields) noexcept {
  constexpr std::string_view prefix = "X-Forwarded-";
  return std::any_of(fields.begin(), fields.end(), [&](const http::field& line) {
    return http::equal_ignoring_case(line.name, "Forwarded") ||
           http::equal_ignoring_case(line.name, "X-Real-IP") ||
           http::equal_ignoring_case(std::string_view(line.name).substr(0, prefix.size()), prefix);
  });
}

}  // namespace millrace::server
