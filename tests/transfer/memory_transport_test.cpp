#include "transfer/memory_transport.hpp"

#include "transfer/shared_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::transfer;

struct fixture {
  async::memory_budget budget{1024};
  boost::asio::io_context loop{1};
  shared_body body{budget.try_reserve(100)};
  memory_transport memory{loop.get_executor(), body};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_transport_test, fixture)

BOOST_AUTO_TEST_CASE(what_is_written_is_in_the_body) {
  const std::string head = "abc", rest(200, 'x');
  const std::array<boost::asio::const_buffer, 3> buffers{
      boost::asio::buffer(head), boost::asio::const_buffer(), boost::asio::buffer(rest)};
  error_code ec = errc::connection_lost;
  BOOST_TEST(memory.write_now(buffers, ec) == 203u);
  BOOST_TEST(!ec);
  BOOST_TEST(body.size() == 203u);
  BOOST_TEST(!test::run_sync(loop, memory.wait_writable()));
  body.end();
  BOOST_TEST(memory.write_now(buffers, ec) == 0u);
  BOOST_TEST(ec == boost::asio::error::connection_reset);
}

BOOST_AUTO_TEST_CASE(nothing_can_be_read) {
  std::array<std::byte, 10> scratch;
  error_code ec;
  BOOST_TEST(memory.read_now(scratch, ec) == 0u);
  BOOST_TEST(ec == boost::asio::error::would_block);
  BOOST_TEST(memory.idle_and_open());
  BOOST_CHECK_THROW(memory.move_to(loop.get_executor()), boost::system::system_error);
  std::optional<error_code> ended;
  boost::asio::co_spawn(loop, memory.wait_readable(),
                        [&](std::exception_ptr, error_code why) { ended = why; });
  loop.poll();
  BOOST_TEST(!ended.has_value());
  memory.cancel();
  loop.restart();
  loop.poll();
  BOOST_REQUIRE(ended.has_value());
  BOOST_TEST(*ended == boost::asio::error::operation_aborted);
}

BOOST_AUTO_TEST_SUITE_END()
