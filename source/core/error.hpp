#pragma once
// What can go wrong, as values. Policy (retry? next source? which HTTP status?) reads a `condition` and never
// enumerates codes; the codes keep the cause for the log line and the problem document.

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

using error_code = boost::system::error_code;
template <class T>
using result = boost::system::result<T>;

/// Every failure that millrace itself names. System and library codes travel beside these unchanged.
enum class errc {
  // What somebody sent us.
  invalid_url = 1,  ///< not an absolute http or https URL with a host
  invalid_size,     ///< not a number with an optional K, M or G
  invalid_header,   ///< a header that may not be given, or with CR, LF or NUL in it
  invalid_value,    ///< any other value out of its range
  // Reaching the upstream.
  host_not_found,      ///< DNS knows no address
  resolve_failed,      ///< DNS did not answer properly
  address_forbidden,   ///< every address of the host is refused by the address policy
  connection_refused,  ///< nobody listens there
  connect_failed,      ///< any other failure to connect
  connect_timeout,     ///< no connection within --connect-timeout
  tls_failed,          ///< handshake or certificate verification failed
  // Talking to it.
  read_timeout,          ///< no byte for --read-timeout
  low_speed,             ///< below --min-speed for --min-speed-streak seconds
  connection_lost,       ///< reset or closed before the response was complete
  body_ended,            ///< the body of a live stream ended properly: it should not have
  malformed_response,    ///< the bytes are no HTTP/1.x response
  not_transport_stream,  ///< a source of a live MPEG-TS stream sends something else
  not_a_playlist,        ///< what was asked for as an HLS playlist is none, or cannot be read
  unexpected_status,     ///< a status that is no answer to the question; see failure::status
  // What it answered.
  range_unsupported,    ///< 200 to a Range request, or no total size
  wrong_range,          ///< a 206 with other bytes than those asked for
  resource_changed,     ///< another validator or total size than before: two versions must not be mixed
  source_differs,       ///< another URL does not hold the same bytes: the file cannot continue there
  range_unsatisfiable,  ///< 416 that proves the range to lie outside the resource
  too_many_redirects,
  redirect_loop,
  bad_redirect,  ///< a missing or non-http Location
};

/// What to do about an error. `error_code == condition::x` asks.
enum class condition {
  retry = 1,  ///< the same URL may well work in a moment: time-outs, broken bodies, refused connections
  next_source_at_once,  ///< waiting will not help here: another URL might
  fatal,                ///< no source can mend it; the response ends
  timeout,              ///< the upstream was too slow: 504 to the client
  redirect,             ///< the redirects themselves are wrong: 502 `redirect`
};

const boost::system::error_category& error_category() noexcept;
const boost::system::error_category& condition_category() noexcept;
error_code make_error_code(errc value) noexcept;
boost::system::error_condition make_error_condition(condition value) noexcept;

/// One failed upstream operation with its cause. Travels from the socket to the log line and the problem
/// document.
struct failure {
  error_code code = {};
  int status = 0;  ///< the upstream's HTTP status, 0 when there was none
  std::optional<std::chrono::seconds> retry_after = {};  ///< of a 429 or 503 (RFC 9110 §10.2.3)
  std::optional<std::uint64_t> total = {};               ///< of a 416 with `Content-Range: bytes */SIZE`
  std::string authenticate = {};                         ///< WWW-Authenticate of a 401
  std::string location = {};  ///< the URL that failed, whole: never log it above DEBUG
  std::string detail = {};    ///< plain words, without credentials or query
};

/// `code: detail (status)`, for the log.
std::string to_string(const failure& cause);

/// Required by boost::system::result<T, failure>::value(); millrace itself asks has_value() first.
[[noreturn]] void throw_exception_from_error(const failure& cause, const boost::source_location& where);

/// The result of an upstream operation.
template <class T>
using fetch_result = boost::system::result<T, failure>;

}  // namespace millrace

template <>
struct boost::system::is_error_code_enum<millrace::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<millrace::condition> : std::true_type {};
