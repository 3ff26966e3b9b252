#include "upstream/address_policy.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <ifaddrs.h>
#include <netinet/in.h>

namespace {

using namespace millrace::upstream;
using boost::asio::ip::make_address;
using strings = std::vector<std::string>;

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
    // What is embedded is judged like an address of its own.
    {{}, {}, "host.test", "64:ff9b::808:808", true},
    {{}, {}, "host.test", "64:ff9b::7f00:1", false},
    {{}, {}, "host.test", "64:ff9b::a9fe:a9fe", false},
    {{}, {}, "host.test", "2002:7f00:1::", false},
    {{}, {}, "host.test", "2002:808:808::", true},
    {{}, {}, "host.test", "2001:0:808:808::80ff:fffe", false},  // 127.0.0.1
    {{}, {}, "host.test", "2001:0:808:808::f7f7:f7f7", true},   // 8.8.8.8
    {{}, {}, "host.test", "2001:db8::5efe:a9fe:a9fe", false},
    {{}, {}, "host.test", "fe80::5efe:808:808", false},
    {{}, {}, "host.test", "::ffff:0:127.0.0.1", false},
    {{}, {}, "host.test", "64:ff9b:1:7f00:0:100::", false},
    {{}, {}, "host.test", "64:ff9b:1::7f00:1", false},
    {{}, {}, "host.test", "64:ff9b:1::808:808", true},
    {{}, {"private"}, "host.test", "64:ff9b::a00:1", false},
    {{}, {"10.0.0.0/8"}, "host.test", "64:ff9b::a00:1", false},
    {{}, {"10.0.0.0/8"}, "host.test", "2002:a00:1::1", false},
    {{}, {"10.0.0.0/8"}, "host.test", "2001:0:808:808::f5ff:fffe", false},
    {{}, {"10.0.0.0/8"}, "host.test", "2001:4860::5efe:a00:1", false},
    {{}, {"10.0.0.0/8"}, "host.test", "::10.0.0.1", false},
    {{}, {"10.0.0.0/8"}, "host.test", "::ffff:10.0.0.1", false},
    {{"public"}, {"private"}, "host.test", "64:ff9b::a00:1", false},
    {{"64:ff9b::/96"}, {"private"}, "host.test", "64:ff9b::a00:1", false},
    {{"64:ff9b::/96"}, {}, "host.test", "64:ff9b::7f00:1", false},
    {{"::/0"}, {}, "host.test", "::127.0.0.1", false},
    {{"64:ff9b::/96", "10.0.0.1"}, {"private"}, "host.test", "64:ff9b::a00:1", true},
    {{"loopback"}, {}, "host.test", "64:ff9b::7f00:1", true},
    {{"host.test"}, {}, "host.test", "64:ff9b::7f00:1", false},
    {{"host.test"}, {"10.0.0.0/8"}, "host.test", "64:ff9b::a00:1", true},
    {{}, {"2002::/16"}, "host.test", "2002:808:808::", false},
    // Reserved for a purpose is private.
    {{}, {"private"}, "host.test", "198.18.0.1", false},
    {{}, {"private"}, "host.test", "192.0.0.8", false},
    {{}, {"private"}, "host.test", "fec0::1", false},
    {{}, {"private"}, "host.test", "2001:db8::1", false},
    // Zones do not count.
    {{}, {}, "host.test", "fe80::1%1", false},
    {{}, {"fd00::/8"}, "host.test", "fd00::1%1", false},
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
    {{}, {}, "host.test", "192.0.2.1", false},
    {{}, {}, "host.test", "64:ff9b::808:808", true},
    {{}, {}, "host.test", "64:ff9b::c0a8:1", false},
    {{}, {}, "host.test", "2002:c0a8:1::", false},
    {{"192.168.0.0/24"}, {}, "host.test", "2002:c0a8:1::", true},
    {{"2002::/16"}, {}, "host.test", "2002:c0a8:1::", false},
};

