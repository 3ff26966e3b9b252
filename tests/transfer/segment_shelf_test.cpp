#include "transfer/segment_shelf.hpp"

#include "transfer/shared_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr std::size_t M = 1024 * 1024;

struct fixture {
  /// A segment of that size, complete.
  std::shared_ptr<shared_resource> make(std::size_t size) {
    auto made = make_running({0, size});
    made->body.append(bytes_of(std::string(size, 'x')));
    made->body.end();
    return made;
  }
  std::shared_ptr<shared_resource> make_running(byte_range range) {
    return make_shared_resource(
        range, budget.try_reserve(range.end == shared_resource::unknown_end ? 0 : range.size()));
  }
  void put(const std::string& stream, const std::string& key, std::size_t size,
           segment_shelf::clock::time_point until) {
    const auto made = make(size);
    BOOST_TEST(shelf.begin(key, made));
    shelf.keep(stream, key, until);
  }
  bool has(const std::string& key) const { return shelf.find(key) != nullptr; }

  async::memory_budget budget{64 * M};
  segment_shelf shelf{4 * M};
  segment_shelf::clock::time_point now{};
  boost::asio::io_context loop{1};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(segment_shelf_test, fixture)

BOOST_AUTO_TEST_CASE(what_somebody_holds_is_found) {
  BOOST_TEST(!has("a"));
  auto running = make_running({0, 100});
  BOOST_TEST(shelf.begin("a", running));
  BOOST_TEST((shelf.find("a") == running));
  BOOST_TEST(!has("b"));
  BOOST_TEST(!shelf.begin("a", make(1)));
  BOOST_TEST((shelf.find("a") == running));
  const auto place = open_shared(running, loop.get_executor());
  running.reset();
  BOOST_TEST(has("a"));
  BOOST_TEST(shelf.bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(what_nobody_holds_is_gone) {
  BOOST_TEST(shelf.begin("a", make(100)));
  BOOST_TEST(!has("a"));
  BOOST_TEST(budget.used() == 0u);
  shelf.keep("s", "a", now + 1s);
  BOOST_TEST(shelf.bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(what_broke_is_never_found) {
  const auto first = make_running({0, 100});
  BOOST_TEST(shelf.begin("a", first));
  shelf.keep("s", "a", now + 10s);
  first->body.end(failure{.code = errc::connection_lost});
  BOOST_TEST(!has("a"));
  const auto second = make(100);
  BOOST_TEST(shelf.begin("a", second));
  BOOST_TEST((shelf.find("a") == second));
  shelf.clean_up(now);
  BOOST_TEST(shelf.bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(kept_until_then) {
  put("s", "a", 100, now + 10s);
  put("s", "b", 200, now + 20s);
  put("t", "c", 400, now + 15s);
  BOOST_TEST(shelf.bytes() == 700u);
  shelf.clean_up(now + 9s);
  BOOST_TEST((has("a") && has("b") && has("c")));
  shelf.keep("s", "b", now + 30s);
  shelf.keep("s", "b", now + 5s);
  shelf.clean_up(now + 10s);
  BOOST_TEST(!has("a"));
  shelf.clean_up(now + 20s);
  BOOST_TEST((has("b") && !has("c")));
  BOOST_TEST(shelf.bytes() == 200u);
  shelf.clean_up(now + 30s);
  BOOST_TEST(shelf.bytes() == 0u);
  BOOST_TEST(budget.used() == 0u);
}

BOOST_AUTO_TEST_CASE(the_oldest_go_first) {
  for (const auto* key : {"a", "b", "c", "d"})
    put("s", key, M, now + 10s);
  put("t", "other", M, now + 10s);
  BOOST_TEST(shelf.bytes() == 5 * M);
  shelf.keep("s", "a", now + 20s);
  put("s", "e", 3 * M / 2, now + 10s);
  BOOST_TEST((!has("a") && !has("b") && has("c") && has("d") && has("e") && has("other")));
  // Too large even alone.
  put("s", "f", 5 * M, now + 10s);
  BOOST_TEST((!has("e") && !has("f") && has("other")));
  BOOST_TEST(shelf.bytes() == M);
}

BOOST_AUTO_TEST_CASE(a_body_without_a_length_counts_as_it_grows) {
  put("s", "a", M, now + 10s);
  const auto growing = make_running({0, shared_resource::unknown_end});
  BOOST_TEST(shelf.begin("b", growing));
  shelf.keep("s", "b", now + 10s);
  BOOST_TEST(shelf.bytes() == M);
  growing->body.append(bytes_of(std::string(7 * M / 2, 'x')));
  BOOST_TEST(shelf.bytes() == 9 * M / 2);
  shelf.clean_up(now);
  BOOST_TEST((!has("a") && has("b")));
  growing->body.append(bytes_of(std::string(M, 'x')));
  shelf.clean_up(now);
  BOOST_TEST(shelf.bytes() == 0u);
  BOOST_TEST(has("b"));
}

BOOST_AUTO_TEST_CASE(a_stream_is_forgotten) {
  put("s", "a", 100, now + 10s);
  put("t", "b", 200, now + 10s);
  shelf.keep("t", "a", now + 10s);
  shelf.forget("s");
  BOOST_TEST((has("a") && has("b")));
  shelf.forget("t");
  shelf.forget("t");
  BOOST_TEST((!has("a") && !has("b")));
  BOOST_TEST(budget.used() == 0u);
}

BOOST_AUTO_TEST_CASE(used_by_several_threads) {
  std::vector<std::thread> threads;
  for (unsigned id = 0; id < 4; ++id) {
    threads.emplace_back([this, id] {
      std::mt19937 random(id);
      for (int i = 0; i < 2000; ++i) {
        const auto key = std::to_string(random() % 20);
        const auto stream = std::to_string(random() % 3);
        auto there = shelf.find(key);
        if (!there) {
          there = make(random() % M / 4);
          if (!shelf.begin(key, there)) there = shelf.find(key);
        }
        shelf.keep(stream, key, now + std::chrono::seconds(random() % 10));
        if (i % 50 == 0) shelf.clean_up(now + 5s);
        if (i % 200 == 0) shelf.forget(stream);
        (void)shelf.bytes();
      }
    });
  }
  for (auto& each : threads)
    each.join();
  BOOST_TEST(shelf.bytes() <= 12 * M);
  shelf.clean_up(now + 10s);
  BOOST_TEST(shelf.bytes() == 0u);
  BOOST_TEST(budget.used() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
