#include "server/upstream_problem.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using namespace millrace::server;
using namespace std::chrono_literals;

failure fails(errc code) {
  return {.code = code, .detail = "a.test failed"};
}

failure answers(int status, std::optional<std::chrono::seconds> retry_after = {}) {
  return {.code = errc::unexpected_status,
          .status = status,
          .retry_after = retry_after,
          .detail = "a.test answers"};
}

void check(const failure& cause, unsigned status, std::string_view code) {
  BOOST_TEST_CONTEXT(to_string(cause)) {
    const auto found = explain(cause);
    BOOST_TEST(http::status_of(found.problem) == status);
    BOOST_TEST(http::name_of(found.problem.code) == code);
    BOOST_TEST(found.problem.detail.find(cause.detail) != std::string::npos);
    BOOST_TEST(found.problem.detail.ends_with('.'));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(upstream_problem_test)

BOOST_AUTO_TEST_CASE(statuses_that_are_kept) {
  for (const int status : {401, 403, 404, 410, 416})
    check(answers(status), static_cast<unsigned>(status), "upstream");
}

BOOST_AUTO_TEST_CASE(statuses_that_are_not) {
  for (const int status : {400, 402, 405, 408, 425, 429, 451, 500, 502, 503, 504, 101, 204, 304})
    check(answers(status), 502, "upstream");
}

BOOST_AUTO_TEST_CASE(failures) {
  const std::vector<std::tuple<errc, unsigned, std::string_view>> rows{
      {errc::address_forbidden, 403, "upstream-forbidden"},
      {errc::range_unsupported, 403, "no-range"},
      {errc::too_many_redirects, 502, "redirect"},
      {errc::redirect_loop, 502, "redirect"},
      {errc::bad_redirect, 502, "redirect"},
      {errc::connect_timeout, 504, "timeout"},
      {errc::read_timeout, 504, "timeout"},
      {errc::low_speed, 504, "timeout"},
      {errc::connection_refused, 502, "upstream"},
      {errc::connection_lost, 502, "upstream"},
      {errc::connect_failed, 502, "upstream"},
      {errc::tls_failed, 502, "upstream"},
      {errc::host_not_found, 502, "upstream"},
      {errc::resolve_failed, 502, "upstream"},
      {errc::malformed_response, 502, "upstream"},
      {errc::not_a_playlist, 502, "not-a-playlist"},
      {errc::wrong_range, 502, "upstream"},
      {errc::resource_changed, 502, "upstream"},
      {errc::source_differs, 502, "upstream"},
  };
  for (const auto& [code, status, name] : rows)
    check(fails(code), status, name);
}

BOOST_AUTO_TEST_CASE(system_errors) {
  failure cause = fails(errc::connect_failed);
  cause.code = make_error_code(boost::system::errc::timed_out);
  check(cause, 504, "timeout");
}

BOOST_AUTO_TEST_CASE(a_retry_after_is_passed_on_as_busy) {
  for (const int status : {429, 503}) {
    check(answers(status, 120s), 503, "busy");
    BOOST_TEST(explain(answers(status, 120s)).fields.get("Retry-After") == "120");
    BOOST_TEST(explain(answers(status, 0s)).fields.get("Retry-After") == "0");
  }
  BOOST_TEST(!explain(answers(503)).fields.find("Retry-After"));
}

BOOST_AUTO_TEST_CASE(who_asks_for_credentials) {
  auto cause = answers(401);
  cause.authenticate = "Basic realm=\"film\"";
  BOOST_TEST(explain(cause).fields.get("WWW-Authenticate") == "Basic realm=\"film\"");
  BOOST_TEST(!explain(answers(401)).fields.find("WWW-Authenticate"));
  cause.status = 403;
  BOOST_TEST(!explain(cause).fields.find("WWW-Authenticate"));
}

BOOST_AUTO_TEST_CASE(the_whole_url_is_never_told) {
  auto cause = answers(404);
  cause.location = "http://user:secret@a.test/film?token=secret";
  const auto found = explain(cause);
  BOOST_TEST(http::to_json(found.problem).find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_detail_the_code_speaks) {
  const auto found = explain({.code = errc::host_not_found});
  BOOST_TEST(found.problem.detail.find(error_code(errc::host_not_found).message()) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
