#include "upstream/next_hop.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

namespace {

using namespace millrace;

struct hop_row {
  const char* from;
  const char* location;
  const char* leads_to;  ///< empty: nowhere
};
std::ostream& operator<<(std::ostream& out, const hop_row& row) {
  return out << row.from << " to " << row.location;
}

const hop_row hops[] = {
    {"http://host/a/b?c", "d", "http://host/a/d"},
    {"http://host/a/b?c", "//other:81/d", "http://other:81/d"},
    {"http://host/a", "https://host/a", "https://host/a"},
    {"http://host/a", "HTTP://HOST/b c", "HTTP://HOST/b%20c"},
    {"http://host/a", "", ""},
    {"http://host/a", "ftp://host/", ""},
    {"http://host/a", "mailto:me", ""},
    {"http://host/a", "http://", ""},
    {"http://host/a", "/b\r\nX: y", ""},
    {"http://host/a", "http://[fe80::1%25eth0]/", ""},
    // Userinfo stays with its origin.
    {"http://me:pw@host/a", "/b", "http://me:pw@host/b"},
    {"http://me:pw@host/a", "http://host:80/b", "http://me:pw@host:80/b"},
    {"http://me:pw@host/a", "HTTP://Host/b", "HTTP://me:pw@Host/b"},
    {"http://me:pw@host/a", "http://host/b@c", "http://me:pw@host/b@c"},
    {"http://me:pw@host/a", "http://you@host/b", "http://you@host/b"},
    {"http://me:pw@host/a", "http://@host/b", "http://me:pw@host/b"},
    {"http://me@mail:pw@host/a", "http://host/b", "http://me%40mail:pw@host/b"},
    {"http://me:pw@host/a", "http://other/b", "http://other/b"},
    {"http://me:pw@host/a", "https://host/b", "https://host/b"},
    {"http://me:pw@host/a", "http://host:81/b", "http://host:81/b"},
    {"http://host/a", "http://@host/b", "http://@host/b"},
};

BOOST_AUTO_TEST_SUITE(next_hop_test)

BOOST_DATA_TEST_CASE(follows, hops, row) {
  const auto hop = upstream::next_hop(url::parse(row.from).value(), row.location);
  BOOST_TEST((hop ? hop->text() : std::string()) == row.leads_to);
  if (!hop) BOOST_TEST(hop.error().code == error_code(errc::bad_redirect));
}

BOOST_AUTO_TEST_CASE(needs_a_location) {
  const auto hop = upstream::next_hop(url::parse("http://me:pw@host/a?secret").value(), std::nullopt);
  BOOST_REQUIRE(hop.has_error());
  BOOST_TEST(hop.error().code == error_code(errc::bad_redirect));
  BOOST_TEST(hop.error().detail == "http://host/a redirects without saying where to (no Location)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
