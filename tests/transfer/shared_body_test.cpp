#include "transfer/shared_body.hpp"

#include "transfer/shared_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace {

using namespace millrace;
using namespace millrace::transfer;

constexpr std::size_t K = 1024, M = 1024 * K;

struct fixture {
  std::shared_ptr<shared_body> make(std::uint64_t reserved) {
    return std::make_shared<shared_body>(budget.try_reserve(reserved));
  }
  std::unique_ptr<reading> open() { return shared_body::open(body, here); }
  void settle() {
    loop.restart();
    loop.poll();
  }

  async::memory_budget budget{256 * M};
  boost::asio::io_context loop{1};
  async::executor here = loop.get_executor();
  std::shared_ptr<shared_body> body = make(0);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shared_body_test, fixture)

BOOST_AUTO_TEST_CASE(bytes_stay_where_they_are) {
  const auto content = origin::content_of(1, 0, 3 * M + 17);
  for (const std::uint64_t reserved : {std::uint64_t(0), std::uint64_t(content.size()), std::uint64_t(5)}) {
    body = make(reserved);
    const auto place = open();
    BOOST_TEST(place->at(0).empty());
    body->append(bytes_of(content).first(1));
    const auto first = place->at(0);
    BOOST_TEST(first.size() == 1u);
    body->append(bytes_of(content).subspan(1));
    BOOST_TEST(place->at(0).data() == first.data());
    BOOST_TEST(place->size() == content.size());
    std::string got;
    for (std::span<const std::byte> piece; !(piece = place->at(got.size())).empty();) {
      BOOST_TEST(piece.size() <= async::large_block);
      got += text_of(piece);
    }
    BOOST_TEST((got == content));
    for (const std::size_t at : {0UL, 4UL, 5UL, 256 * K - 1, 256 * K, 2 * M, content.size() - 1})
      BOOST_TEST((text_of(place->at(at).first(1)) == content.substr(at, 1)));
    BOOST_TEST(place->at(content.size()).empty());
    BOOST_TEST(place->at(content.size() + 1).empty());
    BOOST_TEST(!place->ended());
    body->end();
    BOOST_TEST(place->ended());
    BOOST_TEST(!place->cause().has_value());
  }
}

BOOST_AUTO_TEST_CASE(small_bodies_take_little_and_give_back_what_they_do_not_need) {
  body = make(5000);
  body->append(bytes_of(std::string(5000, 'x')));
  const auto place = open();
  BOOST_TEST(place->at(0).size() == 5000u);
  body->extend(budget.try_reserve(M));
  body->append(bytes_of("y"));
  BOOST_TEST(body->reserved() == 5000 + M);
  body->end();
  BOOST_TEST(body->reserved() == 5000 + 256 * K);
  BOOST_TEST(budget.used() == body->reserved());
  body.reset();
  BOOST_TEST(budget.used() > 0u);
}

BOOST_AUTO_TEST_CASE(a_broken_body_gives_what_it_has_and_its_cause) {
  const auto place = open();
  std::string got;
  bool done = false;
  boost::asio::co_spawn(loop, read_body(*place, 0, got), [&](std::exception_ptr) { done = true; });
  body->append(bytes_of("abc"));
  settle();
  BOOST_TEST(got == "abc");
  BOOST_TEST(!done);
  body->end(failure{.code = errc::connection_lost});
  body->append(bytes_of("too late"));
  body->end();
  settle();
  BOOST_TEST(done);
  BOOST_TEST(got == "abc");
  BOOST_TEST(body->broken());
  BOOST_REQUIRE(place->cause().has_value());
  BOOST_TEST(place->cause()->code == error_code(errc::connection_lost));
}

BOOST_AUTO_TEST_CASE(waits_for_exactly_what_is_asked) {
  const auto place = open();
  int woken = 0;
  const auto wait_for = [&](byte_offset position) {
    boost::asio::co_spawn(loop, place->wait_beyond(position), [&](std::exception_ptr) { ++woken; });
    settle();
  };
  wait_for(10);
  body->append(bytes_of("0123456789"));
  settle();
  BOOST_TEST(woken == 0);
  body->append(bytes_of("0"));
  settle();
  BOOST_TEST(woken == 1);
  wait_for(10);
  BOOST_TEST(woken == 2);
  wait_for(100);
  BOOST_TEST(woken == 2);
  body->end();
  settle();
  BOOST_TEST(woken == 3);
  wait_for(100);
  BOOST_TEST(woken == 4);
}

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled) {
  const auto place = open();
  boost::asio::cancellation_signal signal;
  std::exception_ptr failure;
  boost::asio::co_spawn(
      loop, place->wait_beyond(0),
      boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr why) { failure = why; }));
  settle();
  signal.emit(boost::asio::cancellation_type::terminal);
  settle();
  BOOST_REQUIRE((failure != nullptr));
  BOOST_CHECK_THROW(std::rethrow_exception(failure), boost::system::system_error);
  body->append(bytes_of("a"));
  std::string got;
  boost::asio::co_spawn(loop, read_body(*place, 0, got), [](std::exception_ptr) {});
  settle();
  body->append(bytes_of("b"));
  body->end();
  settle();
  BOOST_TEST(got == "ab");
}

BOOST_AUTO_TEST_CASE(the_filler_learns_when_nobody_reads) {
  int told = 0;
  const auto watch = [&] { body->on_unread(here, [&] { ++told; }); };
  watch();
  settle();
  BOOST_TEST(told == 0);
  auto one = open();
  auto two = open();
  BOOST_TEST(body->readers() == 2u);
  one.reset();
  settle();
  BOOST_TEST(told == 0);
  BOOST_TEST(!body->end_if_unread({.code = errc::body_ended}));
  two.reset();
  settle();
  BOOST_TEST(told == 1);
  // Gone before anybody watched.
  watch();
  settle();
  BOOST_TEST(told == 2);
  // Taken back while the news is on its way.
  watch();
  body->on_unread(here, {});
  settle();
  BOOST_TEST(told == 2);
  // Another one has come meanwhile.
  one = open();
  BOOST_TEST(!body->end_if_unread({.code = errc::body_ended}));
  one.reset();
  BOOST_TEST(body->end_if_unread({.code = errc::body_ended}));
  BOOST_TEST(body->broken());
  one = open();
  BOOST_TEST(one->ended());
  // A finished body may be left.
  watch();
  one.reset();
  settle();
  BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_SUITE_END()
