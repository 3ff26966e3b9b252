#include "server/ip_network.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace server = millrace::server;
namespace data = boost::unit_test::data;
using boost::asio::ip::make_address;

BOOST_AUTO_TEST_SUITE(ip_network_test)

struct sample {
  const char* network;
  const char* address;
  bool inside;
  friend std::ostream& operator<<(std::ostream& to, const sample& s) {
    return to << s.address << (s.inside ? " in " : " not in ") << s.network;
  }
};

const sample samples[] = {
    {"10.0.0.0/8", "10.255.0.1", true},
    {"10.0.0.0/8", "11.0.0.1", false},
    {"10.1.2.3/8", "10.9.9.9", true},
    {"192.168.4.0/22", "192.168.7.255", true},
    {"192.168.4.0/22", "192.168.8.0", false},
    {"192.0.2.7", "192.0.2.7", true},
    {"192.0.2.7", "192.0.2.8", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"10.0.0.0/8", "::ffff:10.0.0.1", true},
    {"::ffff:10.0.0.0", "10.0.0.0", true},
    {"fd00::/8", "fdff::1", true},
    {"fd00::/8", "fe80::1", false},
    {"2001:db8:0:4::/62", "2001:db8:0:7::1", true},
    {"2001:db8:0:4::/62", "2001:db8:0:8::1", false},
    {"fe80::/10", "fe80::1%1", true},
};

BOOST_DATA_TEST_CASE(contains, data::make(samples), s) {
  const auto network = server::ip_network::parse(s.network);
  BOOST_REQUIRE(network.has_value());
  BOOST_TEST(network->contains(make_address(s.address)) == s.inside);
}

BOOST_DATA_TEST_CASE(malformed,
                     data::make({"", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                                 "fd00::/129", "localhost", "10.0.0.0 /8", "*"}),
                     text) {
  BOOST_TEST(!server::ip_network::parse(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
