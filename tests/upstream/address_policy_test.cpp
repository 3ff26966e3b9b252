#include "upstream/address_policy.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace millrace::upstream;
using boost::asio::ip::make_address;
using strings = std::vector<std::string>;

struct class_row {
  const char* address;
  address_class its_class;
};
std::ostream& operator<<(std::ostream& out, const class_row& row) {
  return out << row.address;
}

const class_row classes[] = {
    {"127.0.0.1", address_class::loopback},
    {"127.255.255.255", address_class::loopback},
    {"::1", address_class::loopback},
    {"::ffff:127.0.0.1", address_class::loopback},
    {"::127.0.0.1", address_class::loopback},
    {"64:ff9b::7f00:1", address_class::loopback},
    {"169.254.169.254", address_class::link_local},
    {"::ffff:169.254.169.254", address_class::link_local},
    {"64:ff9b::a9fe:a9fe", address_class::link_local},
    {"fe80::1", address_class::link_local},
    {"febf::1", address_class::link_local},
    {"224.0.0.1", address_class::multicast},
    {"239.255.255.255", address_class::multicast},
    {"255.255.255.255", address_class::multicast},
    {"ff02::1", address_class::multicast},
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
    {"fec0::1", address_class::private_network},
    {"172.15.255.255", address_class::public_network},
    {"172.32.0.0", address_class::public_network},
    {"192.169.0.1", address_class::public_network},
    {"100.63.255.255", address_class::public_network},
    {"100.128.0.0", address_class::public_network},
    {"8.8.8.8", address_class::public_network},
    {"2001:4860:4860::8888", address_class::public_network},
    {"fe00::1", address_class::public_network},
};

struct rule_row {
  strings allow, deny;
  const char* host;
  const char* address;
  bool allowed;
};
std::ostream& operator<<(std::ostream& out, const rule_row& row) {
  return out << row.host << " at " << row.address;
}

