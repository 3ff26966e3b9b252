#include "upstream/redirect.hpp"

#include "upstream/origin_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::upstream;
using kind = origin::redirection::kind;

struct fixture : origin_fixture {
  fetch_result<located_exchange> follow(const std::string& target) { return follow(at(target), profile()); }
  fetch_result<located_exchange> follow(const url& target, const request_profile& as) {
    return run(follow_redirects(with, as, target, wanted_all{}));
  }
  void point(const std::string& path, const std::string& location, int status = 302) {
    server.set(path, {.redirect =
                          origin::redirection{.to = kind::location, .status = status, .location = location}});
  }
  static std::string authorization(const origin::request_record& seen) {
    return std::string(seen.header("Authorization").value_or(""));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(redirect_test, fixture)

BOOST_AUTO_TEST_CASE(which_statuses_redirect) {
  for (unsigned status = 100; status < 600; ++status) {
    const bool expected = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    BOOST_TEST(is_redirect(status) == expected, status);
  }
}

BOOST_AUTO_TEST_CASE(each_kind_is_followed) {
  server.set("/target", {.size = 100, .seed = 8});
  for (const int status : {301, 302, 303, 307, 308}) {
    point("/a", "/target", status);
    auto found = follow("/a");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->location.text() == server.url("/target"));
    BOOST_TEST((body_of(found->answer) == origin::content_of(8, 0, 100)));
  }
}

BOOST_AUTO_TEST_CASE(other_statuses_are_answers) {
  for (const int status : {300, 304, 404, 500}) {
    server.set("/a", {.status = origin::status_reply{.status = status}});
    const auto found = follow("/a");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->answer.head().status == static_cast<unsigned>(status));
    BOOST_TEST(found->location.text() == server.url("/a"));
  }
}

BOOST_AUTO_TEST_CASE(locations_are_resolved) {
  const struct {
    std::string location, found;
  } rows[]{
      {"other", "/a/b/other"},          {"/top", "/top"},          {"../up?x=1", "/a/up?x=1"},
      {"?q=2", "/a/b/c?q=2"},           {"./e%20f", "/a/b/e%20f"}, {"x y", "/a/b/x%20y"},
      {"other#fragment", "/a/b/other"},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.location) {
      point("/a/b/c?start", row.location);
      const auto found = follow("/a/b/c?start");
      BOOST_REQUIRE(found.has_value());
      BOOST_TEST(found->location.text() == server.url(row.found));
    }
  }
}

BOOST_AUTO_TEST_CASE(hops_are_counted) {
  for (const unsigned most : {0U, 1U, 3U}) {
    config.upstream.max_redirects = most;
    for (std::uint64_t hops = 1; hops <= 5; ++hops) {
      BOOST_TEST_CONTEXT(hops << " of " << most) {
        server.set("/a", {.size = 5, .redirect = origin::redirection{.to = kind::chain, .hops = hops}});
        const auto found = follow("/a");
        BOOST_TEST(found.has_value() == (hops <= most));
        if (!found) BOOST_TEST(found.error().code == error_code(errc::too_many_redirects));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(loops) {
  point("/self", "/self");
  point("/one", "/two");
  point("/two", "/one");
  for (const auto* target : {"/self", "/one"}) {
    const auto found = follow(target);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(found.error().code == error_code(errc::redirect_loop));
  }
  BOOST_TEST(server.totals().requests == 3u);
}

BOOST_AUTO_TEST_CASE(locations_that_lead_nowhere) {
  server.set("/missing", {.redirect = origin::redirection{.to = kind::missing}});
  point("/empty", "");
  point("/ftp", "ftp://a.test/x");
  point("/script", "javascript:alert(1)");
  point("/file", "file:///etc/passwd");
  point("/no-host", "http:///x");
  for (const auto* target : {"/missing", "/empty", "/ftp", "/script", "/file", "/no-host"}) {
    BOOST_TEST_CONTEXT(target) {
      const auto found = follow(target);
      BOOST_REQUIRE(!found.has_value());
      BOOST_TEST(found.error().code == error_code(errc::bad_redirect));
      BOOST_TEST((found.error().code == condition::redirect));
    }
  }
}

BOOST_AUTO_TEST_CASE(failures_name_where_they_happened) {
  origin::server gone;
  const auto target = gone.url("/x");
  gone.stop();
  point("/a", target);
  const auto found = follow("/a");
  BOOST_REQUIRE(!found.has_value());
  BOOST_TEST(found.error().code == error_code(errc::connection_refused));
  BOOST_TEST(found.error().location == target);
}

BOOST_AUTO_TEST_CASE(a_redirect_to_a_forbidden_address_is_refused) {
  // The cloud's metadata service, for example.
  point("/a", "http://169.254.169.254/x");
  const auto found = follow("/a");
  BOOST_REQUIRE(!found.has_value());
  BOOST_TEST(found.error().code == error_code(errc::address_forbidden));
}

BOOST_AUTO_TEST_CASE(credentials_stay_with_their_origin) {
  origin::server away;
  away.set("/b", {.size = 5});
  point("/a", away.url("/b"));
  point("/same", "/end");
  server.set("/end", {.size = 5});
  auto as = profile();
  as.given.add("Authorization", "Bearer secret");
  as.given.add("Cookie", "a=b");
  as.given.add("Referer", "http://r/");
  as.credential_origin = at("/a").origin();
  BOOST_REQUIRE(follow(at("/a"), as).has_value());
  BOOST_REQUIRE(follow(at("/same"), as).has_value());
  BOOST_TEST(authorization(server.requests("/a").front()) == "Bearer secret");
  BOOST_TEST(authorization(server.requests("/end").front()) == "Bearer secret");
  const auto seen = away.requests("/b").front();
  BOOST_TEST(authorization(seen).empty());
  BOOST_TEST(!seen.header("Cookie").has_value());
  BOOST_TEST(seen.header("Referer").has_value());
}

BOOST_AUTO_TEST_CASE(userinfo_goes_along_to_the_same_origin_only) {
  origin::server away;
  away.set("/b", {.size = 5});
  server.set("/end", {.size = 5});
  point("/same", "/end");
  point("/away", away.url("/b"));
  const auto with_user = [&](const std::string& target) {
    auto text = server.url(target);
    text.insert(7, "user:pass@");
    return url::parse(text).value();
  };
  BOOST_REQUIRE(follow(with_user("/same"), profile()).has_value());
  BOOST_REQUIRE(follow(with_user("/away"), profile()).has_value());
  BOOST_TEST(authorization(server.requests("/end").front()) == "Basic dXNlcjpwYXNz");
  BOOST_TEST(authorization(away.requests("/b").front()).empty());
}

BOOST_AUTO_TEST_SUITE_END()
