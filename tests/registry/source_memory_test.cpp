#include "registry/source_memory.hpp"

#include "registry/registry_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::registry;
using namespace std::chrono_literals;
using order = std::vector<std::size_t>;

BOOST_TEST_DONT_PRINT_LOG_VALUE(order)

BOOST_AUTO_TEST_SUITE(source_memory_test)

namespace {

struct fixture {
  source_memory memory;
  registry_settings config;  // rests 5 s, doubled up to 300 s
  source_memory::clock::time_point now = source_memory::clock::now();
  std::vector<url> sources = make_definition({"http://a/", "http://b/", "http://c/", "http://d/"}).sources;

  void worked(std::size_t which) { memory.worked(sources[which]); }
  void failed(std::size_t which) { memory.failed(sources[which], now, config); }
  void check(const order& expected) const { BOOST_TEST((memory.order(sources, now) == expected)); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_primary_first_at_the_beginning, fixture) {
  check({0, 1, 2, 3});
  BOOST_TEST(memory.current(sources) == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_last_good_one_first_then_in_cyclic_order, fixture) {
  worked(2);
  check({2, 3, 0, 1});
  BOOST_TEST(memory.current(sources) == 2U);
  worked(0);
  check({0, 1, 2, 3});
}

BOOST_FIXTURE_TEST_CASE(failed_ones_rest_at_the_end, fixture) {
  failed(0);
  check({1, 2, 3, 0});
  failed(2);
  check({1, 3, 0, 2});
  worked(3);
  check({3, 1, 0, 2});
  now += 5s;
  check({3, 0, 1, 2});
}

BOOST_FIXTURE_TEST_CASE(all_failed_keeps_each_once, fixture) {
  for (std::size_t i = 0; i < sources.size(); ++i)
    failed(i);
  check({0, 1, 2, 3});
  worked(1);
  failed(1);
  check({1, 2, 3, 0});
}

BOOST_FIXTURE_TEST_CASE(rests_grow_up_to_their_limit, fixture) {
  struct row {
    unsigned failures;
    std::chrono::milliseconds rest;
  };
  for (const auto& [failures, rest] :
       {row{1, 5s}, row{2, 10s}, row{3, 20s}, row{6, 160s}, row{7, 300s}, row{100, 300s}}) {
    source_memory fresh;
    for (unsigned i = 0; i < failures; ++i)
      fresh.failed(sources[0], now, config);
    BOOST_TEST((fresh.order(sources, now + rest - 1ms) == order{1, 2, 3, 0}), failures);
    BOOST_TEST((fresh.order(sources, now + rest) == order{0, 1, 2, 3}), failures);
  }
}

BOOST_FIXTURE_TEST_CASE(good_bytes_forgive_everything, fixture) {
  for (int i = 0; i < 5; ++i)
    failed(0);
  worked(0);
  check({0, 1, 2, 3});
  failed(0);
  now += 5s;
  check({0, 1, 2, 3});
}

BOOST_FIXTURE_TEST_CASE(an_answer_chooses_but_forgives_nothing, fixture) {
  failed(1);
  failed(1);
  memory.answered(sources[1]);
  BOOST_TEST(memory.current(sources) == 1U);
  check({2, 3, 0, 1});
  now += 10s;
  check({1, 2, 3, 0});
  failed(1);
  now += 20s - 1ms;
  check({2, 3, 0, 1});
}

BOOST_FIXTURE_TEST_CASE(old_failures_count_no_more, fixture) {
  failed(0);
  failed(0);
  now += 10s + config.source_rest_limit + 1ms;
  failed(0);
  now += 5s;
  check({0, 1, 2, 3});
}

BOOST_FIXTURE_TEST_CASE(what_was_learnt_belongs_to_the_url, fixture) {
  worked(3);
  failed(1);
  const auto other = make_definition({"http://x/", "http://b/", "http://d/"}).sources;
  BOOST_TEST((memory.order(other, now) == order{2, 0, 1}));
  memory.keep_only(other);
  check({3, 0, 2, 1});
  memory.keep_only(make_definition({"http://x/"}).sources);
  check({3, 0, 1, 2});
  // A source that is gone is nobody's current one.
  BOOST_TEST(memory.current(make_definition({"http://x/", "http://y/"}).sources) == 0U);
}

BOOST_FIXTURE_TEST_CASE(one_source_alone, fixture) {
  sources.erase(sources.begin() + 1, sources.end());
  failed(0);
  check({0});
  BOOST_TEST(memory.order({}, now).empty());
}

BOOST_AUTO_TEST_SUITE_END()
