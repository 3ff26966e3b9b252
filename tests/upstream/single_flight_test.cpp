#include "upstream/single_flight.hpp"

#include "support/run_sync.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace millrace;
using flights = upstream::single_flight<std::shared_ptr<const int>>;
using outcome = std::optional<std::shared_ptr<const int>>;

std::shared_ptr<const int> number(int value) {
  return std::make_shared<const int>(value);
}

bool leads(const std::variant<flights::lead, flights::ticket>& turn) {
  return std::holds_alternative<flights::lead>(turn);
}

struct waited {
  bool done = false;
  outcome told;
};

async::awaitable<void> wait_for(flights::ticket claim, waited& into) {
  into.told = co_await claim.wait();
  into.done = true;
}

struct flight_fixture {
  flights::lead lead(const std::string& key) { return std::get<flights::lead>(all.join(key)); }
  flights::ticket ticket(const std::string& key) { return std::get<flights::ticket>(all.join(key)); }
  void wait(const flights::ticket& claim, waited& into) {
    boost::asio::co_spawn(loop, wait_for(claim, into), [](const std::exception_ptr&) {});
  }
  void settle() {
    loop.restart();
    loop.poll();
  }

  flights all;
  boost::asio::io_context loop{1};
};

/// Event loops on threads of their own, which last until all that they ran has ended: as in the server,
/// nobody's loop is gone while others may still tell it something.
struct crowd {
  static constexpr int threads = 4, each = 8, size = threads * each;

  /// Runs what `make` makes `each` times on every thread.
  template <class Make>
  explicit crowd(const Make& make) {
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([this, make] {
        boost::asio::io_context loop(1);
        const auto guard = boost::asio::make_work_guard(loop);
        for (int i = 0; i < each; ++i) {
          boost::asio::co_spawn(loop, make(), [this](const std::exception_ptr& e) {
            if (e) ++failed;
            ++ended;
          });
        }
        while (ended < size)
          loop.run_one_for(std::chrono::milliseconds(10));
      });
    }
  }
  ~crowd() { join(); }
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  void join() {
    for (auto& thread : running)
      thread.join();
    running.clear();
  }

  std::atomic<int> ended = 0, failed = 0;
  std::vector<std::thread> running;
};

struct tally {
  std::atomic<int> inside = 0, most = 0, led = 0, backward = 0, joined = 0, told = 0;
};

/// Joins until it has had `rounds` outcomes; leaders give up now and then.
async::awaitable<void> take_part(flights& all, tally& count, int rounds) {
  const async::executor here = co_await async::asio::this_coro::executor;
  int last = 0;
  for (int round = 0; round < rounds;) {
    auto turn = all.join("key");
    if (auto* claim = std::get_if<flights::ticket>(&turn)) {
      const auto told = co_await claim->wait();
      if (!told) continue;
      if (**told <= last) ++count.backward;
      last = **told;
      ++round;
      continue;
    }
    auto lead = std::get<flights::lead>(std::move(turn));
    count.most = std::max<int>(count.most, ++count.inside);
    co_await async::asio::post(here, async::asio::use_awaitable);
    const auto mine = ++count.led;
    --count.inside;
    if (mine % 5 == 0) continue;
    last = mine;
    lead.finish(number(mine));
    ++round;
  }
}

