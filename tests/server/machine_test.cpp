#include "server/machine.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include <sys/resource.h>

namespace server = millrace::server;

BOOST_AUTO_TEST_SUITE(machine_test)

BOOST_AUTO_TEST_CASE(interfaces_have_loopback) {
  const auto found = server::interface_addresses();
  const auto loopback = std::find_if(found.begin(), found.end(), [](const auto& one) {
    return one.address == boost::asio::ip::make_address("127.0.0.1");
  });
  BOOST_REQUIRE((loopback != found.end()));
  BOOST_TEST(loopback->prefix == 8);
}

BOOST_AUTO_TEST_CASE(the_soft_limit_becomes_the_hard_one) {
  const auto limit = server::raise_descriptor_limit();
  rlimit now{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &now) == 0);
  BOOST_TEST(now.rlim_cur == now.rlim_max);
  BOOST_TEST(limit == now.rlim_cur);
}

BOOST_AUTO_TEST_CASE(clients_fit_with_an_upstream_each) {
  BOOST_TEST(server::clients_that_fit(1024, 128) == 416);
  BOOST_TEST(server::clients_that_fit(64, 8) == 1);
  BOOST_TEST(server::clients_that_fit(0, 0) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
