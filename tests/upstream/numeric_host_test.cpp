#include "upstream/numeric_host.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

#include <arpa/inet.h>

namespace {

using namespace millrace::upstream;

struct host_row {
  const char* host;
  const char* address;  ///< empty: none
};
std::ostream& operator<<(std::ostream& out, const host_row& row) {
  return out << row.host;
}

const host_row numbers[] = {
    {"127.0.0.1", "127.0.0.1"},
    {"127.0.0.1.", "127.0.0.1"},
    {"2130706433", "127.0.0.1"},
    {"017700000001", "127.0.0.1"},
    {"0x7f000001", "127.0.0.1"},
    {"0X7F000001", "127.0.0.1"},
    {"0177.0.0.1", "127.0.0.1"},
    {"0x7f.1", "127.0.0.1"},
    {"127.1", "127.0.0.1"},
    {"127.0.1", "127.0.0.1"},
    {"127.0.0x1", "127.0.0.1"},
    {"127.65535", "127.0.255.255"},
    {"10.16777215", "10.255.255.255"},
    {"0", "0.0.0.0"},
    {"00000000000000000000000000010", "0.0.0.8"},
    {"4294967295", "255.255.255.255"},
    {"::1", "::1"},
    {"::ffff:127.0.0.1", "::ffff:127.0.0.1"},
    {"fe80::1", "fe80::1"},
    {"4294967296", ""},
    {"99999999999999999999", ""},
    {"256.1", ""},
    {"1.16777216", ""},
    {"1.2.65536", ""},
    {"1.2.3.256", ""},
    {"1.2.3.4.5", ""},
    {"0x", ""},
    {"0x.1", ""},
    {"08", ""},
    {"1..2", ""},
    {".1", ""},
    {"host.1", ""},
    {"host.0x7f", ""},
    {"127.0.0.0x1g.1", ""},
    {"fe80::1%eth0", ""},
    {"fe80::1%1", ""},
    {":1", ""},
    {"::g", ""},
    {"1:2", ""},
};

const char* const names[] = {"",       ".",           "host",    "host.test", "1.host", "127.0.0.1.host",
                             "0xhost", "127.0.0.1..", "0x7f.1g", "1-2",       "1_",     "x0x7f"};

BOOST_AUTO_TEST_SUITE(numeric_host_test)

BOOST_DATA_TEST_CASE(reads_numbers, numbers, row) {
  BOOST_TEST(is_numeric_host(row.host));
  const auto address = parse_numeric_host(row.host);
  BOOST_TEST((address ? address->to_string() : std::string()) == row.address);
}

BOOST_DATA_TEST_CASE(leaves_names_alone, names, host) {
  BOOST_TEST(!is_numeric_host(host));
  BOOST_TEST(!parse_numeric_host(host));
}

// What the C library would connect to is what is judged.
BOOST_DATA_TEST_CASE(agrees_with_the_c_library, numbers, row) {
  const std::string host = row.host;
  in_addr plain;
  if (host.ends_with('.') || ::inet_aton(host.c_str(), &plain) == 0) return;
  const auto address = parse_numeric_host(host);
  BOOST_REQUIRE(address.has_value());
  BOOST_TEST(address->to_v4().to_uint() == ntohl(plain.s_addr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
