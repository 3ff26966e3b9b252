#pragma once
// Problem documents (RFC 9457): application/problem+json with millrace's own `code`.

#include <optional>
#include <string>
#include <string_view>

namespace millrace::http {

enum class problem_code {
  bad_request,         // 400
  unauthorized,        // 401
  forbidden,           // 403
  no_range,            // 403
  upstream_forbidden,  // 403
  not_found,           // 404
  method_not_allowed,  // 405
  request_timeout,     // 408, code "timeout"
  conflict,            // 409
  too_large,           // 413, code "bad-request"
  head_too_large,      // 431, code "bad-request"
  range,               // 416
  invalid,             // 422
  redirect,            // 502
  upstream,            // 502, or the upstream's own 401, 403, 404, 410, 416
  not_a_playlist,      // 502
  busy,                // 503
  timeout,             // 504
};

struct problem {
  problem_code code = problem_code::bad_request;
  std::string detail;              ///< what happened and what to do; no credentials
  std::optional<unsigned> status;  ///< instead of the code's own
};

unsigned status_of(const problem& value) noexcept;
/// "bad-request", "no-range", …
std::string_view name_of(problem_code code) noexcept;
/// {"type": "about:blank", "title", "status", "detail", "code"}
std::string to_json(const problem& value);
inline constexpr std::string_view problem_type = "application/problem+json";

}  // namespace millrace::http
