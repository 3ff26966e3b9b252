#include "server/request_target.hpp"

#include "core/url.hpp"

namespace millrace::server {

namespace {

/// What follows "http://" or "https://", or nothing.
std::optional<std::string_view> after_scheme(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (http::equal_ignoring_case(target.substr(0, scheme.size()), scheme))
      return target.substr(scheme.size());
  }
  return std::nullopt;
}

}  // namespace

std::optional<request_target> parse_target(const http::request_head& request) {
  std::string_view rest = request.target;
  std::string_view host = request.fields.get("Host");
  if (rest == "*") {
    if (request.method != "OPTIONS") return std::nullopt;
    return request_target{.path = "*", .query = {}, .host = host};
  }
  if (!rest.starts_with('/')) {
    const auto absolute = after_scheme(rest);
    if (!absolute) return std::nullopt;
    const auto end = std::min(absolute->find_first_of("/?"), absolute->size());
    // RFC 9112 §3.2.2: the target's authority replaces Host, and userinfo is no part of it.
    host = absolute->substr(0, end);
    host = host.substr(host.rfind('@') + 1);
    if (host.empty()) return std::nullopt;
    rest = absolute->substr(end);
  }
  const auto mark = rest.find('?');
  const auto path = rest.substr(0, mark);
  return request_target{.path = path.empty() ? "/" : percent_decode(path),
                        .query = mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1),
                        .host = host};
}

}  // namespace millrace::server
