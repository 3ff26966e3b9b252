#include "api/page.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

using namespace millrace;
using namespace millrace::api;

BOOST_AUTO_TEST_SUITE(page_test)

BOOST_AUTO_TEST_CASE(parts_of_a_list) {
  constexpr std::array list{0, 1, 2, 3, 4};
  struct row {
    const char* query;
    int first;  ///< -1: nothing
    std::size_t count;
  };
  for (const auto& [query, first, count] : {
           row{"", 0, 5},
           row{"limit=2", 0, 2},
           row{"offset=2", 2, 3},
           row{"limit=2&offset=1", 1, 2},
           row{"offset=1&limit=2&x=y", 1, 2},
           row{"limit=0", -1, 0},
           row{"limit=100&offset=4", 4, 1},
           row{"offset=5", -1, 0},
           row{"offset=99&limit=1", -1, 0},
           row{"limit=18446744073709551615&offset=1", 1, 4},
           row{"%6Cimit=%32", 0, 2},
           row{"limit=4&limit=1", 0, 1},
           row{"limits=x&&=&a", 0, 5},
       }) {
    const auto asked = parse_page(query);
    BOOST_TEST_CONTEXT(query) {
      BOOST_REQUIRE(asked.has_value());
      const auto part = asked->of(std::span<const int>(list));
      BOOST_TEST(part.size() == count);
      if (count > 0) BOOST_TEST(part.front() == first);
    }
  }
}

BOOST_AUTO_TEST_CASE(bad_values) {
  for (const std::string query :
       {"limit=", "limit", "limit=-1", "limit=1.5", "limit=x", "offset=1x", "offset=+1", "offset= 1",
        "limit=18446744073709551616", "limit=2&offset=-3"}) {
    const auto asked = parse_page(query);
    BOOST_TEST_CONTEXT(query) {
      BOOST_REQUIRE(!asked.has_value());
      BOOST_TEST(status_of(asked.error().problem) == 400U);
      const auto name = query.find("offset") != std::string::npos ? "offset:" : "limit:";
      BOOST_TEST(asked.error().problem.detail.starts_with(name));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
