#include "transfer/cache_use.hpp"

#include "transfer/page_keeper.hpp"
#include "transfer/transfer_fixture.hpp"

#include <ostream>

namespace millrace {

std::ostream& operator<<(std::ostream& out, byte_range range) {
  return out << '[' << range.begin << ", " << range.end << ')';
}

}  // namespace millrace

namespace {

using namespace millrace;
using namespace millrace::transfer;

constexpr byte_offset K = 1024;

struct cache_fixture : transfer_fixture {
  cache_fixture() { with.cache = &cache; }
  ~cache_fixture() { cache.evict(UINT64_MAX); }

  upstream::cached_file open_entry(byte_offset total) {
    upstream::stored_answer answer{
        .head = {}, .location = at("/a"), .peer = {}, .total = total, .terms = {.may_store = true}};
    answer.head.fields.add("ETag", "\"1\"");
    answer.terms.may_store = true;
    return cache.open("entry", std::move(answer));
  }

  upstream::block_cache cache{16 * 1024 * K, buffers, counters};
};

std::vector<std::byte> some(std::size_t count) {
  return std::vector<std::byte>(count, std::byte{7});
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cache_use_test, cache_fixture)

BOOST_AUTO_TEST_CASE(what_need_not_be_asked_for) {
  using upstream::wanted;
  const auto known = open_entry(1000 * K);
  page_keeper(known).add(100 * K, some(100 * K));
  page_keeper(known).add(300 * K, some(700 * K));
  const struct {
    wanted first;
    byte_offset least;
    byte_range asked;
  } rows[]{
      {byte_range{0, 256 * K}, 1, {0, 100 * K}},
      {byte_range{0, 50}, 1, {0, 50}},
      {byte_range{100 * K, 300 * K}, 1, {100 * K, 100 * K + 1}},
      {byte_range{150 * K, 400 * K}, 1, {150 * K, 150 * K + 1}},
      {byte_range{150 * K, 400 * K}, 64, {150 * K, 150 * K + 64}},
      {byte_range{150 * K, 150 * K + 10}, 64, {150 * K, 150 * K + 10}},
      {byte_range{200 * K, 999 * K}, 1, {200 * K, 300 * K}},
      {byte_range{999 * K, 2000 * K}, 1, {999 * K, 999 * K + 1}},
      {byte_range{1000 * K, 2000 * K}, 1, {1000 * K, 2000 * K}},
      {upstream::wanted_suffix{10}, 1, {1000 * K - 10, 1000 * K - 9}},
      {upstream::wanted_suffix{800 * K}, 1, {200 * K, 300 * K}},
      {upstream::wanted_suffix{9999 * K}, 1, {0, 100 * K}},
  };
  for (const auto& row : rows) {
    const auto asked = less_cached(row.first, known, row.least);
    BOOST_REQUIRE(std::holds_alternative<byte_range>(asked));
    BOOST_TEST(std::get<byte_range>(asked) == row.asked);
  }
  BOOST_TEST(std::holds_alternative<upstream::wanted_all>(less_cached(upstream::wanted_all{}, known)));
  const auto unknown = less_cached(upstream::wanted_suffix{10}, {});
  BOOST_TEST(std::holds_alternative<upstream::wanted_suffix>(unknown));
}

BOOST_AUTO_TEST_CASE(pages_are_made_of_what_passes_by) {
  const auto known = open_entry(200 * K + 5);
  {
    page_keeper keeper(known);
    for (byte_offset at = 10 * K; at < 200 * K; at += 10 * K)
      keeper.add(at, some(10 * K));
    BOOST_TEST((known.next_run(0) == byte_range{10 * K, 192 * K}));
    keeper.add(200 * K, some(5));
    // The end of the file ends the page.
    BOOST_TEST((known.next_run(0) == byte_range{10 * K, 200 * K + 5}));
    keeper.add(0, some(10));
    keeper.add(100, some(10));
  }
  BOOST_TEST((known.next_run(0) == byte_range{10 * K, 200 * K + 5}));
  page_keeper(known).add(0, some(10 * K));
  BOOST_TEST(known.holds({0, 200 * K + 5}));
}

BOOST_AUTO_TEST_CASE(without_an_entry_nothing_is_kept) {
  const upstream::cached_file none;
  page_keeper keeper(none);
  keeper.add(0, some(100 * K));
  BOOST_TEST(buffers.used() == 0u);
}

BOOST_AUTO_TEST_CASE(an_answer_finds_its_entry) {
  server.set("/a", {.size = 500 * K, .seed = 1});
  auto file = file_of({at("/a")});
  BOOST_TEST(!find_cached(file));
  auto answer = run(upstream::open_range(file, byte_range{0, 10}));
  BOOST_REQUIRE(answer.has_value());
  const auto entry = confirm_cached(file, *answer);
  BOOST_REQUIRE(!!entry);
  BOOST_TEST(!!find_cached(file));
  BOOST_TEST(entry.answer().total == 500 * K);
  BOOST_TEST(entry.answer().ranged);
  BOOST_TEST((entry.answer().location == at("/a")));
  BOOST_TEST(!entry.answer().version().etag.empty());
  // Other headers, another entry; without a cache, none.
  auto other = upstream::remote_file(
      with, here, {.given = {}, .credential_origin = {}, .user_agent = "other"}, {at("/a")});
  BOOST_TEST(!find_cached(other));
  file.cache = nullptr;
  BOOST_TEST(!find_cached(file));
  BOOST_TEST(!confirm_cached(file, *answer));
}

BOOST_AUTO_TEST_CASE(a_changed_resource_is_forgotten) {
  const auto known = open_entry(100 * K);
  page_keeper(known).add(0, some(100 * K));
  forget_changed(known, std::nullopt);
  forget_changed(known, failure{.code = errc::connection_lost});
  forget_changed(known, failure{.code = errc::source_differs});
  BOOST_TEST(known.holds({0, 100 * K}));
  forget_changed(known, failure{.code = errc::resource_changed});
  BOOST_TEST(!known.holds({0, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
