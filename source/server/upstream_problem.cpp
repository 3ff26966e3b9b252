#include "server/upstream_problem.hpp"

namespace millrace::server {

namespace {

using http::problem_code;

bool keeps_status(int status) {
  return status == 401 || status == 403 || status == 404 || status == 410 || status == 416;
}

problem_code code_of(const failure& cause) {
  if (cause.retry_after && (cause.status == 429 || cause.status == 503)) return problem_code::busy;
  if (cause.code == errc::address_forbidden) return problem_code::upstream_forbidden;
  if (cause.code == errc::range_unsupported) return problem_code::no_range;
  if (cause.code == errc::not_a_playlist) return problem_code::not_a_playlist;
  if (cause.code == condition::redirect) return problem_code::redirect;
  if (cause.code == condition::timeout) return problem_code::timeout;
  return problem_code::upstream;
}

std::string_view advice(const failure& cause, problem_code code) {
  switch (code) {
    case problem_code::busy:
      return "Try again later.";
    case problem_code::upstream_forbidden:

      return "--allow-upstream opens addresses; link-local, multicast and millrace's own are never allowed.";
    case problem_code::no_range:
      return "Start millrace with --no-range passthrough to play such files over one connection.";
    case problem_code::redirect:
      return "Check the URL.";
    case problem_code::not_a_playlist:
      return "Check that the URL leads to an HLS playlist.";
    case problem_code::timeout:
      return "Try again later, or raise --connect-timeout or --read-timeout.";
    default:
      break;
  }
  if (cause.status == 401) return "Give credentials in the URL or with header=Authorization: ...";
  if (cause.status == 403) return "The link may have expired, or need a header= such as Referer or Cookie.";
  if (cause.status == 404 || cause.status == 410) return "Check the URL.";
  if (cause.code == errc::tls_failed)
    return "Add the certificate's CA with --ca-file, or start with --insecure.";
  if (cause.code == errc::host_not_found) return "Check the host name.";
  return "Try again later, or give another source (mirror= or failover_urls).";
}

}  // namespace

upstream_problem explain(const failure& cause) {
  const auto code = code_of(cause);
  const auto& what = cause.detail.empty() ? cause.code.message() : cause.detail;
  upstream_problem result;
  result.problem.code = code;
  result.problem.detail = "The upstream failed: " + what + ". " + std::string(advice(cause, code));
  if (code == problem_code::upstream && keeps_status(cause.status)) {
    result.problem.status = static_cast<unsigned>(cause.status);
  }
  if (cause.status == 401 && !cause.authenticate.empty())
    result.fields.add("WWW-Authenticate", cause.authenticate);
  if (cause.retry_after) result.fields.add("Retry-After", std::to_string(cause.retry_after->count()));
  return result;
}

upstream_problem explain_sealed(const failure& cause) {
  auto result = explain(cause);
  auto what = cause.code.message();
  if (cause.status != 0) what += " (status " + std::to_string(cause.status) + ")";
  result.problem.detail = "The stream's upstream failed: " + what + ". The server's log tells more.";
  return result;
}

}  // namespace millrace::server