const rule_row decisions[] = {
    // Without a rule.
    {{}, {}, "host.test", "8.8.8.8", true},
    {{}, {}, "host.test", "10.0.0.1", true},
    {{}, {}, "host.test", "fd00::1", true},
    {{}, {}, "host.test", "127.0.0.1", false},
    {{}, {}, "host.test", "::1", false},
    {{}, {}, "host.test", "::ffff:127.0.0.1", false},
    // Classes.
    {{"loopback"}, {}, "host.test", "127.0.0.1", true},
    {{"Loopback"}, {}, "host.test", "::1", true},
    {{}, {"private"}, "host.test", "192.168.0.1", false},
    {{}, {"private"}, "host.test", "8.8.8.8", true},
    {{}, {"public"}, "host.test", "8.8.8.8", false},
    {{"public"}, {"public"}, "host.test", "8.8.8.8", false},
    // Never, whatever the rules say.
    {{"169.254.169.254", "169.254.0.0/16", "host.test"}, {}, "host.test", "169.254.169.254", false},
    {{"fe80::/10"}, {}, "host.test", "fe80::1", false},
    {{"224.0.0.0/4"}, {}, "host.test", "224.0.0.1", false},
    {{"0.0.0.0/0", "::/0"}, {}, "host.test", "0.0.0.0", false},
    {{"::/0"}, {}, "host.test", "::", false},
    // A CIDR beats a class, the longer one beats the shorter.
    {{"10.1.0.0/16"}, {"private"}, "host.test", "10.1.2.3", true},
    {{"10.1.0.0/16"}, {"private"}, "host.test", "10.2.2.3", false},
    {{"10.0.0.0/8"}, {"10.1.0.0/16"}, "host.test", "10.1.2.3", false},
    {{"10.1.2.0/24"}, {"10.1.0.0/16"}, "host.test", "10.1.2.3", true},
    {{"10.1.2.3"}, {"10.1.2.0/24"}, "host.test", "10.1.2.3", true},
    {{"10.1.0.0/16"}, {"10.1.0.0/16"}, "host.test", "10.1.2.3", false},
    {{"10.1.2.3/16"}, {"private"}, "host.test", "10.1.9.9", true},
    {{"10.128.0.0/9"}, {"private"}, "host.test", "10.127.0.1", false},
    {{"0.0.0.0/0"}, {"private"}, "host.test", "10.0.0.1", true},
    {{"127.0.0.5"}, {}, "host.test", "127.0.0.5", true},
    {{"127.0.0.5"}, {}, "host.test", "127.0.0.6", false},
    {{"127.0.0.5"}, {}, "host.test", "::ffff:127.0.0.5", true},
    {{"::ffff:127.0.0.5"}, {}, "host.test", "127.0.0.5", true},
    {{"[::1]"}, {}, "host.test", "::1", true},
    {{"2001:db8::/32"}, {"public"}, "host.test", "2001:db8:1::1", true},
    {{"2001:db8::/32"}, {"public"}, "host.test", "2001:db9::1", false},
    {{}, {"::/0"}, "host.test", "8.8.8.8", true},
    {{}, {"0.0.0.0/0"}, "host.test", "2001:db8::1", true},
    // A host pattern beats both, but never opens loopback.
    {{"host.test"}, {"10.0.0.1", "private"}, "host.test", "10.0.0.1", true},
    {{"HOST.test"}, {"private"}, "host.TEST.", "10.0.0.1", true},
    {{"*.test"}, {"private"}, "host.test", "10.0.0.1", true},
    {{"*.test"}, {"private"}, "test", "10.0.0.1", false},
    {{"*.test"}, {"private"}, "hosttest", "10.0.0.1", false},
    {{"*.test"}, {"host.test"}, "host.test", "8.8.8.8", false},
    {{"host.test"}, {"*.test"}, "host.test", "8.8.8.8", true},
    {{"*.b.test"}, {"*.test"}, "a.b.test", "8.8.8.8", true},
    {{"*.test"}, {"*.b.test"}, "a.b.test", "8.8.8.8", false},
    {{"host.test"}, {"host.test"}, "host.test", "8.8.8.8", false},
    {{"10.0.0.1"}, {"host.test"}, "host.test", "10.0.0.1", false},
    {{"host.test"}, {}, "host.test", "127.0.0.1", false},
    {{"*.test"}, {}, "host.test", "::1", false},
    {{"loopback"}, {"host.test"}, "host.test", "127.0.0.1", false},
    {{"host.test", "loopback"}, {}, "host.test", "127.0.0.1", true},
};

/// Refused by its name alone, whatever its addresses are.
struct name_row {
  strings allow, deny;
  const char* host;
  bool refused;
};
std::ostream& operator<<(std::ostream& out, const name_row& row) {
  return out << row.host;
}

const name_row names[] = {
    {{}, {}, "host.test", false},
    {{}, {"host.test"}, "host.test", true},
    {{}, {"host.test"}, "HOST.test.", true},
    {{}, {"host.test"}, "a.host.test", false},
    {{}, {"*.test"}, "host.test", true},
    {{}, {"*.test"}, "test", false},
    {{"host.test"}, {"*.test"}, "host.test", false},
    {{"*.test"}, {"host.test"}, "host.test", true},
    {{"*.b.test"}, {"*.test"}, "a.b.test", false},
    {{"*.test"}, {"*.b.test"}, "a.b.test", true},
    {{"host.test"}, {"host.test"}, "host.test", true},
    // Classes and networks say nothing of names.
    {{}, {"public", "private", "0.0.0.0/0", "10.0.0.1"}, "host.test", false},
    {{}, {"10.0.0.1"}, "10.0.0.1", false},
    {{"loopback"}, {"host.test"}, "host.test", true},
};

struct web_row {
  strings allow, deny;
  const char* host;
  const char* address;
  bool readable;
};
std::ostream& operator<<(std::ostream& out, const web_row& row) {
  return out << row.host << " at " << row.address;
}

