#include "upstream/address_class.hpp"

#include "upstream/ip_prefix.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace millrace::upstream {

namespace ip = boost::asio::ip;

namespace {

using v6_bytes = ip::address_v6::bytes_type;

/// The leading bits of an address and their meaning; the first row that fits decides.
struct v4_row {
  std::uint32_t network;
  unsigned bits;
  address_class its_class;
};
struct v6_row {
  std::uint64_t network;  ///< the upper half of the address
  unsigned bits;          ///< at most 64
  address_class its_class;
};

constexpr v4_row v4_peers[] = {
    {0x7f00'0000, 8, address_class::loopback},
    {0x0000'0000, 8, address_class::unspecified},  // Linux takes 0.0.0.0 for itself
    {0xa9fe'0000, 16, address_class::link_local},
    {0xe000'0000, 4, address_class::multicast},
    {0xffff'ffff, 32, address_class::multicast},
    {0x0a00'0000, 8, address_class::private_network},
    {0xac10'0000, 12, address_class::private_network},
    {0xc0a8'0000, 16, address_class::private_network},
    {0x6440'0000, 10, address_class::private_network},
};

constexpr v4_row v4_special[] = {
    {0xc000'0009, 32, address_class::public_network},   // 192.0.0.9: port control anycast
    {0xc000'000a, 32, address_class::public_network},   // 192.0.0.10: TURN anycast
    {0xc000'0000, 24, address_class::private_network},  // 192.0.0.0/24: protocol assignments
    {0xc000'0200, 24, address_class::private_network},  // 192.0.2.0/24: documentation
    {0xc058'6300, 24, address_class::private_network},  // 192.88.99.0/24: 6to4 relays, deprecated
    {0xc612'0000, 15, address_class::private_network},  // 198.18.0.0/15: benchmarks
    {0xc633'6400, 24, address_class::private_network},  // 198.51.100.0/24: documentation
    {0xcb00'7100, 24, address_class::private_network},  // 203.0.113.0/24: documentation
    {0xf000'0000, 4, address_class::private_network},   // 240.0.0.0/4: reserved
};

constexpr v6_row v6_special[] = {
    {0x0000'0000'0000'0000, 64, address_class::private_network},  // IPv4 inside, deprecated
    {0x0064'ff9b'0001'0000, 48, address_class::private_network},  // NAT64 for local use
    {0x0100'0000'0000'0000, 63, address_class::private_network},  // discard-only, dummy
    {0x2001'0000'0000'0000, 32, address_class::public_network},   // Teredo
    {0x2001'0003'0000'0000, 32, address_class::public_network},   // multicast relays (AMT)
    {0x2001'0004'0112'0000, 48, address_class::public_network},   // AS112
    {0x2001'0020'0000'0000, 28, address_class::public_network},   // ORCHIDv2
    {0x2001'0030'0000'0000, 28, address_class::public_network},   // drone remote ids
    {0x2001'0000'0000'0000, 23, address_class::private_network},  // protocol assignments, benchmarks
    {0x2001'0db8'0000'0000, 32, address_class::private_network},  // documentation
    {0x3fff'0000'0000'0000, 20, address_class::private_network},  // documentation
    {0x5f00'0000'0000'0000, 16, address_class::private_network},  // segment routing
    {0xfec0'0000'0000'0000, 10, address_class::private_network},  // site-local, deprecated
};

std::uint64_t upper_half(const v6_bytes& bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i)
    value = value << 8 | bytes[i];
  return value;
}

template <class Row, std::size_t count, class Value>
address_class first_match(const Row (&rows)[count], Value value, address_class otherwise) noexcept {
  constexpr unsigned width = sizeof(Value) * 8;
  const auto found = std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) {
    return ((value ^ row.network) >> (width - row.bits)) == 0;
  });
  return found == std::end(rows) ? otherwise : found->its_class;
}

address_class classify_peer(const ip::address_v6& address) noexcept {
  if (address.is_loopback()) return address_class::loopback;
  if (address.is_unspecified()) return address_class::unspecified;
  if (address.is_multicast()) return address_class::multicast;
  if (address.is_link_local()) return address_class::link_local;
  return (address.to_bytes()[0] & 0xfe) == 0xfc ? address_class::private_network
                                                : address_class::public_network;
}

ip::address_v4 v4_at(const v6_bytes& bytes, std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
  return ip::address_v4({bytes[a], bytes[b], bytes[c], bytes[d]});
}

/// The address in NAT64's local-use prefix, for the lengths of RFC 6052 §2.2 that fit into it: nobody but the
/// network's operator knows which one holds. 0.0.0.0/8 is only what one length makes of another.
void append_local_nat64(std::vector<ip::address>& to, const v6_bytes& bytes) {
  const auto last = v4_at(bytes, 12, 13, 14, 15);
  const auto before = to.size();
  for (const auto& inner :
       {v4_at(bytes, 6, 7, 9, 10), v4_at(bytes, 7, 9, 10, 11), v4_at(bytes, 9, 10, 11, 12), last}) {
    if (inner.to_bytes()[0] != 0) to.emplace_back(inner);
  }
  if (to.size() == before) to.emplace_back(last);
}

}  // namespace

address_class classify(const ip::address& address) noexcept {
  const auto plain = plain_address(address);
  if (plain.is_v6()) return classify_peer(plain.to_v6());
  return first_match(v4_peers, std::uint32_t{plain.to_v4().to_uint()}, address_class::public_network);
}

address_class classify_destination(const ip::address& address) noexcept {
  const auto its_class = classify(address);
  if (its_class != address_class::public_network) return its_class;
  const auto plain = plain_address(address);
  if (plain.is_v6()) return first_match(v6_special, upper_half(plain.to_v6().to_bytes()), its_class);
  return first_match(v4_special, std::uint32_t{plain.to_v4().to_uint()}, its_class);
}

std::vector<ip::address> destinations(const ip::address& address) {
  std::vector<ip::address> found{plain_address(address)};
  if (found.front().is_v4()) return found;
  const auto six = found.front().to_v6();
  if (six.is_loopback() || six.is_unspecified()) return found;
  const auto bytes = six.to_bytes();
  const auto upper = upper_half(bytes);
  const auto has_middle = [&](std::uint32_t wanted) {
    return bytes[8] == wanted >> 24 && bytes[9] == (wanted >> 16 & 0xff) &&
           bytes[10] == (wanted >> 8 & 0xff) && bytes[11] == (wanted & 0xff);
  };
  const auto last = v4_at(bytes, 12, 13, 14, 15);

  if (upper == 0 && (has_middle(0) || has_middle(0xffff'0000))) found.emplace_back(last);
  if (upper == 0x0064'ff9b'0000'0000 && has_middle(0)) found.emplace_back(last);
  if (upper >> 16 == 0x0064'ff9b'0001) append_local_nat64(found, bytes);
  if (upper >> 48 == 0x2002) found.emplace_back(v4_at(bytes, 2, 3, 4, 5));
  if (upper >> 32 == 0x2001'0000) {
    found.emplace_back(v4_at(bytes, 4, 5, 6, 7));
    found.emplace_back(ip::address_v4(~last.to_uint()));
  }
  // The bits for "universal" and "group" may be set or not.
  const bool is_isatap = (bytes[8] & 0xfc) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
  if (is_isatap) found.emplace_back(last);
  return found;
}

}  // namespace millrace::upstream
