#include "transfer/client_watch.hpp"

#include "async/combinators.hpp"
#include "transfer/transfer_fixture.hpp"

#include <boost/asio/write.hpp>

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

async::awaitable<void> respond_after(std::chrono::milliseconds time, bool& ended) {
  co_await async::sleep_for(time);
  ended = true;
}

async::awaitable<void> respond_badly() {
  co_await async::sleep_for(5ms);
  throw std::runtime_error("a bug");
}

struct fixture : transfer_fixture {
  void client_sends(std::string_view text) { boost::asio::write(*far, boost::asio::buffer(text)); }
  bool stays(async::awaitable<void> response) {
    noticed.emplace(here);
    return run(while_client_stays(*client, input, limit, *noticed, std::move(response)));
  }

  std::optional<async::event> noticed{here};
  std::string input;
  std::size_t limit = 100;
  bool ended = false;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_watch_test, fixture)

BOOST_AUTO_TEST_CASE(a_response_that_ends) {
  BOOST_TEST(stays(respond_after(10ms, ended)));
  BOOST_TEST(ended);
  settle();
  BOOST_TEST(loop.stopped());
}

BOOST_AUTO_TEST_CASE(a_response_that_ends_at_once) {
  BOOST_TEST(stays(respond_after(0ms, ended)));
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves) {
  for (const bool reset : {false, true}) {
    transfer_fixture each;
    std::string unused;
    bool finished = false;
    if (reset) each.far->set_option(boost::asio::socket_base::linger(true, 0));
    boost::asio::steady_timer timer(each.loop, 20ms);
    timer.async_wait([&](error_code) { each.far.reset(); });
    const auto began = std::chrono::steady_clock::now();
    async::event noticed(each.here);
    const bool stayed =
        each.run(while_client_stays(*each.client, unused, 100, noticed, respond_after(20'000ms, finished)));
    BOOST_TEST(!stayed);
    BOOST_TEST(!finished);
    BOOST_TEST((std::chrono::steady_clock::now() - began < 1s));
  }
}

BOOST_AUTO_TEST_CASE(what_the_client_sends_meanwhile_is_kept) {
  client_sends("GET /next");
  BOOST_TEST(stays(respond_after(20ms, ended)));
  BOOST_TEST(input == "GET /next");
  client_sends(" HTTP/1.1");
  BOOST_TEST(stays(respond_after(20ms, ended)));
  BOOST_TEST(input == "GET /next HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_without_end_is_not_listened_to) {
  client_sends(std::string(50'000, 'x'));
  BOOST_TEST(!stays(respond_after(20'000ms, ended)));
  BOOST_TEST(input.size() >= limit);
  BOOST_TEST(input.size() <= limit + 2048);
}

BOOST_AUTO_TEST_CASE(a_response_that_throws) {
  const auto began = std::chrono::steady_clock::now();
  BOOST_CHECK_THROW(stays(respond_badly()), std::runtime_error);
  BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
}

BOOST_AUTO_TEST_CASE(a_wait_of_somebody_else_that_is_cut_short) {
  boost::asio::steady_timer timer(loop, 5ms);
  timer.async_wait([&](error_code) { client->cancel(); });
  BOOST_TEST(stays(respond_after(30ms, ended)));
}

BOOST_AUTO_TEST_CASE(cancelled_in_the_middle_nothing_is_left) {
  std::optional<bool> stayed;
  const auto soon = std::chrono::steady_clock::now() + 20ms;
  const bool cancelled = run_and_cancel(
      upstream::store(while_client_stays(*client, input, limit, *noticed, respond_after(20'000ms, ended)),
                      stayed),
      [&] { return std::chrono::steady_clock::now() > soon; });
  BOOST_TEST(cancelled);
  BOOST_TEST(!stayed.has_value());
  settle();
  BOOST_TEST(loop.stopped());
}

BOOST_AUTO_TEST_SUITE_END()
