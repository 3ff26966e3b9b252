#include "async/transport.hpp"

#include "async/combinators.hpp"
#include "async/task_group.hpp"
#include "support/run_sync.hpp"
#include "support/socket_pair.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using async::awaitable;
using boost::asio::io_context;
using link_ptr = std::unique_ptr<async::transport>;

struct linked {
  explicit linked(io_context& loop) : linked(test::make_socket_pair(loop, loop)) {}
  link_ptr near, far;

 private:
  using sockets = std::pair<boost::asio::ip::tcp::socket, boost::asio::ip::tcp::socket>;
  explicit linked(sockets ends)
      : near(async::make_tcp_transport(std::move(ends.first))),
        far(async::make_tcp_transport(std::move(ends.second))) {}
};

boost::asio::const_buffer bytes_of(std::string_view text) {
  return {text.data(), text.size()};
}

std::size_t write_text(async::transport& to, std::string_view text) {
  const std::array buffers{bytes_of(text)};
  error_code ec;
  const auto sent = to.write_now(buffers, ec);
  BOOST_TEST(!ec);
  return sent;
}

/// On loopback bytes are there as soon as they are sent, the end of a connection nearly so.
void until_readable(async::transport& link) {
  pollfd waiting{link.native_handle(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&waiting, 1, 30'000) == 1);
}

std::string read_text(async::transport& from, error_code& ec) {
  std::array<std::byte, 1000> buffer;
  const auto got = from.read_now(buffer, ec);
  return {reinterpret_cast<const char*>(buffer.data()), got};
}

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> made(size);
  std::uint32_t state = 1;
  for (auto& byte : made) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24);
  }
  return made;
}

BOOST_AUTO_TEST_SUITE(tcp_transport_test)

BOOST_AUTO_TEST_CASE(reads_what_is_there_and_never_blocks) {
  io_context loop(1);
  linked pair(loop);
  error_code ec;
  BOOST_TEST(read_text(*pair.near, ec) == "");
  BOOST_TEST(ec == boost::asio::error::would_block);
  write_text(*pair.far, "hello");
  until_readable(*pair.near);
  BOOST_TEST(read_text(*pair.near, ec) == "hello");
  BOOST_TEST(!ec);
}

BOOST_AUTO_TEST_CASE(tells_the_end) {
  io_context loop(1);
  linked pair(loop);
  error_code ec;
  write_text(*pair.far, "last");
  pair.far->shutdown_send();
  until_readable(*pair.near);
  BOOST_TEST(read_text(*pair.near, ec) == "last");
  until_readable(*pair.near);
  BOOST_TEST(read_text(*pair.near, ec) == "");
  BOOST_TEST(ec == boost::asio::error::eof);
  write_text(*pair.near, "the other direction is open");
}

BOOST_AUTO_TEST_CASE(gathers_buffers) {
  io_context loop(1);
  linked pair(loop);
  const std::array buffers{bytes_of("one "), bytes_of(""), bytes_of("two "), bytes_of("three")};
  error_code ec;
  BOOST_TEST(pair.near->write_now(buffers, ec) == 13u);
  until_readable(*pair.far);
  BOOST_TEST(read_text(*pair.far, ec) == "one two three");
}

BOOST_AUTO_TEST_CASE(writing_to_a_gone_peer_is_an_error) {
  io_context loop(1);
  linked pair(loop);
  pair.far.reset();
  error_code ec;
  const std::array buffers{bytes_of("x")};
  for (int i = 0; i < 1000 && !ec; ++i) {
    pair.near->write_now(buffers, ec);
    pollfd waiting{pair.near->native_handle(), POLLIN, 0};
    ::poll(&waiting, 1, 10);
  }
  BOOST_TEST((ec == boost::asio::error::broken_pipe || ec == boost::asio::error::connection_reset));
}

awaitable<void> send_all(async::transport& to, const std::vector<std::byte>& content) {
  const auto half = content.size() / 2;
  std::vector<boost::asio::const_buffer> buffers;
  buffers.emplace_back(content.data(), half);
  for (std::size_t at = half; at < content.size(); at += 5000) {
    buffers.emplace_back(content.data() + at, std::min<std::size_t>(5000, content.size() - at));
  }
  const auto ec = co_await async::write_all(to, buffers);
  BOOST_TEST(!ec);
  to.shutdown_send();
}

