#include "upstream/address_class.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

namespace {

using namespace millrace::upstream;
using boost::asio::ip::make_address;

struct class_row {
  const char* address;
  address_class peer;
  address_class destination;

  constexpr class_row(const char* of, address_class its_class)
      : address(of), peer(its_class), destination(its_class) {}
  constexpr class_row(const char* of, address_class as_peer, address_class as_destination)
      : address(of), peer(as_peer), destination(as_destination) {}
};
std::ostream& operator<<(std::ostream& out, const class_row& row) {
  return out << row.address;
}

constexpr auto public_peer = address_class::public_network;

const class_row classes[] = {
    {"127.0.0.1", address_class::loopback},
    {"127.255.255.255", address_class::loopback},
    {"::1", address_class::loopback},
    {"::ffff:127.0.0.1", address_class::loopback},
    {"169.254.169.254", address_class::link_local},
    {"::ffff:169.254.169.254", address_class::link_local},
    {"fe80::1", address_class::link_local},
    {"fe80::1%1", address_class::link_local},
    {"febf::1", address_class::link_local},
    {"224.0.0.1", address_class::multicast},
    {"239.255.255.255", address_class::multicast},
    {"255.255.255.255", address_class::multicast},
    {"ff02::1", address_class::multicast},
    {"ff02::1%1", address_class::multicast},
    {"0.0.0.0", address_class::unspecified},
    {"0.1.2.3", address_class::unspecified},
    {"::", address_class::unspecified},
    {"::ffff:0.0.0.0", address_class::unspecified},
    {"10.0.0.1", address_class::private_network},
    {"172.16.0.1", address_class::private_network},
    {"172.31.255.255", address_class::private_network},
    {"192.168.1.1", address_class::private_network},
    {"100.64.0.1", address_class::private_network},
    {"100.127.255.255", address_class::private_network},
    {"::ffff:10.0.0.1", address_class::private_network},
    {"fc00::1", address_class::private_network},
    {"fdff::1", address_class::private_network},
    {"172.15.255.255", public_peer},
    {"172.32.0.0", public_peer},
    {"192.169.0.1", public_peer},
    {"100.63.255.255", public_peer},
    {"100.128.0.0", public_peer},
    {"8.8.8.8", public_peer},
    {"2001:4860:4860::8888", public_peer},
    {"2a00:1450::1", public_peer},
    {"fe00::1", public_peer},
    // Special purposes: nobody's neighbours, and no public destinations.
    {"192.0.0.1", public_peer, address_class::private_network},
    {"192.0.0.9", public_peer},
    {"192.0.0.10", public_peer},
    {"192.0.0.11", public_peer, address_class::private_network},
    {"192.0.1.0", public_peer},
    {"192.0.2.1", public_peer, address_class::private_network},
    {"192.0.3.0", public_peer},
    {"192.88.99.1", public_peer, address_class::private_network},
    {"198.17.255.255", public_peer},
    {"198.18.0.0", public_peer, address_class::private_network},
    {"198.19.255.255", public_peer, address_class::private_network},
    {"198.20.0.0", public_peer},
    {"198.51.100.7", public_peer, address_class::private_network},
    {"203.0.113.7", public_peer, address_class::private_network},
    {"240.0.0.1", public_peer, address_class::private_network},
    {"255.255.255.254", public_peer, address_class::private_network},
    {"::ffff:198.18.0.1", public_peer, address_class::private_network},
    {"fec0::1", public_peer, address_class::private_network},
    {"feff::1", public_peer, address_class::private_network},
    {"100::1", public_peer, address_class::private_network},
    {"100:0:0:1::1", public_peer, address_class::private_network},
    {"100:0:0:2::1", public_peer},
    {"64:ff9b:1::1", public_peer, address_class::private_network},
    {"64:ff9b::808:808", public_peer},
    {"2001:2::1", public_peer, address_class::private_network},
    {"2001:3::1", public_peer},
    {"2001:4:112::1", public_peer},
    {"2001:10::1", public_peer, address_class::private_network},
    {"2001:20::1", public_peer},
    {"2001:1ff::1", public_peer, address_class::private_network},
    {"2001:200::1", public_peer},
    {"2001:db8::1", public_peer, address_class::private_network},
    {"2001:db9::1", public_peer},
    {"3fff::1", public_peer, address_class::private_network},
    {"3fff:1000::1", public_peer},
    {"5f00::1", public_peer, address_class::private_network},
    // What is embedded is a destination of its own.
    {"::127.0.0.1", public_peer, address_class::private_network},
    {"64:ff9b::7f00:1", public_peer},
    {"2002:a00:1::1", public_peer},
};

struct embedding_row {
  const char* address;
  const char* destinations;  ///< all, each behind a space
};
std::ostream& operator<<(std::ostream& out, const embedding_row& row) {
  return out << row.address;
}

const embedding_row embeddings[] = {
    {"8.8.8.8", " 8.8.8.8"},
    {"::1", " ::1"},
    {"::", " ::"},
    {"2001:4860:4860::8888", " 2001:4860:4860::8888"},
    {"::ffff:10.0.0.1", " 10.0.0.1"},
    {"::10.0.0.1", " ::10.0.0.1 10.0.0.1"},
    {"::2", " ::2 0.0.0.2"},
    {"::ffff:0:10.0.0.1", " ::ffff:0:a00:1 10.0.0.1"},
    {"64:ff9b::10.0.0.1", " 64:ff9b::a00:1 10.0.0.1"},
    {"64:ff9b::1:10.0.0.1", " 64:ff9b::1:a00:1"},
    {"64:ff9b:1::10.0.0.1", " 64:ff9b:1::a00:1 10.0.0.1"},
    {"64:ff9b:1:a00:0:100::", " 64:ff9b:1:a00:0:100:: 10.0.0.1"},
    {"64:ff9b:1:a:0:1::", " 64:ff9b:1:a:0:1:: 10.0.0.1"},
    {"64:ff9b:1:0:a:0:100::", " 64:ff9b:1:0:a:0:100:0 10.0.0.1 1.0.0.0"},
    {"64:ff9b:1::", " 64:ff9b:1:: 0.0.0.0"},
    {"2002:a00:1::1", " 2002:a00:1::1 10.0.0.1"},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2",
     " 2001:0:4136:e378:8000:63bf:3fff:fdd2 65.54.227.120 192.0.2.45"},
    {"2001:db8::5efe:10.0.0.1", " 2001:db8::5efe:a00:1 10.0.0.1"},
    {"2001:db8::200:5efe:10.0.0.1", " 2001:db8::200:5efe:a00:1 10.0.0.1"},
    {"2001:db8::400:5efe:10.0.0.1", " 2001:db8::400:5efe:a00:1"},
    {"fe80::5efe:10.0.0.1%1", " fe80::5efe:a00:1 10.0.0.1"},
    {"2002:808:808::5efe:a00:1", " 2002:808:808::5efe:a00:1 8.8.8.8 10.0.0.1"},
};

BOOST_AUTO_TEST_SUITE(address_class_test)

BOOST_DATA_TEST_CASE(classifies, classes, row) {
  const auto address = make_address(row.address);
  BOOST_TEST(static_cast<int>(classify(address)) == static_cast<int>(row.peer));
  BOOST_TEST(static_cast<int>(classify_destination(address)) == static_cast<int>(row.destination));
}

BOOST_DATA_TEST_CASE(finds_what_is_embedded, embeddings, row) {
  std::string found;
  for (const auto& each : destinations(make_address(row.address)))
    found += " " + each.to_string();
  BOOST_TEST(found == row.destinations);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