const char* const bad_rules[] = {"",           "10.0.0.0/33", "10.0.0.0/",    "10.0.0.0/x", "10.0.0.0/-1",
                                 "300.1.1.1",  "1.2.3",       "::1/129",      "*",          "*.",
                                 "a b",        "host..test",  ".test",        "a*.test",    "host:80",
                                 "http://x",   "::g",         "10.0.0.0/8/8", "0x7f.1",     "0x7f000001",
                                 "2130706433", "127.1",       "fe80::1%eth0", "fd00::1%1"};

BOOST_AUTO_TEST_SUITE(address_policy_test)

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
  for (const char* embedded : {"64:ff9b::c0a8:707", "2002:c0a8:707::1", "2001:db8::5efe:c0a8:707"}) {
    BOOST_TEST(!policy.allows("host.test", make_address(embedded), 8001));
    BOOST_TEST(policy.allows("host.test", make_address(embedded), 80));
  }
}

/// Addresses of this machine, but for loopback and link-local.
std::vector<boost::asio::ip::address> machine_addresses() {
  std::vector<boost::asio::ip::address> found;
  ifaddrs* all = nullptr;
  BOOST_REQUIRE(::getifaddrs(&all) == 0);
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, ::freeifaddrs);
  for (const auto* each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in plain;
    std::memcpy(&plain, each->ifa_addr, sizeof plain);
    const boost::asio::ip::address address = boost::asio::ip::address_v4(ntohl(plain.sin_addr.s_addr));
    if (!address.is_loopback()) found.push_back(address);
  }
  return found;
}

// An interface that came up after the start.
BOOST_AUTO_TEST_CASE(listening_everywhere_means_also_addresses_that_came_later) {
  for (const char* everywhere : {"0.0.0.0", "::"}) {
    address_policy policy({"loopback"}, {});
    policy.add_own_endpoint({make_address(everywhere), 8001}, {});
    for (const auto& own : machine_addresses()) {
      BOOST_TEST(!policy.allows("host.test", own, 8001));
      BOOST_TEST(policy.allows("host.test", own, 8002) ==
                 (classify_destination(own) > address_class::unspecified));
    }
    BOOST_TEST(!policy.allows("host.test", make_address("127.0.0.77"), 8001));
    BOOST_TEST(!policy.allows("host.test", make_address("::ffff:127.0.0.1"), 8001));
    BOOST_TEST(!policy.allows("host.test", make_address("::1"), 8001));
    BOOST_TEST(policy.allows("host.test", make_address("8.8.8.8"), 8001));
  }
}

struct reason_row {
  strings allow, deny;
  const char* address;
  std::uint16_t port;
  refusal_reason reason;
};
std::ostream& operator<<(std::ostream& out, const reason_row& row) {
  return out << row.address << " port " << row.port;
}

const reason_row reasons[] = {
    {{}, {}, "8.8.8.8", 80, refusal_reason::none},
    {{}, {}, "169.254.1.1", 80, refusal_reason::never},
    {{}, {}, "127.0.0.1", 80, refusal_reason::loopback},
    {{}, {"loopback"}, "127.0.0.1", 80, refusal_reason::rule},
    {{"loopback"}, {}, "127.0.0.1", 8001, refusal_reason::own},
    {{}, {"private"}, "64:ff9b::a00:1", 80, refusal_reason::rule},
    {{}, {}, "2002:7f00:1::", 80, refusal_reason::loopback},
};

BOOST_DATA_TEST_CASE(says_why_it_refuses, reasons, row) {
  address_policy policy(row.allow, row.deny);
  policy.add_own_endpoint({make_address("127.0.0.1"), 8001}, {});
  const auto reason = policy.why_refused("host.test", make_address(row.address), row.port);
  BOOST_TEST(static_cast<int>(reason) == static_cast<int>(row.reason));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
