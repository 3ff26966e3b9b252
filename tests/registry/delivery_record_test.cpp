#include "registry/delivery_record.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(delivery_record_test)

BOOST_AUTO_TEST_CASE(every_byte_counts_once) {
  delivery_record record(1000, 10);
  record.played();
  record.add({.bytes = {0, 500}, .total = 1000});
  record.add({.bytes = {300, 700}, .total = 1000});
  record.add({.bytes = {900, 1000}, .total = 1000});
  BOOST_TEST(record.delivered() == 800U);
  BOOST_TEST(!record.complete());
  record.add({.bytes = {650, 950}, .total = 1000});
  BOOST_TEST(record.delivered() == 1000U);
  BOOST_TEST(record.complete());
}

BOOST_AUTO_TEST_CASE(a_file_of_another_size_is_another_file) {
  delivery_record record(1000, 10);
  record.played();
  record.add({.bytes = {0, 1000}, .total = 1000});
  record.learn_total(1000);
  BOOST_TEST(record.complete());
  record.learn_total(2000);
  BOOST_TEST(record.delivered() == 0U);
  BOOST_TEST(!record.complete());
  // A response of the former that ends only now.
  record.add({.bytes = {0, 600}, .total = 1000});
  BOOST_TEST(record.delivered() == 0U);
  record.add({.bytes = {0, 2000}, .total = 2000});
  BOOST_TEST(record.complete());
}

BOOST_AUTO_TEST_CASE(an_unknown_size_may_turn_out) {
  delivery_record record(std::nullopt, 10);
  record.played();
  record.add({.bytes = {0, 500}, .total = std::nullopt});
  BOOST_TEST(record.delivered() == 500U);
  BOOST_TEST(!record.complete());
  record.learn_total(500);
  BOOST_TEST(record.complete());
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_complete_once_played) {
  delivery_record record(0, 10);
  BOOST_TEST(!record.complete());
  record.played();
  BOOST_TEST(record.complete());
}

BOOST_AUTO_TEST_CASE(scattered_bytes_are_bounded) {
  delivery_record record(1000, 3);
  record.played();
  for (byte_offset at = 0; at < 100; at += 10)
    record.add({.bytes = {at, at + 1}, .total = 1000});
  BOOST_TEST(record.delivered() == 3U);
  // What joins others is recorded all the same.
  record.add({.bytes = {0, 11}, .total = 1000});
  BOOST_TEST(record.delivered() == 12U);
  record.add({.bytes = {0, 1000}, .total = 1000});
  BOOST_TEST(record.complete());
}

BOOST_AUTO_TEST_SUITE_END()
