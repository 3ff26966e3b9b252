// The first line is a URL's host, the rest a rule. The C library sees no other address in a host than we do,
// whatever a forbidden address is wrapped in stays forbidden, and rules never open what nothing may open.

#include "core/url.hpp"
#include "fuzzing.hpp"
#include "upstream/address_policy.hpp"
#include "upstream/numeric_host.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>

namespace {

using namespace millrace;
using namespace millrace::upstream;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

void check_host(const std::string& host) {
  const auto address = parse_numeric_host(host);
  fuzz::require(!address || is_numeric_host(host));
  in_addr v4;
  in6_addr v6;
  // A dot at the end is no part of it for the C library.
  if (::inet_aton(host.c_str(), &v4) != 0) {
    fuzz::require(address.has_value() && address->is_v4() && address->to_v4().to_uint() == ntohl(v4.s_addr));
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    fuzz::require(address.has_value() && address->is_v6());
    fuzz::require(std::equal(v6.s6_addr, v6.s6_addr + 16, address->to_v6().to_bytes().begin()));
  } else if (!host.ends_with('.')) {
    fuzz::require(!address);
  }
}

void check_address(const address_policy& policy, const std::string& host,
                   const boost::asio::ip::address& address) {
  const bool allowed = policy.allows(host, address, 80);
  fuzz::require(allowed == (policy.why_refused(host, address, 80) == refusal_reason::none));
  fuzz::require(!policy.web_readable(host, address) || allowed);
  for (const auto& each : destinations(address)) {
    const auto its_class = classify_destination(each);
    fuzz::require(!allowed || policy.allows(host, each, 80));
    fuzz::require(!allowed || its_class == address_class::loopback ||
                  its_class == address_class::private_network || its_class == address_class::public_network);
  }
}

/// Whatever carries a forbidden address is forbidden.
void check_wrapped(const address_policy& policy, const std::string& host, const address_v4& inner) {
  if (policy.allows(host, inner, 80)) return;
  const auto b = inner.to_bytes();
  const auto n = address_v4(~inner.to_uint()).to_bytes();
  const address_v6::bytes_type wrapped[] = {
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, b[0], b[1], b[2], b[3]},
      {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, b[0], b[1], b[2], b[3]},
      {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, b[0], b[1], b[2], b[3]},
      {0x20, 2, b[0], b[1], b[2], b[3], 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
      {0x20, 1, 0, 0, 8, 8, 8, 8, 0, 0, 0, 0, n[0], n[1], n[2], n[3]},
      {0x2a, 0, 0, 0, 8, 8, 8, 8, 0, 0, 0x5e, 0xfe, b[0], b[1], b[2], b[3]},
  };
  for (const auto& bytes : wrapped)
    fuzz::require(!policy.allows(host, address_v6(bytes), 80));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::to_text(data, size);
  const auto line_end = std::min(text.find('\n'), text.size());
  const std::string line(text.substr(0, line_end));
  const std::string rule(text.substr(std::min(line_end + 1, text.size())));
  const auto target = url::parse("http://" + line + "/");
  const auto bracketed = url::parse("http://[" + line + "]/");
  for (const auto& each : {target, bracketed}) {
    if (each) check_host(each->host());
  }
  if (size < 16) return 0;
  address_v6::bytes_type bytes;
  std::copy_n(data + size - 16, 16, bytes.begin());
  const address_v4 inner({bytes[0], bytes[1], bytes[2], bytes[3]});
  for (const bool allow : {true, false}) {
    try {
      using rules = std::vector<std::string>;
      const address_policy policy(allow ? rules{rule} : rules{}, allow ? rules{"10.0.0.0/8"} : rules{rule});
      const auto host = target ? target->host() : std::string("host.test");
      check_address(policy, host, address_v6(bytes));
      check_address(policy, host, inner);
      check_wrapped(policy, host, inner);
      policy.refuses_host(host);
    } catch (const std::invalid_argument&) {
    }
  }
  return 0;
}
