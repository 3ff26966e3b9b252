#include "upstream/block_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <thread>

using namespace millrace;
using namespace millrace::upstream;

namespace {

constexpr byte_offset K = 1024;
constexpr std::uint64_t page_cost = page_size + 512;

std::byte content(byte_offset at) {
  return static_cast<std::byte>(at * 31 % 253);
}

std::vector<std::byte> bytes_of(byte_range range) {
  std::vector<std::byte> bytes;
  for (auto at = range.begin; at < range.end; ++at)
    bytes.push_back(content(at));
  return bytes;
}

stored_answer answer_of(const std::string& etag, byte_offset total = 100 * page_size) {
  stored_answer answer{.head = {},
                       .location = url::parse("http://origin.test/a").value(),
                       .peer = {},
                       .total = total,
                       .terms = {.may_store = true}};
  answer.head.fields.add(etag.starts_with('"') ? "ETag" : "Last-Modified", etag);
  return answer;
}

struct fixture {
  ~fixture() {
    cache.evict(UINT64_MAX);
    BOOST_TEST(memory.used() == 0u);
    BOOST_TEST(counters.cache_bytes.load() == 0u);
  }

  /// Puts a range in, page by page, as far as there is memory.
  static void put(const cached_file& file, byte_range range) {
    for (auto at = range.begin; at < range.end;) {
      const auto end = std::min(range.end, (at / page_size + 1) * page_size);
      auto page = file.new_page(at, static_cast<std::size_t>(end - at));
      if (page) page->append(bytes_of({at, end}));
      file.keep(std::move(page));
      at = end;
    }
  }

  /// Whether the cache gives exactly the bytes of that range.
  static bool gives(const cached_file& file, byte_range range) {
    auto at = range.begin;
    for (const auto& page : file.pages(range)) {
      BOOST_REQUIRE((page->range().begin <= at && at < page->range().end));
      const auto bytes = page->bytes();
      for (std::size_t i = 0; i < bytes.size(); ++i)
        BOOST_REQUIRE((bytes[i] == content(page->range().begin + i)));
      at = page->range().end;
    }
    return at >= range.end;
  }

