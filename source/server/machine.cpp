#include "server/machine.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

namespace millrace::server {

namespace ip = boost::asio::ip;

namespace {

/// Epoll, timers, signals, the log, DNS sockets.
constexpr std::size_t own_descriptors = 64;

template <class Bytes>
unsigned count_bits(const Bytes& mask) {
  unsigned bits = 0;
  for (const unsigned char byte : mask)
    bits += static_cast<unsigned>(std::popcount(byte));
  return bits;
}

template <class Bytes>
Bytes bytes_of(const void* raw) {
  Bytes bytes;
  std::memcpy(bytes.data(), raw, bytes.size());
  return bytes;
}

void append(std::vector<interface_address>& to, const ifaddrs& entry) {
  if (!entry.ifa_addr || !entry.ifa_netmask || (entry.ifa_flags & IFF_UP) == 0) return;
  if (entry.ifa_addr->sa_family == AF_INET) {
    using bytes = ip::address_v4::bytes_type;
    const auto address = bytes_of<bytes>(&reinterpret_cast<const sockaddr_in*>(entry.ifa_addr)->sin_addr);
    const auto mask = bytes_of<bytes>(&reinterpret_cast<const sockaddr_in*>(entry.ifa_netmask)->sin_addr);
    to.push_back({ip::address_v4(address), count_bits(mask)});
  } else if (entry.ifa_addr->sa_family == AF_INET6) {
    using bytes = ip::address_v6::bytes_type;
    const auto address = bytes_of<bytes>(&reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr)->sin6_addr);
    const auto mask = bytes_of<bytes>(&reinterpret_cast<const sockaddr_in6*>(entry.ifa_netmask)->sin6_addr);
    to.push_back({ip::address_v6(address), count_bits(mask)});
  }
}

}  // namespace

std::vector<interface_address> interface_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
  std::vector<interface_address> found;
  for (const auto* entry = first; entry; entry = entry->ifa_next)
    append(found, *entry);
  return found;
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  std::string lower(name.data());
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  rlimit raised = limit;
  raised.rlim_cur = raised.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t clients_that_fit(std::size_t descriptors, std::size_t idle_upstreams) noexcept {
  const auto taken = own_descriptors + idle_upstreams;
  return descriptors > taken + 2 ? (descriptors - taken) / 2 : 1;
}

}  // namespace millrace::server