async::awaitable<void> join_once(flights& all, tally& count) {
  auto turn = all.join("key");
  ++count.joined;
  const auto told = co_await std::get<flights::ticket>(turn).wait();
  if (told && **told == 42) ++count.told;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(single_flight_test)

BOOST_FIXTURE_TEST_CASE(one_leads_and_the_others_get_its_outcome, flight_fixture) {
  auto first = lead("a");
  waited second, third;
  wait(ticket("a"), second);
  wait(ticket("a"), third);
  settle();
  BOOST_TEST(!second.done);
  const auto result = number(7);
  first.finish(result);
  BOOST_TEST(!second.done, "told on its own event loop only");
  settle();
  BOOST_TEST((second.done && third.done));
  BOOST_TEST((second.told == result));
  BOOST_TEST((third.told == result));
  BOOST_TEST(leads(all.join("a")));
}

BOOST_FIXTURE_TEST_CASE(keys_do_not_know_each_other, flight_fixture) {
  auto a = lead("a"), b = lead("b");
  waited at_a, at_b;
  wait(ticket("a"), at_a);
  wait(ticket("b"), at_b);
  settle();
  b.finish(number(2));
  settle();
  BOOST_TEST(!at_a.done);
  BOOST_TEST(**at_b.told == 2);
  BOOST_TEST(!leads(all.join("a")));
}

BOOST_FIXTURE_TEST_CASE(an_outcome_before_the_waiting_is_not_missed, flight_fixture) {
  auto first = lead("a");
  const auto claim = ticket("a");
  first.finish(number(1));
  // The key is free already; the claim is to the outcome of the first.
  auto next = lead("a");
  waited late;
  wait(claim, late);
  settle();
  BOOST_TEST(late.done);
  BOOST_TEST(**late.told == 1);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_leaves_tells_nothing, flight_fixture) {
  std::optional<flights::lead> first(lead("a"));
  const auto late_claim = ticket("a");
  waited second, late;
  wait(ticket("a"), second);
  settle();
  first.reset();
  settle();
  BOOST_TEST(second.done);
  BOOST_TEST(!second.told.has_value());
  wait(late_claim, late);
  settle();
  BOOST_TEST(late.done);
  BOOST_TEST(!late.told.has_value());
  const auto turn = all.join("a");
  BOOST_TEST(leads(turn));
  BOOST_TEST(!leads(all.join("a")));
}

BOOST_FIXTURE_TEST_CASE(a_lead_may_move, flight_fixture) {
  auto first = lead("a");
  const auto claim = ticket("a");
  {
    auto moved = std::move(first);
    BOOST_TEST(!leads(all.join("a")));
    moved.finish(number(3));
  }
  waited second;
  wait(claim, second);
  settle();
  BOOST_TEST(**second.told == 3);
  BOOST_TEST(leads(all.join("a")));
}

BOOST_FIXTURE_TEST_CASE(who_waits_may_leave, flight_fixture) {
  auto first = lead("a");
  boost::asio::cancellation_signal signal;
  bool cancelled = false;
  waited leaver, stays;
  boost::asio::co_spawn(loop, wait_for(ticket("a"), leaver),
                        boost::asio::bind_cancellation_slot(
                            signal.slot(), [&](const std::exception_ptr& e) { cancelled = e != nullptr; }));
  wait(ticket("a"), stays);
  settle();
  signal.emit(boost::asio::cancellation_type::terminal);
  settle();
  BOOST_TEST(cancelled);
  first.finish(number(1));
  settle();
  BOOST_TEST(!leaver.done);
  BOOST_TEST(stays.done);
}

// The event loop of who waits may end before the operation does, and nothing is kept for it.
BOOST_FIXTURE_TEST_CASE(who_waits_may_be_destroyed, flight_fixture) {
  const auto result = number(1);
  auto first = lead("a");
  waited gone;
  {
    boost::asio::io_context other(1);
    boost::asio::co_spawn(other, wait_for(ticket("a"), gone), [](const std::exception_ptr&) {});
    other.poll();
  }
  first.finish(result);
  BOOST_TEST(!gone.done);
  BOOST_TEST(result.use_count() == 1);
}

BOOST_FIXTURE_TEST_CASE(an_outcome_lives_no_longer_than_its_claims, flight_fixture) {
  const auto result = number(1);
  auto first = lead("a");
  {
    const auto claim = ticket("a");
    first.finish(result);
    BOOST_TEST(result.use_count() == 2);
  }
  BOOST_TEST(result.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(one_outcome_for_all_threads) {
  flights all;
  tally count;
  auto lead = std::get<flights::lead>(all.join("key"));
  crowd many([&] { return join_once(all, count); });
  while (count.joined < crowd::size)
    std::this_thread::yield();
  lead.finish(number(42));
  many.join();
  BOOST_TEST(many.failed == 0);
  BOOST_TEST(count.told == crowd::size);
}

BOOST_AUTO_TEST_CASE(only_one_at_a_time_on_all_threads) {
  flights all;
  tally count;
  crowd many([&] { return take_part(all, count, 200); });
  many.join();
  BOOST_TEST(many.failed == 0);
  BOOST_TEST(count.most == 1);
  BOOST_TEST(count.backward == 0, "an outcome of an operation that had ended before joining");
  BOOST_TEST(leads(all.join("key")));
}

BOOST_AUTO_TEST_SUITE_END()
