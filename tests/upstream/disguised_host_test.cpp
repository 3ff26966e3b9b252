// Hosts that are forbidden addresses in disguise: none is connected to, and none is handed to DNS or to the C
// library as a name.

#include "support/run_sync.hpp"
#include "upstream/test_network.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::upstream;

/// Ways to write 127.0.0.1, ::1, 169.254.169.254 and 0.0.0.0.
const char* const disguises[] = {
    "127.0.0.1.",
    "127.0.0.1..",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0X7F.1",
    "0177.0.0.1",
    "017700000001",
    "0x7f.0.0.0x1",
    "00000177.1",
    "%31%32%37.0.0.1",
    "127%2E0%2e0.1",
    "127.0.0.1%2e",
    "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",  // full-width digits
    "127\xe3\x80\x82"
    "0\xef\xbc\x8e"
    "0\xef\xbd\xa1"
    "1",                                           // other full stops
    "%EF%BC%91%EF%BC%92%EF%BC%97%E3%80%820.0.1",   // both, encoded
    "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",  // digits in circles
    "127.0.0.\xc2\xad"
    "1",  // soft hyphen
    "\xf0\x9d\x9f\xb7"
    "27.0.0.1",  // mathematical digits
    "0\xef\xbd\x98"
    "7f.1",  // full-width x
    "127.0.0.1%00.host.test",
    "127.0.0.1%09",
    "%20127.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "A.LocalHost.",
    "%6cocalhost",
    "\xef\xbd\x8cocalhost",
    "0",
    "0.0.0.0",
    "0x0",
    "00.0.0",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[::127.0.0.1]",
    "[::FFFF:169.254.169.254]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::169.254.169.254]",
    "[2002:7f00:1::1]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:808:808::80ff:fffe]",
    "[2001:db8::5efe:127.0.0.1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[fe80::1%251]",
    "[::1%25lo]",
    "[v1.fe80::a]",
    "[ff02::1]",
    "[::1].",
    "[::1]x",
    "[127.0.0.1]",
    "%5B::1%5D",
    "::1",
    "fe80%3A%3A1",
    "[::1",
    "::1]",
    "user@127.0.0.1",
    "host.test@127.0.0.1",
    "8.8.8.8%40127.0.0.1",
    "8.8.8.8\\@127.0.0.1",
    "08.8.8.8",
    "256.256.256.256",
    "1.2.3.4.5",
    "0x",
    "host.test..",
    ".host.test",
    "host..test",
    "4294967296",
};

BOOST_AUTO_TEST_SUITE(disguised_host_test)

BOOST_DATA_TEST_CASE(disguised_addresses_are_judged_or_refused, disguises, host) {
  const auto target = url::parse("http://" + std::string(host) + "/");
  if (!target) return;
  test_network network(std::vector<std::string>{});
  const auto link = test::run_sync(upstream::connect(network.via, *target));
  BOOST_REQUIRE(link.has_error());
  const auto code = link.error().code;
  const bool expected =
      code == error_code(errc::address_forbidden) || code == error_code(errc::host_not_found);
  BOOST_TEST(expected, code.message());
  BOOST_TEST(network.names.questions() == 0U);  // DNS is not asked for numbers
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