const web_row readable[] = {
    {{}, {}, "host.test", "8.8.8.8", true},
    {{}, {}, "host.test", "192.168.0.1", false},
    {{}, {}, "host.test", "127.0.0.1", false},
    {{}, {"public"}, "host.test", "8.8.8.8", false},
    {{"private"}, {}, "host.test", "192.168.0.1", true},
    {{"192.168.0.0/24"}, {}, "host.test", "192.168.0.1", true},
    {{"192.168.0.0/24"}, {}, "host.test", "192.168.1.1", false},
    {{"host.test"}, {}, "host.test", "192.168.0.1", true},
    {{"host.test"}, {}, "other.test", "192.168.0.1", false},
    {{"loopback"}, {}, "host.test", "127.0.0.1", true},
    {{"private"}, {"192.168.0.1"}, "host.test", "192.168.0.1", false},
};

const char* const bad_rules[] = {"",          "10.0.0.0/33", "10.0.0.0/",   "10.0.0.0/x", "10.0.0.0/-1",
                                 "300.1.1.1", "1.2.3",       "::1/129",     "*",          "*.",
                                 "a b",       "host..test",  ".test",       "a*.test",    "host:80",
                                 "http://x",  "::g",         "10.0.0.0/8/8"};

BOOST_AUTO_TEST_SUITE(address_policy_test)

BOOST_DATA_TEST_CASE(classifies, classes, row) {
  BOOST_TEST(static_cast<int>(classify(make_address(row.address))) == static_cast<int>(row.its_class));
}

BOOST_DATA_TEST_CASE(decides, decisions, row) {
  const address_policy policy(row.allow, row.deny);
  BOOST_TEST(policy.allows(row.host, make_address(row.address), 80) == row.allowed);
}

BOOST_DATA_TEST_CASE(refuses_names, names, row) {
  const address_policy policy(row.allow, row.deny);
  BOOST_TEST(policy.refuses_host(row.host) == row.refused);
}

BOOST_DATA_TEST_CASE(tells_what_web_pages_may_read, readable, row) {
  const address_policy policy(row.allow, row.deny);
  BOOST_TEST(policy.web_readable(row.host, make_address(row.address)) == row.readable);
}

BOOST_DATA_TEST_CASE(refuses_bad_rules_by_name, bad_rules, text) {
  const auto names_it = [&](const std::invalid_argument& error) {
    return std::string(error.what()).find(text) != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(address_policy({text}, {}), std::invalid_argument, names_it);
  BOOST_CHECK_EXCEPTION(address_policy({}, {text}), std::invalid_argument, names_it);
}

BOOST_AUTO_TEST_CASE(never_connects_to_itself) {
  address_policy policy({"loopback"}, {});
  policy.add_own_endpoint({make_address("127.0.0.1"), 8001}, {});
  BOOST_TEST(!policy.allows("host.test", make_address("127.0.0.1"), 8001));
  BOOST_TEST(!policy.allows("host.test", make_address("::ffff:127.0.0.1"), 8001));
  BOOST_TEST(policy.allows("host.test", make_address("127.0.0.1"), 8002));
  BOOST_TEST(policy.allows("host.test", make_address("127.0.0.2"), 8001));
}

BOOST_AUTO_TEST_CASE(listening_everywhere_means_every_own_address) {
  address_policy policy({"loopback", "192.168.7.7"}, {});
  policy.add_own_endpoint({make_address("0.0.0.0"), 8001},
                          {make_address("192.168.7.7"), make_address("2001:db8::7")});
  for (const char* own :
       {"192.168.7.7", "::ffff:192.168.7.7", "2001:db8::7", "127.0.0.1", "127.0.0.9", "::1"}) {
    BOOST_TEST_CONTEXT(own) {
      BOOST_TEST(!policy.allows("host.test", make_address(own), 8001));
      BOOST_TEST(policy.allows("host.test", make_address(own), 80));
    }
  }
  BOOST_TEST(policy.allows("host.test", make_address("192.168.7.8"), 8001));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
