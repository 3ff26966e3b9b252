#include "upstream/own_address.hpp"

#include <boost/asio/ip/udp.hpp>

#include <sys/socket.h>
#include <unistd.h>

namespace millrace::upstream {

namespace {

using boost::asio::ip::udp;

/// What a datagram to there would be sent from; unspecified when there is no way.
boost::asio::ip::address source_towards(const udp::endpoint& there) noexcept {
  const int socket = ::socket(there.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {};
  udp::endpoint here;
  auto size = static_cast<socklen_t>(here.capacity());
  const bool known = ::connect(socket, there.data(), static_cast<socklen_t>(there.size())) == 0 &&
                     ::getsockname(socket, here.data(), &size) == 0;
  ::close(socket);
  return known ? here.address() : boost::asio::ip::address();
}

}  // namespace

bool is_own_address(const boost::asio::ip::address& address) noexcept {
  if (address.is_unspecified()) return true;
  constexpr unsigned short any_port = 9;  // nothing is sent there
  return source_towards({address, any_port}) == address;
}

}  // namespace millrace::upstream
