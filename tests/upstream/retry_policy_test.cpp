#include "upstream/retry_policy.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <vector>

namespace millrace::upstream {
std::ostream& operator<<(std::ostream& out, const retry_decision& one) {
  constexpr const char* names[]{"retry", "next_source", "give_up"};
  return out << names[static_cast<int>(one.what)] << " after " << one.wait.count() << " ms";
}
}  // namespace millrace::upstream

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using action = retry_decision::action;

constexpr bool alone = false, others_left = true;

failure fails(errc code) {
  return {.code = code};
}

failure answers(int status, std::optional<std::chrono::seconds> retry_after = {}) {
  return {.code = errc::unexpected_status, .status = status, .retry_after = retry_after};
}

/// The failures of one request, told one after the other; no jitter.
struct conversation {
  upstream_settings config;
  attempts tried;
  std::size_t source = 0;

  retry_decision after(const failure& cause, bool another_left = alone, std::uint64_t gained = 0) {
    return tried.decide(cause, source, gained, another_left, 0, config);
  }
};

retry_decision retry(milliseconds wait) {
  return {action::retry, wait};
}
const retry_decision next_source{action::next_source}, give_up{action::give_up};

const std::vector<errc> transient_errors{errc::connect_failed,  errc::connect_timeout,
                                         errc::read_timeout,    errc::low_speed,
                                         errc::connection_lost, errc::malformed_response};
const std::vector<int> transient_statuses{408, 425, 429, 500, 502, 503, 504, 599};
const std::vector<int> refusing_statuses{401, 403, 404, 410};

std::vector<failure> transient_failures() {
  std::vector<failure> all;
  for (const auto code : transient_errors)
    all.push_back(fails(code));
  for (const auto status : transient_statuses)
    all.push_back(answers(status));
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retry_policy_test, conversation)

