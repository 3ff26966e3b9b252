#include "api/json_types.hpp"

#include "api/api_support.hpp"

using namespace millrace;
using namespace millrace::api;
using namespace std::chrono;

BOOST_AUTO_TEST_SUITE(json_types_test)

BOOST_AUTO_TEST_CASE(times) {
  const auto at = [](long long unix_milliseconds) {
    return iso_time(system_clock::time_point(milliseconds(unix_milliseconds)));
  };
  BOOST_TEST(at(0) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(at(1'738'367'999'123) == "2025-01-31T23:59:59.123Z");
  BOOST_TEST(at(1'709'164'800'007) == "2024-02-29T00:00:00.007Z");
  BOOST_TEST(at(-1) == "1969-12-31T23:59:59.999Z");
  BOOST_TEST(iso_time(system_clock::time_point(microseconds(1'999))) == "1970-01-01T00:00:00.001Z");
  BOOST_TEST(is_time(iso_time(system_clock::now())));
}

BOOST_AUTO_TEST_CASE(texts) {
  boost::json::object all;
  put_text(all, "plain", "mpv 0.35");
  put_text(all, "letters", "J\xc3\xb6rg");
  put_text(all, "hostile", hostile);
  put_text(all, "zero", std::string_view("a\0b", 3));
  put_text(all, "empty", {});
  const auto read = read_back(all);
  BOOST_TEST(text(read, "plain") == "mpv 0.35");
  BOOST_TEST(text(read, "letters") == "J\xc3\xb6rg");
  BOOST_TEST(text(read, "hostile") ==
             "a\x01\"\\\n\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
  BOOST_TEST(text(read, "zero") == std::string_view("a\0b", 3));
  BOOST_TEST(text(read, "empty") == "");
}

BOOST_AUTO_TEST_SUITE_END()