awaitable<void> receive_all(async::transport& from, std::vector<std::byte>& content) {
  std::vector<std::byte> buffer(64 * 1024);
  error_code ec;
  while (!ec) {
    const auto got = co_await async::read_some(from, buffer, ec);
    content.insert(content.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
  }
  BOOST_TEST(ec == boost::asio::error::eof);
}

awaitable<void> exchange(async::transport& to, async::transport& from, const std::vector<std::byte>& content,
                         std::vector<std::byte>& received) {
  async::task_group group(co_await boost::asio::this_coro::executor);
  group.spawn(send_all(to, content));
  group.spawn(receive_all(from, received));
  co_await group.join();
}

BOOST_AUTO_TEST_CASE(carries_every_byte_through_full_buffers) {
  io_context loop(1);
  linked pair(loop);
  const auto content = pattern(20 * 1024 * 1024 + 17);
  std::vector<std::byte> received;
  test::run_sync(loop, exchange(*pair.near, *pair.far, content, received));
  BOOST_TEST((received == content));
}

awaitable<void> keep_outcome(awaitable<error_code> wait, std::optional<error_code>& outcome) {
  outcome = co_await std::move(wait);
}

/// Both waits of a connection that is neither readable nor writable.
awaitable<void> wait_both_ways(async::transport& link, std::optional<error_code>& read,
                               std::optional<error_code>& write, bool by_owner) {
  error_code full;
  const std::vector<std::byte> filling(1024 * 1024);
  const std::array buffers{boost::asio::const_buffer(filling.data(), filling.size())};
  while (!full)
    link.write_now(buffers, full);

  const auto on = co_await boost::asio::this_coro::executor;
  async::task_group group(on);
  group.spawn(keep_outcome(link.wait_readable(), read));
  group.spawn(keep_outcome(link.wait_writable(), write));
  for (int i = 0; i < 5; ++i)
    co_await boost::asio::post(on, boost::asio::use_awaitable);
  BOOST_TEST(!read.has_value());
  BOOST_TEST(!write.has_value());
  if (by_owner) {
    group.cancel();
  } else {
    link.cancel();
  }
  co_await group.join();
}

BOOST_AUTO_TEST_CASE(cancel_wakes_both_waits) {
  io_context loop(1);
  linked pair(loop);
  std::optional<error_code> read, write;
  test::run_sync(loop, wait_both_ways(*pair.near, read, write, false));
  BOOST_REQUIRE(read.has_value());
  BOOST_REQUIRE(write.has_value());
  BOOST_TEST(*read == boost::asio::error::operation_aborted);
  BOOST_TEST(*write == boost::asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(a_cancelled_owner_ends_the_waits) {
  io_context loop(1);
  linked pair(loop);
  std::optional<error_code> read, write;
  test::run_sync(loop, wait_both_ways(*pair.near, read, write, true));
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_open_until_the_peer_speaks_or_closes) {
  io_context loop(1);
  linked speaking(loop), closing(loop);
  BOOST_TEST(speaking.near->idle_and_open());
  write_text(*speaking.far, "?");
  until_readable(*speaking.near);
  BOOST_TEST(!speaking.near->idle_and_open());
  closing.far.reset();
  until_readable(*closing.near);
  BOOST_TEST(!closing.near->idle_and_open());
}

BOOST_AUTO_TEST_CASE(moves_to_another_event_loop) {
  io_context first(1), second(1);
  linked pair(first);
  const int descriptor = pair.near->native_handle();
  pair.near->move_to(second.get_executor());
  BOOST_TEST(pair.near->native_handle() == descriptor);
  BOOST_TEST(pair.near->idle_and_open());
  write_text(*pair.far, "moved");
  error_code ec;
  std::array<std::byte, 16> buffer;
  const auto got = test::run_sync(second, async::read_some(*pair.near, buffer, ec));
  BOOST_TEST(!ec);
  BOOST_TEST(got == 5u);
  write_text(*pair.near, "back");
}

BOOST_AUTO_TEST_CASE(knows_both_addresses) {
  io_context loop(1);
  linked pair(loop);
  BOOST_TEST(pair.near->remote() == pair.far->local());
  BOOST_TEST(pair.near->local() == pair.far->remote());
  BOOST_TEST(!pair.near->is_tls());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