  async::memory_budget memory{64 * 1024 * K};
  registry::statistics counters;
  block_cache cache{10 * page_cost, memory, counters};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(block_cache_test, fixture)

BOOST_AUTO_TEST_CASE(an_empty_file_holds_nothing_and_keeps_nothing) {
  const cached_file none;
  BOOST_TEST(!none);
  BOOST_TEST(!none.holds({0, 1}));
  BOOST_TEST(!none.next_run(0).has_value());
  BOOST_TEST(none.pages({0, page_size}).empty());
  BOOST_TEST(!none.new_page(0, 10));
  none.keep(nullptr);
  none.forget();
  BOOST_TEST(!cache.find("a"));
}

BOOST_AUTO_TEST_CASE(what_was_put_in_comes_out) {
  const auto file = cache.open("a", answer_of("\"1\""));
  put(file, {0, 3 * page_size});
  put(file, {5 * page_size, 5 * page_size + 100});
  BOOST_TEST(gives(file, {0, 3 * page_size}));
  BOOST_TEST(gives(file, {70'000, 80'000}));
  BOOST_TEST(gives(file, {5 * page_size + 10, 5 * page_size + 100}));
  BOOST_TEST(!gives(file, {0, 4 * page_size}));
  BOOST_TEST(file.holds({0, 3 * page_size}));
  BOOST_TEST(!file.holds({0, 3 * page_size + 1}));
  BOOST_TEST((file.next_run(10) == byte_range{10, 3 * page_size}));
  BOOST_TEST((file.next_run(3 * page_size) == byte_range{5 * page_size, 5 * page_size + 100}));
  BOOST_TEST(counters.cache_bytes.load() == 3 * page_cost + 100 + 512);
  BOOST_TEST(memory.used() == 3 * page_size + 100);
}

BOOST_AUTO_TEST_CASE(parts_of_a_page_grow_together) {
  const auto file = cache.open("a", answer_of("\"1\""));
  put(file, {1000, 2000});
  put(file, {2000, 3000});
  BOOST_TEST(file.holds({1000, 3000}));
  put(file, {500, 1500});
  BOOST_TEST(file.holds({500, 3000}));
  put(file, {600, 700});
  BOOST_TEST(file.holds({500, 3000}));
  // What lies apart cannot be had together: the larger one stays.
  put(file, {10'000, 10'100});
  BOOST_TEST((file.next_run(0) == byte_range{500, 3000}));
  BOOST_TEST(!file.next_run(3000).has_value());
  put(file, {10'000, 20'000});
  BOOST_TEST((file.next_run(0) == byte_range{10'000, 20'000}));
  put(file, {0, page_size});
  BOOST_TEST((file.next_run(0) == byte_range{0, page_size}));
  BOOST_TEST(gives(file, {0, page_size}));
  BOOST_TEST(counters.cache_bytes.load() == page_cost);
  BOOST_TEST(counters.cache_evictions.load() == 0u);
}

BOOST_AUTO_TEST_CASE(a_page_is_no_larger_than_its_bytes) {
  const auto file = cache.open("a", answer_of("\"1\""));
  auto page = file.new_page(0, page_size);
  page->append(bytes_of({0, 10}));
  file.keep(std::move(page));
  BOOST_TEST(memory.used() == 10u);
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_go_first) {
  const auto file = cache.open("a", answer_of("\"1\""));
  put(file, {0, 10 * page_size});
  BOOST_TEST(counters.cache_evictions.load() == 0u);
  BOOST_TEST(gives(file, {0, 1}));
  put(file, {10 * page_size, 11 * page_size});
  BOOST_TEST(file.holds({0, page_size}));
  BOOST_TEST(!file.holds({page_size, page_size + 1}));
  BOOST_TEST(file.holds({2 * page_size, 11 * page_size}));
  BOOST_TEST(counters.cache_evictions.load() == 1u);
  BOOST_TEST(counters.cache_bytes.load() == 10 * page_cost);
}

BOOST_AUTO_TEST_CASE(a_page_that_is_being_sent_stays_until_it_is_sent) {
  const auto file = cache.open("a", answer_of("\"1\""));
  put(file, {0, page_size});
  auto sending = file.pages({0, 10});
  cache.evict(1);
  BOOST_TEST(!file.holds({0, 1}));
  BOOST_TEST(memory.used() == page_size);
  BOOST_TEST((sending.front()->bytes()[100] == content(100)));
  sending.clear();
  BOOST_TEST(memory.used() == 0u);
}

BOOST_AUTO_TEST_CASE(an_entry_lives_as_long_as_its_pages_or_users) {
  {
    const auto file = cache.open("a", answer_of("\"1\""));
    BOOST_TEST(!!cache.find("a"));
  }
  BOOST_TEST(!cache.find("a"));
  {
    const auto file = cache.open("a", answer_of("\"1\""));
    put(file, {0, 10});
  }
  BOOST_TEST(!!cache.find("a"));
  {
    const auto user = cache.find("a");
    cache.evict(1);
    BOOST_TEST(!!cache.find("a"));
    put(user, {0, 10});
  }
  BOOST_TEST(!!cache.find("a"));
  cache.evict(1);
  BOOST_TEST(!cache.find("a"));
}

BOOST_AUTO_TEST_CASE(the_version_decides) {
  const struct {
    stored_answer first, other;
    bool same;
  } rows[]{
      {answer_of("\"1\""), answer_of("\"1\""), true},        {answer_of("\"1\""), answer_of("\"2\""), false},
      {answer_of("\"1\"", 5), answer_of("\"1\"", 6), false}, {answer_of("Mon"), answer_of("Mon"), true},
      {answer_of("Mon"), answer_of("Tue"), false},           {answer_of("\"1\""), answer_of("Mon"), false},
      {answer_of("Mon"), answer_of("\"1\""), false},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    BOOST_TEST_CONTEXT("row " << i) {
      const auto before = cache.open("a", rows[i].first);
      put(before, {0, 100});
      const auto after = cache.open("a", rows[i].other);
      BOOST_TEST(after.holds({0, 100}) == rows[i].same);
      BOOST_TEST(before.holds({0, 100}) == rows[i].same);
      // Whoever still works on the old version puts nothing into the new one.
      put(before, {0, 200});
      BOOST_TEST(after.holds({0, 200}) == rows[i].same);
      after.forget();
    }
  }
}

BOOST_AUTO_TEST_CASE(an_answer_under_other_names_is_another_resource) {
  put(cache.open("a", answer_of("\"1\"")), {0, 100});
  BOOST_TEST(!cache.open("b", answer_of("\"1\"")).holds({0, 1}));
  BOOST_TEST(cache.find("a").holds({0, 100}));
}

BOOST_AUTO_TEST_CASE(what_may_not_be_stored_leaves_nothing) {
  put(cache.open("a", answer_of("\"1\"")), {0, 100});
  auto answer = answer_of("\"1\"");
  answer.terms.may_store = false;
  BOOST_TEST(!cache.open("a", answer));
  BOOST_TEST(!cache.find("a"));
}

BOOST_AUTO_TEST_CASE(a_later_answer_replaces_what_was_said) {
  auto answer = answer_of("\"1\"");
  put(cache.open("a", answer), {0, 100});
  answer.terms.lifetime = std::chrono::seconds(60);
  const auto confirmed = cache.open("a", answer);
  BOOST_TEST(confirmed.holds({0, 100}));
  BOOST_TEST(confirmed.answer().terms.lifetime.count() == 60);
  BOOST_TEST(cache.find("a").answer().terms.lifetime.count() == 60);
}

BOOST_AUTO_TEST_CASE(forgotten_it_is_gone) {
  const auto file = cache.open("a", answer_of("\"1\""));
  put(file, {0, 100});
  file.forget();
  file.forget();
  BOOST_TEST(!file.holds({0, 1}));
  BOOST_TEST(!cache.find("a"));
  put(file, {0, 100});
  BOOST_TEST(!file.holds({0, 1}));
}

BOOST_AUTO_TEST_CASE(short_memory_keeps_less_and_others_get_theirs) {
  memory.set_reclaim([this](std::uint64_t bytes) { cache.evict(bytes); });
  const auto file = cache.open("a", answer_of("\"1\""));
  put(file, {0, 10 * page_size});
  auto others = memory.try_reserve(memory.limit() - 4 * page_size);
  BOOST_TEST(others.size() > 0u);
  BOOST_TEST(memory.used() <= memory.limit());
  // The newest bytes push the oldest out.
  put(file, {20 * page_size, 30 * page_size});
  BOOST_TEST(memory.used() <= memory.limit());
  BOOST_TEST(file.holds({29 * page_size, 30 * page_size}));
  auto rest = memory.try_reserve(4 * page_size);
  BOOST_TEST(rest.size() == 4 * page_size);
  put(file, {0, 3 * page_size});
  BOOST_TEST(!file.next_run(0).has_value());
}

// Random ranges and evictions: what comes out is what went in.
BOOST_AUTO_TEST_CASE(random_use) {
  std::minstd_rand dice(3);
  const byte_offset total = 20 * page_size + 777;
  const auto file = cache.open("a", answer_of("\"1\"", total));
  for (int i = 0; i < 150; ++i) {
    const byte_offset a = dice() % total, length = 1 + dice() % (4 * page_size);
    const byte_range range{a, std::min(total, a + length)};
    if (dice() % 2 == 0) put(file, range);
    if (dice() % 9 == 0) cache.evict(dice() % (5 * page_size));
    BOOST_REQUIRE(gives(file, range) == file.holds(range));
    BOOST_REQUIRE(counters.cache_bytes.load() <= 10 * page_cost);
    BOOST_REQUIRE(memory.used() <= 10 * page_cost);
  }
  BOOST_TEST(counters.cache_evictions.load() > 0u);
}

BOOST_AUTO_TEST_CASE(many_threads) {
  std::vector<std::jthread> threads;
  std::atomic<int> wrong{0};
  for (unsigned n = 0; n < 4; ++n) {
    threads.emplace_back([&, n] {
      std::minstd_rand dice(n + 1);
      for (int i = 0; i < 300; ++i) {
        const auto key = std::string(1, static_cast<char>('a' + dice() % 3));
        const auto etag = dice() % 20 == 0 ? "\"2\"" : "\"1\"";
        const auto file = dice() % 4 == 0 ? cache.find(key) : cache.open(key, answer_of(etag));
        const byte_offset at = dice() % (10 * page_size);
        put(file, {at, at + dice() % (2 * page_size)});
        for (const auto& page : file.pages({at, at + page_size})) {
          const auto bytes = page->bytes();
          if (bytes.front() != content(page->range().begin) || bytes.back() != content(page->range().end - 1))
            ++wrong;
        }
        if (dice() % 30 == 0) file.forget();
        if (dice() % 30 == 0) cache.evict(dice() % (4 * page_size));
      }
    });
  }
  threads.clear();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
