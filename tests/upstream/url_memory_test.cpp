#include "upstream/url_memory.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

namespace {
using namespace millrace::upstream;
}

BOOST_AUTO_TEST_SUITE(url_memory_test)

BOOST_AUTO_TEST_CASE(keeps_replaces_and_forgets) {
  url_memory memory(10);
  const learnt first{"http://cdn/a", 1, 100}, second{"", 0, std::nullopt};
  BOOST_TEST(!memory.find("a").has_value());
  memory.keep("a", first);
  BOOST_TEST((memory.find("a") == first));
  memory.keep("a", second);
  BOOST_TEST((memory.find("a") == second));
  memory.forget("a");
  memory.forget("a");
  BOOST_TEST(!memory.find("a").has_value());
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_goes_first) {
  url_memory memory(3);
  for (const auto* key : {"a", "b", "c"})
    memory.keep(key, {key, 0, {}});
  BOOST_TEST(memory.find("a").has_value());
  memory.keep("b", {"again", 0, {}});
  memory.keep("d", {"d", 0, {}});
  BOOST_TEST(!memory.find("c").has_value());
  for (const auto* key : {"a", "b", "d"})
    BOOST_TEST(memory.find(key).has_value(), key);
}

BOOST_AUTO_TEST_CASE(stays_within_its_limit) {
  for (const std::size_t limit : {0UL, 1UL, 50UL}) {
    url_memory memory(limit);
    for (std::size_t i = 0; i < 1000; ++i)
      memory.keep(std::to_string(i), {"x", i, {}});
    std::size_t left = 0;
    for (std::size_t i = 0; i < 1000; ++i)
      left += memory.find(std::to_string(i)) ? 1 : 0;
    BOOST_TEST(left == limit);
  }
}

BOOST_AUTO_TEST_CASE(many_threads) {
  url_memory memory(16);
  std::vector<std::jthread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&memory] {
      for (std::size_t i = 0; i < 2000; ++i) {
        const auto key = std::to_string(i % 40);
        memory.keep(key, {key, i, i});
        const auto found = memory.find(key);
        if (found && found->location != key) throw std::logic_error("mixed up");
        if (i % 7 == 0) memory.forget(key);
      }
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
