#include "http/problem.hpp"

#include "core/utf8.hpp"
#include "http/message_writer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace millrace::http {

namespace {

unsigned default_status(problem_code code) noexcept {
  switch (code) {
    case problem_code::bad_request:
      return 400;
    case problem_code::unauthorized:
      return 401;
    case problem_code::forbidden:
    case problem_code::no_range:
    case problem_code::upstream_forbidden:
      return 403;
    case problem_code::not_found:
      return 404;
    case problem_code::method_not_allowed:
      return 405;
    case problem_code::request_timeout:
      return 408;
    case problem_code::conflict:
      return 409;
    case problem_code::too_large:
      return 413;
    case problem_code::head_too_large:
      return 431;
    case problem_code::range:
      return 416;
    case problem_code::invalid:
      return 422;
    case problem_code::redirect:
    case problem_code::upstream:
    case problem_code::not_a_playlist:
      return 502;
    case problem_code::busy:
      return 503;
    case problem_code::timeout:
      return 504;
  }
  return 500;
}

}  // namespace

unsigned status_of(const problem& value) noexcept {
  return value.status.value_or(default_status(value.code));
}

std::string_view name_of(problem_code code) noexcept {
  switch (code) {
    case problem_code::bad_request:
    case problem_code::too_large:
    case problem_code::head_too_large:
      return "bad-request";
    case problem_code::unauthorized:
      return "unauthorized";
    case problem_code::forbidden:
      return "forbidden";
    case problem_code::no_range:
      return "no-range";
    case problem_code::upstream_forbidden:
      return "upstream-forbidden";
    case problem_code::not_found:
      return "not-found";
    case problem_code::method_not_allowed:
      return "method-not-allowed";
    case problem_code::conflict:
      return "conflict";
    case problem_code::range:
      return "range";
    case problem_code::invalid:
      return "invalid";
    case problem_code::redirect:
      return "redirect";
    case problem_code::upstream:
      return "upstream";
    case problem_code::not_a_playlist:
      return "not-a-playlist";
    case problem_code::busy:
      return "busy";
    case problem_code::request_timeout:
    case problem_code::timeout:
      return "timeout";
  }
  return "bad-request";
}

std::string to_json(const problem& value) {
  const auto status = status_of(value);
  const boost::json::object document{{"type", "about:blank"},
                                     {"title", reason_phrase(status)},
                                     {"status", status},
                                     {"detail", to_utf8(value.detail)},
                                     {"code", name_of(value.code)}};
  return boost::json::serialize(document);
}

}  // namespace millrace::http
