#include "http/retry_after.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <ostream>

namespace {

using namespace millrace;

struct wait_row {
  const char* value;
  std::int64_t seconds;  ///< -1: none
};
std::ostream& operator<<(std::ostream& out, const wait_row& row) {
  return out << row.value;
}

const wait_row waits[] = {
    {"0", 0},
    {"120", 120},
    {"4294967295", 4'294'967'295},
    {"4294967296", 4'294'967'295},
    {"99999999999999999999999", 4'294'967'295},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 37},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 37},
    {"Sun Nov  6 08:49:37 1994", 37},
    {"Sun, 06 Nov 1994 08:48:59 GMT", 0},
    {"", -1},
    {"-1", -1},
    {"+1", -1},
    {"1.5", -1},
    {"1 s", -1},
    {"soon", -1},
};

BOOST_AUTO_TEST_SUITE(retry_after_test)

BOOST_DATA_TEST_CASE(reads_seconds_and_dates, waits, row) {
  const std::chrono::sys_seconds now{std::chrono::seconds(784'111'740)};  // 08:49:00 of that day
  const auto wait = http::parse_retry_after(row.value, now);
  BOOST_TEST((wait ? wait->count() : -1) == row.seconds);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
