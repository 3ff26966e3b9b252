#pragma once
// Two ends of a loopback TCP connection.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <utility>

namespace millrace::test {

inline std::pair<boost::asio::ip::tcp::socket, boost::asio::ip::tcp::socket> make_socket_pair(
    boost::asio::io_context& near_loop, boost::asio::io_context& far_loop) {
  using boost::asio::ip::tcp;
  tcp::acceptor acceptor(far_loop, {boost::asio::ip::address_v4::loopback(), 0});
  tcp::socket near(near_loop);
  near.connect(acceptor.local_endpoint());
  auto far = acceptor.accept();
  return {std::move(near), std::move(far)};
}

}  // namespace millrace::test
