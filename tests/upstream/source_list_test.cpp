#include "upstream/source_list.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;

struct fixture {
  /// The sources in the order in which they are tried until none is left.
  std::vector<std::size_t> round(source_list& list) {
    std::vector<std::size_t> order{list.current()};
    while (list.leave(list.current()))
      order.push_back(list.current());
    return order;
  }

  upstream_settings config;
  source_list::clock::time_point now{};
};

using order = std::vector<std::size_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(source_list_test, fixture)

BOOST_AUTO_TEST_CASE(each_is_tried_once_in_cyclic_order) {
  const struct {
    std::size_t count, first;
    order expected;
  } rows[]{
      {1, 0, {0}},          {2, 0, {0, 1}},       {2, 1, {1, 0}},    {4, 0, {0, 1, 2, 3}},
      {4, 2, {2, 3, 0, 1}}, {4, 3, {3, 0, 1, 2}}, {3, 7, {0, 1, 2}},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.count << " sources from " << row.first) {
      source_list list(row.count, row.first);
      BOOST_TEST(list.another_left() == (row.count > 1));
      BOOST_TEST(round(list) == row.expected, boost::test_tools::per_element());
      BOOST_TEST(!list.another_left());
      BOOST_TEST(list.current() == row.expected.back());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_source_that_was_left_by_another_is_not_left_twice) {
  source_list list(3, 0);
  BOOST_TEST(list.leave(0));
  BOOST_TEST(list.current() == 1u);
  BOOST_TEST(list.leave(0));
  BOOST_TEST(list.current() == 1u);
  BOOST_TEST(list.another_left());
}

BOOST_AUTO_TEST_CASE(enough_bytes_restore_all_sources) {
  source_list list(3, 0);
  list.leave(0);
  list.leave(1);
  BOOST_TEST(!list.another_left());
  BOOST_TEST(!list.received(config.progress_bytes - 1, now, config));
  BOOST_TEST(!list.another_left());
  BOOST_TEST(list.received(1, now, config));
  BOOST_TEST(list.another_left());
  const order expected{2, 0, 1};
  BOOST_TEST(round(list) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(enough_time_of_good_bytes_restores_all_sources) {
  source_list list(2, 0);
  list.leave(0);
  for (int second = 0; second < 10; ++second)
    BOOST_TEST(!list.received(1, now + second * 1s, config), second);
  BOOST_TEST(list.received(1, now + 10s, config));
  BOOST_TEST(list.another_left());
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_source_that_was_left_do_not_count_for_the_next) {
  source_list list(3, 0);
  BOOST_TEST(!list.received(config.progress_bytes - 1, now, config));
  list.leave(0);
  BOOST_TEST(!list.received(config.progress_bytes - 1, now + 11s, config));
}

BOOST_AUTO_TEST_SUITE_END()
