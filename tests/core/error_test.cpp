#include "core/error.hpp"

#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <vector>

namespace {

using namespace millrace;

struct verdict {
  errc code;
  bool retry;
  bool next_source;
  bool fatal;
  bool timeout;
  bool redirect;
};

constexpr bool yes = true;
constexpr bool no = false;

const std::vector<verdict> verdicts{
    {errc::invalid_url, no, no, no, no, no},         {errc::invalid_size, no, no, no, no, no},
    {errc::invalid_header, no, no, no, no, no},      {errc::invalid_value, no, no, no, no, no},
    {errc::host_not_found, no, yes, no, no, no},     {errc::resolve_failed, yes, yes, no, no, no},
    {errc::address_forbidden, no, yes, no, no, no},  {errc::connection_refused, yes, yes, no, no, no},
    {errc::connect_failed, yes, no, no, no, no},     {errc::connect_timeout, yes, no, no, yes, no},
    {errc::tls_failed, no, yes, no, no, no},         {errc::read_timeout, yes, no, no, yes, no},
    {errc::low_speed, yes, no, no, yes, no},         {errc::connection_lost, yes, no, no, no, no},
    {errc::body_ended, yes, no, no, no, no},         {errc::not_transport_stream, no, yes, no, no, no},
    {errc::malformed_response, yes, no, no, no, no}, {errc::unexpected_status, no, no, no, no, no},
    {errc::range_unsupported, no, no, no, no, no},   {errc::wrong_range, no, yes, no, no, no},
    {errc::resource_changed, no, no, yes, no, no},   {errc::source_differs, no, yes, no, no, no},
    {errc::range_unsatisfiable, no, no, no, no, no}, {errc::too_many_redirects, no, yes, no, no, yes},
    {errc::not_a_playlist, no, yes, no, no, no},     {errc::redirect_loop, no, yes, no, no, yes},
    {errc::bad_redirect, no, yes, no, no, yes},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(error)

BOOST_AUTO_TEST_CASE(every_code_has_its_conditions) {
  for (const auto& [code, retry, next_source, fatal, timeout, redirect] : verdicts) {
    const error_code ec = code;
    BOOST_TEST_CONTEXT(ec.message()) {
      BOOST_TEST((ec == condition::retry) == retry);
      BOOST_TEST((ec == condition::next_source_at_once) == next_source);
      BOOST_TEST((ec == condition::fatal) == fatal);
      BOOST_TEST((ec == condition::timeout) == timeout);
      BOOST_TEST((ec == condition::redirect) == redirect);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_code_has_a_message_of_its_own) {
  std::set<std::string> messages;
  for (const auto& each : verdicts) {
    const auto message = make_error_code(each.code).message();
    BOOST_TEST(message != "unknown error");
    BOOST_TEST(messages.insert(message).second, message << " stands twice");
  }
  BOOST_TEST(error_code(4711, error_category()).message() == "unknown error");
}

BOOST_AUTO_TEST_CASE(success_satisfies_no_condition) {
  const error_code none;
  BOOST_TEST(!(none == condition::retry));
  BOOST_TEST(!(none == condition::fatal));
}

BOOST_AUTO_TEST_CASE(system_codes_are_understood) {
  namespace sys = boost::system::errc;
  const error_code refused = make_error_code(sys::connection_refused);
  BOOST_TEST((refused == condition::retry));
  BOOST_TEST((refused == condition::next_source_at_once));
  const error_code reset = make_error_code(sys::connection_reset);
  BOOST_TEST((reset == condition::retry));
  BOOST_TEST(!(reset == condition::next_source_at_once));
  const error_code late = make_error_code(sys::timed_out);
  BOOST_TEST((late == condition::retry));
  BOOST_TEST((late == condition::timeout));
  const error_code native(ECONNRESET, boost::system::system_category());
  BOOST_TEST((native == condition::retry));
  BOOST_TEST(!(error_code(make_error_code(sys::permission_denied)) == condition::retry));
}

BOOST_AUTO_TEST_CASE(conditions_have_words) {
  for (int value = 1; value <= 5; ++value) {
    BOOST_TEST(condition_category().message(value) != "unknown condition");
  }
  BOOST_TEST(condition_category().message(6) == "unknown condition");
  BOOST_TEST(std::string(condition_category().name()) != error_category().name());
}

BOOST_AUTO_TEST_CASE(a_failure_says_what_happened) {
  failure cause;
  cause.code = errc::connection_refused;
  BOOST_TEST(to_string(cause) == "the connection was refused");
  cause.detail = "example.com:80";
  BOOST_TEST(to_string(cause) == "the connection was refused: example.com:80");
  cause.code = errc::unexpected_status;
  cause.detail = "example.com";
  cause.status = 503;
  BOOST_TEST(to_string(cause) == "the upstream answered with an error: example.com (503)");
}

BOOST_AUTO_TEST_CASE(asking_a_failed_result_for_its_value_throws) {
  failure cause;
  cause.code = errc::low_speed;
  const fetch_result<int> outcome = cause;
  const auto is_it = [](const boost::system::system_error& error) { return error.code() == errc::low_speed; };
  BOOST_CHECK_EXCEPTION((void)outcome.value(), boost::system::system_error, is_it);
}

BOOST_AUTO_TEST_SUITE_END()
