// fill_shared() that is stopped: its readers have gone, or it is cancelled.

#include "transfer/fill_fixture.hpp"
#include "transfer/fill_shared.hpp"

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr std::size_t M = 1024 * 1024;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fill_shared_stop_test, fill_fixture)

BOOST_AUTO_TEST_CASE(stops_when_the_last_reader_leaves) {
  for (const bool ranges : {true, false}) {
    for (const bool silent : {true, false}) {
      fill_fixture each;
      origin::behaviour rules{.size = 20 * M, .seed = 3, .rate = 1 * M};
      if (silent) rules.stall_at = origin::cut{.after = 10'000};
      if (!ranges) rules.lies = origin::lie{};
      each.server.set("/a", rules);
      each.open({"/a"}, ranges ? std::optional(byte_range{0, 20 * M}) : std::nullopt);
      auto other = open_shared(each.shared, each.here);
      each.start();
      each.step_until([&] { return each.shared->body.size() >= 1000; });
      other.reset();
      each.settle();
      BOOST_TEST(!each.done);
      each.place.reset();
      const auto left = std::chrono::steady_clock::now();
      each.finish();
      BOOST_TEST((std::chrono::steady_clock::now() - left < 500ms));
      BOOST_TEST(each.upstream_is_quiet());
      each.place = open_shared(each.shared, each.here);
      each.check_broken(3, boost::asio::error::operation_aborted);
    }
  }
}

BOOST_AUTO_TEST_CASE(goes_on_for_a_reader_who_comes_just_then) {
  server.set("/a", {.size = 2 * M, .seed = 3, .rate = 8 * M});
  open({"/a"}, byte_range{0, 2 * M});
  start();
  step_until([&] { return shared->body.size() >= 1000; });
  place.reset();
  place = open_shared(shared, here);
  finish();
  check_complete(3, {0, 2 * M});
}

BOOST_AUTO_TEST_CASE(a_reader_who_left_before_it_began) {
  server.set("/a", {.size = 20 * M, .seed = 3, .rate = 1 * M});
  open({"/a"}, byte_range{0, 20 * M});
  place.reset();
  start();
  finish();
  BOOST_TEST(shared->body.broken());
}

BOOST_AUTO_TEST_CASE(cancelled_it_is_broken) {
  for (const bool ranges : {true, false}) {
    fill_fixture each;
    origin::behaviour rules{.size = 20 * M, .seed = 3, .rate = 1 * M};
    if (!ranges) rules.lies = origin::lie{};
    each.server.set("/a", rules);
    each.open({"/a"}, ranges ? std::optional(byte_range{0, 20 * M}) : std::nullopt);
    each.start();
    each.step_until([&] { return each.shared->body.size() >= 1000; });
    each.cancel();
    each.check_broken(3, boost::asio::error::operation_aborted);
    BOOST_TEST(each.upstream_is_quiet());
  }
}

BOOST_AUTO_TEST_CASE(never_started_it_is_broken) {
  server.set("/a", {.size = 2 * M, .seed = 3});
  open({"/a"}, byte_range{0, 2 * M});
  {
    const auto never = filling();
    done = true;
  }
  check_broken(3, boost::asio::error::operation_aborted);
}

BOOST_AUTO_TEST_SUITE_END()
