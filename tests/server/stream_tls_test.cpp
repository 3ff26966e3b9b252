// HTTPS origins: a private authority, wrong names, old certificates, and parallel chunks over TLS.

#include "server/stream_support.hpp"
#include "support/temporary_folder.hpp"

using namespace millrace;
using namespace millrace::test;
using origin::tls_mode;

BOOST_AUTO_TEST_SUITE(stream_tls_test)

namespace {

constexpr std::uint64_t size = 4 * mebi;
constexpr std::uint64_t seed = 13;

/// One authority and its certificate file for all tests: keys take their time.
struct shared_authority {
  std::shared_ptr<const origin::tls_authority> authority = std::make_shared<origin::tls_authority>();
  temporary_folder folder;
  std::string file = folder.path("ca.pem");

  shared_authority() { authority->write_certificate(file); }
  static const shared_authority& get() {
    static const shared_authority made;
    return made;
  }
};

struct fixture : stream_fixture {
  explicit fixture(tls_mode mode = tls_mode::valid, settings config = trusting())
      : stream_fixture(std::move(config), {.tls = mode, .authority = shared_authority::get().authority}) {
    origin.set("/a.mkv", {.size = size, .seed = seed});
  }

  static settings trusting() {
    auto config = stream_settings();
    config.upstream.ca_file = shared_authority::get().file;
    config.upstream.retries = 1;
    return config;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_private_authority, fixture) {
  check_whole(play("/a.mkv"), seed, size);
  const auto part = play("/a.mkv", "Range: bytes=1000000-1999999\r\n");
  BOOST_TEST(part.status == 206);
  BOOST_TEST(has_content(part, seed, 1'000'000, 1'000'000));
  BOOST_TEST(origin.totals().failed_handshakes == 0U);
}

BOOST_FIXTURE_TEST_CASE(connections_are_kept, fixture) {
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(play("/a.mkv", "Range: bytes=5-9\r\n").status == 206);
  // A client may be quicker with its next request than the connection is back in the pool.
  BOOST_TEST(origin.totals().connections <= 4U);
}

BOOST_AUTO_TEST_CASE(certificates_that_do_not_hold) {
  for (const auto mode :
       {tls_mode::wrong_host, tls_mode::expired, tls_mode::self_signed, tls_mode::tls_1_1}) {
    BOOST_TEST_CONTEXT("mode " << static_cast<int>(mode)) {
      const fixture on(mode);
      check_problem(on.play("/a.mkv"), 502, "upstream");
      BOOST_TEST(on.origin.totals().requests == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_not_trusted) {
  const fixture on(tls_mode::valid, stream_settings());
  check_problem(on.play("/a.mkv"), 502, "upstream");
}

BOOST_AUTO_TEST_CASE(insecure_takes_what_there_is) {
  auto config = stream_settings();
  config.upstream.insecure = true;
  for (const auto mode : {tls_mode::wrong_host, tls_mode::expired, tls_mode::self_signed}) {
    const fixture on(mode, config);
    check_whole(on.play("/a.mkv"), seed, size);
  }
}

BOOST_FIXTURE_TEST_CASE(failures_over_tls_fail_over_at_once, fixture) {
  millrace::origin::server plain;
  plain.set("/b.mkv", {.size = size, .seed = seed});
  const fixture wrong(tls_mode::wrong_host);
  check_whole(server.request("GET", "/stream?mirror=" + encoded(plain.url("/b.mkv")) +
                                        "&url=" + wrong.origin.url("/a.mkv")),
              seed, size);
  BOOST_TEST(wrong.origin.totals().connections == 1U);
}

BOOST_FIXTURE_TEST_CASE(faults_in_the_middle, fixture) {
  origin.update("/a.mkv", [](auto& rules) {
    rules.truncate_at = {{.after = 30'000, .when = {.from = 2, .times = 3}}};
    rules.reset_at = {{.after = 50'000, .when = {.from = 4, .times = 3}}};
  });
  check_whole(play("/a.mkv"), seed, size);
}

BOOST_FIXTURE_TEST_CASE(redirects_between_the_schemes, fixture) {
  millrace::origin::server plain;
  plain.set("/up", {.redirect = {{.location = origin.url("/a.mkv")}}});
  plain.set("/b.mkv", {.size = size, .seed = seed});
  origin.set("/down", {.redirect = {{.location = plain.url("/b.mkv")}}});
  check_whole(server.request("GET", "/stream?url=" + plain.url("/up")), seed, size);
  check_whole(play("/down"), seed, size);
}

BOOST_AUTO_TEST_SUITE_END()
