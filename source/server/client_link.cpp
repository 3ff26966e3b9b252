#include "server/client_link.hpp"

#include <algorithm>
#include <array>

namespace millrace::server {

std::size_t read_arrived(client_link& link, std::size_t most, error_code& ec) {
  // Not kept between reads: an idle connection needs no buffer.
  std::array<std::byte, 16 * 1024> buffer;
  const auto got = link.socket.read_now(std::span(buffer).first(std::min(most, buffer.size())), ec);
  link.input.append(reinterpret_cast<const char*>(buffer.data()), got);
  return got;
}

async::awaitable<bool> wait_for_input(client_link& link) {
  if (link.deadline.expired()) co_return false;
  const auto ec = co_await link.socket.wait_readable();
  co_return !ec && !link.deadline.expired();
}

}  // namespace millrace::server