BOOST_AUTO_TEST_CASE(classes_of_statuses) {
  for (int status = 100; status < 600; ++status) {
    BOOST_TEST_CONTEXT(status) {
      const bool listed = std::ranges::count(std::vector{408, 425, 429}, status) > 0;
      BOOST_TEST(is_transient_status(status) == (listed || status >= 500));
      BOOST_TEST(is_refusing_status(status) == (std::ranges::count(refusing_statuses, status) > 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_looks_like_overload) {
  for (const int status : {401, 403, 408, 429, 500, 503, 509})
    BOOST_TEST(looks_like_overload(answers(status)), status);
  for (const int status : {400, 404, 410, 416, 425})
    BOOST_TEST(!looks_like_overload(answers(status)), status);
  BOOST_TEST(looks_like_overload(fails(errc::connection_refused)));
  BOOST_TEST(looks_like_overload(fails(errc::connection_lost)));
  for (const auto code : {errc::read_timeout, errc::tls_failed, errc::host_not_found, errc::wrong_range,
                          errc::resource_changed, errc::low_speed})
    BOOST_TEST(!looks_like_overload(fails(code)), fails(code).code.message());
}

BOOST_AUTO_TEST_CASE(back_off_doubles_up_to_its_limit) {
  const std::vector<milliseconds> expected{500ms, 1s, 2s, 4s, 8s, 8s, 8s};
  for (unsigned n = 0; n < expected.size(); ++n)
    BOOST_TEST((backoff(n, 0, config) == expected[n]), n);
  for (const unsigned n : {0U, 1U, 3U, 4U, 31U, 32U, 63U, 64U, 4'000'000'000U}) {
    for (const double jitter : {0.0, 0.25, 0.5, 0.999}) {
      const auto wait = backoff(n, jitter, config);
      const auto base = n < expected.size() ? expected[n] : milliseconds(8s);
      BOOST_TEST((wait >= base && wait <= base * 5 / 4 && wait <= 8s), n << " " << wait.count());
    }
  }
  BOOST_TEST((backoff(1, 0.9, config) > backoff(1, 0.1, config)));
}

BOOST_AUTO_TEST_CASE(a_lone_source_is_retried_as_often_as_allowed) {
  for (const auto& cause : transient_failures()) {
    BOOST_TEST_CONTEXT(to_string(cause)) {
      tried = attempts();
      for (const auto wait : {500ms, 1000ms, 2000ms, 4000ms, 8000ms})
        BOOST_TEST(after(cause) == retry(wait));
      BOOST_TEST(after(cause) == give_up);
    }
  }
}

BOOST_AUTO_TEST_CASE(refused_connections_are_retried_where_nothing_else_is_left) {
  for (const auto wait : {500ms, 1000ms, 2000ms, 4000ms, 8000ms})
    BOOST_TEST(after(fails(errc::connection_refused)) == retry(wait));
  BOOST_TEST(after(fails(errc::connection_refused)) == give_up);
}

BOOST_AUTO_TEST_CASE(no_retries_allowed) {
  config.retries = 0;
  BOOST_TEST(after(answers(503)) == give_up);
  tried = attempts();
  BOOST_TEST(after(answers(503), others_left) == next_source);
}

BOOST_AUTO_TEST_CASE(a_refusing_status_is_not_asked_again) {
  for (const int status : refusing_statuses) {
    tried = attempts();
    BOOST_TEST(after(answers(status), others_left) == next_source);
    BOOST_TEST(after(answers(status), alone) == give_up);
  }
}

BOOST_AUTO_TEST_CASE(the_next_source_at_once) {
  for (const auto code : {errc::connection_refused, errc::tls_failed, errc::host_not_found,
                          errc::resolve_failed, errc::address_forbidden, errc::source_differs}) {
    tried = attempts();
    BOOST_TEST(after(fails(code), others_left) == next_source, fails(code).code.message());
  }
}

BOOST_AUTO_TEST_CASE(one_retry_before_the_next_source) {
  for (const auto& cause : transient_failures()) {
    BOOST_TEST_CONTEXT(to_string(cause)) {
      tried = attempts();
      BOOST_TEST(after(cause, others_left) == retry(500ms));
      BOOST_TEST(after(cause, others_left) == next_source);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_last_source_left_gets_all_retries) {
  BOOST_TEST(after(answers(503), others_left) == retry(500ms));
  BOOST_TEST(after(answers(503), others_left) == next_source);
  source = 1;
  BOOST_TEST(after(answers(404), others_left) == next_source);
  source = 2;
  for (const auto wait : {500ms, 1000ms, 2000ms, 4000ms, 8000ms})
    BOOST_TEST(after(fails(errc::read_timeout), alone) == retry(wait));
  BOOST_TEST(after(fails(errc::read_timeout), alone) == give_up);
}

BOOST_AUTO_TEST_CASE(bytes_begin_the_count_anew) {
  for (int i = 0; i < 5; ++i)
    BOOST_TEST((after(fails(errc::connection_lost)).what == action::retry));
  BOOST_TEST(after(fails(errc::connection_lost), alone, 1) == retry(500ms));
  for (const auto wait : {1000ms, 2000ms, 4000ms, 8000ms})
    BOOST_TEST(after(fails(errc::connection_lost)) == retry(wait));
  BOOST_TEST(after(fails(errc::connection_lost)) == give_up);
}

BOOST_AUTO_TEST_CASE(good_bytes_restore_the_retry_before_failover) {
  BOOST_TEST(after(fails(errc::connection_lost), others_left) == retry(500ms));
  tried.restore();
  BOOST_TEST(after(fails(errc::connection_lost), others_left, 2 << 20) == retry(500ms));
  BOOST_TEST(after(fails(errc::connection_lost), others_left) == next_source);
}

BOOST_AUTO_TEST_CASE(retry_after_is_obeyed_up_to_its_limit) {
  for (const int status : {429, 503}) {
    tried = attempts();
    BOOST_TEST(after(answers(status, 0s)) == retry(0s));
    BOOST_TEST(after(answers(status, 7s)) == retry(7s));
    BOOST_TEST(after(answers(status, 30s)) == retry(30s));
    BOOST_TEST(after(answers(status, 31s)) == give_up);
    BOOST_TEST(after(answers(status, std::chrono::seconds(4'000'000'000)), others_left) == next_source);
  }
}

BOOST_AUTO_TEST_CASE(retry_after_counts_as_a_retry) {
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(after(answers(503, 1s)) == retry(1s));
  BOOST_TEST(after(answers(503, 1s)) == give_up);
}

BOOST_AUTO_TEST_CASE(two_versions_are_never_mixed) {
  BOOST_TEST(after(fails(errc::resource_changed), alone) == give_up);
  BOOST_TEST(after(fails(errc::resource_changed), others_left) == give_up);
}

BOOST_AUTO_TEST_CASE(wrong_answers_are_not_asked_for_again) {
  for (const auto code : {errc::wrong_range, errc::range_unsupported, errc::too_many_redirects,
                          errc::redirect_loop, errc::bad_redirect}) {
    tried = attempts();
    BOOST_TEST(after(fails(code), others_left) == next_source, fails(code).code.message());
    tried = attempts();
    BOOST_TEST(after(fails(code), alone) == give_up, fails(code).code.message());
  }
  BOOST_TEST(after(answers(400), alone) == give_up);
}

BOOST_AUTO_TEST_SUITE_END()
