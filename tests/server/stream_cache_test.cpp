// --cache: what is kept, what may be used unasked, and what the upstream has to confirm.

#include "server/stream_cache_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_cache_test)

namespace {

constexpr std::uint64_t size = 2 * mebi + 12'345;
constexpr std::uint64_t seed = 21;

struct rule_row {
  const char* what;
  origin::behaviour rules;
  std::uint64_t second_play;  ///< bytes that the origin sends for it
};

origin::behaviour with(origin::header_list headers) {
  return {.size = size, .seed = seed, .headers = std::move(headers)};
}

origin::behaviour versioned(const char* etag, const char* last_modified) {
  return {.size = size, .seed = seed, .etag = etag, .last_modified = last_modified};
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_the_option_nothing_is_kept) {
  cache_fixture on(stream_settings());
  on.origin.set("/a.mkv", lasting(size, seed));
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(on.upstream_bytes([&] { check_whole(on.play("/a.mkv"), seed, size); }) >= size);
  BOOST_TEST(on.hits() + on.misses() == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_second_play_costs_one_byte, cache_fixture) {
  origin.set("/a.mkv", {.size = size, .seed = seed});
  check_whole(play("/a.mkv"), seed, size);
  BOOST_TEST(eventually([&] { return misses() == 1; }));
  BOOST_TEST(upstream_bytes([&] { check_whole(play("/a.mkv"), seed, size); }) == 1U);
  BOOST_TEST(last_request().header("Range").value_or("") == "bytes=0-0");
  BOOST_TEST(eventually([&] { return hits() == 1U; }));
  BOOST_TEST(misses() == 1U);
  BOOST_TEST(eventually([&] { return counters().cache_hit_bytes.load() == size - 1; }));
  BOOST_TEST(counters().cache_bytes.load() >= size);
  BOOST_TEST(counters().bytes_wasted.load() == 0U);
}

BOOST_FIXTURE_TEST_CASE(while_it_is_fresh_the_upstream_is_not_asked, cache_fixture) {
  origin.set("/a.mkv", lasting(size, seed));
  const auto first = play("/a.mkv");
  check_whole(first, seed, size);
  const auto asked = origin.totals().requests;
  const auto fetched = counters().bytes_fetched.load();
  const auto second = play("/a.mkv");
  check_whole(second, seed, size);
  BOOST_TEST(second.header("Age").value_or("") != "");
  for (const auto* name : {"Content-Type", "Content-Disposition", "ETag", "Last-Modified", "Accept-Ranges",
                           "X-Client-ID", "X-Stream-ID", "Access-Control-Allow-Origin"})
    BOOST_TEST(second.header(name).value_or("-") == first.header(name).value_or("-"), name);
  const auto part = play("/a.mkv", "Range: bytes=1000000-1999999\r\n");
  BOOST_TEST(part.status == 206);
  BOOST_TEST(has_content(part, seed, 1'000'000, 1'000'000));
  const auto tail = play("/a.mkv", "Range: bytes=-7\r\n");
  BOOST_TEST(has_content(tail, seed, size - 7, 7));
  BOOST_TEST(play("/a.mkv", {}, {}, "HEAD").status == 200);
  BOOST_TEST(play("/a.mkv", "If-None-Match: *\r\n").status == 304);
  BOOST_TEST(origin.totals().requests == asked);
  BOOST_TEST(counters().bytes_fetched.load() == fetched);
}

BOOST_AUTO_TEST_CASE(what_is_kept_and_what_is_asked) {
  const rule_row rows[]{
      {"max-age", with({{"Cache-Control", "max-age=60"}}), 0},
      {"s-maxage", with({{"Cache-Control", "max-age=0, s-maxage=60"}}), 0},
      {"expires", with({{"Expires", "Fri, 01 Jan 2100 00:00:00 GMT"}}), 0},
      {"expired", with({{"Expires", "Fri, 01 Jan 2010 00:00:00 GMT"}}), 1},
      {"old already", with({{"Cache-Control", "max-age=60"}, {"Age", "60"}}), 1},
      {"no-cache", with({{"Cache-Control", "max-age=60, no-cache"}}), 1},
      {"max-age=0", with({{"Cache-Control", "max-age=0"}}), 1},
      {"nothing said", with({}), 1},
      {"vary", with({{"Vary", "User-Agent"}, {"Cache-Control", "max-age=60"}}), 0},
      {"no-store", with({{"Cache-Control", "no-store, max-age=60"}}), size},
      {"private", with({{"Cache-Control", "private, max-age=60"}}), size},
      {"vary *", with({{"Vary", "*"}, {"Cache-Control", "max-age=60"}}), size},
      {"encoded", with({{"Content-Encoding", "x-own"}, {"Cache-Control", "max-age=60"}}), size},
      {"only a date", versioned("", "Wed, 03 Jan 2024 03:04:05 GMT"), 1},
      {"a weak tag and a date", versioned("W/\"a\"", "Wed, 03 Jan 2024 03:04:05 GMT"), 1},
      {"a weak tag", versioned("W/\"a\"", ""), size},
      {"no validator", versioned("", ""), size},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.what) {
      cache_fixture on;
      on.origin.set("/a.mkv", row.rules);
      BOOST_TEST(has_content(on.play("/a.mkv"), seed, 0, size));
      const auto cost = on.upstream_bytes(
          [&] { BOOST_TEST(has_content(on.play("/a.mkv"), seed, 0, size), "the bytes differ"); });
      BOOST_TEST(cost == row.second_play);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_client_may_demand_a_confirmation, cache_fixture) {
  origin.set("/a.mkv", lasting(size, seed));
  // Nothing of this request is kept.
  check_whole(play("/a.mkv", "Cache-Control: no-store\r\n"), seed, size);
  BOOST_TEST(counters().cache_bytes.load() == 0U);
  check_whole(play("/a.mkv"), seed, size);
  for (const std::string line : {"Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache",
                                 "Cache-Control: min-fresh=99999"}) {
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(upstream_bytes([&] { check_whole(play("/a.mkv", line + "\r\n"), seed, size); }) == 1U);
    }
  }
  BOOST_TEST(upstream_bytes([&] { check_whole(play("/a.mkv"), seed, size); }) == 0U);
}

BOOST_FIXTURE_TEST_CASE(only_what_is_missing_is_fetched, cache_fixture) {
  origin.set("/a.mkv", {.size = size, .seed = seed});
  const auto middle = play("/a.mkv", "Range: bytes=700001-1500000\r\n");
  BOOST_TEST(has_content(middle, seed, 700'001, 800'000));
  const auto end = play("/a.mkv", "Range: bytes=2000000-\r\n");
  BOOST_TEST(has_content(end, seed, 2'000'000, size - 2'000'000));
  const auto missing = size - 800'000 - (size - 2'000'000);
  BOOST_TEST(upstream_bytes([&] { check_whole(play("/a.mkv"), seed, size); }) == missing);
  BOOST_TEST(upstream_bytes([&] { check_whole(play("/a.mkv"), seed, size); }) == 1U);
  BOOST_TEST(counters().bytes_wasted.load() == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_first_request_ends_where_cached_bytes_begin, cache_fixture) {
  origin.set("/a.mkv", {.size = size, .seed = seed});
  BOOST_TEST(play("/a.mkv", "Range: bytes=5000-\r\n").complete);
  origin.reset_counters();
  check_whole(play("/a.mkv"), seed, size);
  BOOST_TEST(ranges() == std::vector<std::string>{"bytes=0-4999"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(ranges_that_do_not_begin_with_a_page_are_whole_hits, cache_fixture) {
  origin.set("/a.mp4", lasting(size, seed));
  // Segments of one file, as HLS plays them.
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t begin = 0; begin < 1 * mebi; begin += 123'457) {
      const auto asked = origin.totals().requests;
      const auto range = std::to_string(begin) + "-" + std::to_string(begin + 123'456);
      const auto segment = play("/a.mp4", "Range: bytes=" + range + "\r\n");
      BOOST_TEST(has_content(segment, seed, begin, 123'457));
      if (round == 1) BOOST_TEST(origin.totals().requests == asked);
    }
  }
}

BOOST_AUTO_TEST_CASE(another_version_between_two_plays) {
  const origin::change changes[]{
      {.seed = seed + 1},
      {.size = size + 4096, .seed = seed + 1},
      {.size = size / 2, .seed = seed + 1},
      {.size = 1, .seed = seed + 1},
      {.seed = seed + 1, .etag = "", .last_modified = "Wed, 03 Jan 2024 03:04:05 GMT"},
  };
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    for (const std::string range : {"", "Range: bytes=-400000\r\n", "Range: bytes=700000-\r\n"}) {
      BOOST_TEST_CONTEXT("change " << i << ", " << range) {
        cache_fixture on;
        on.origin.set("/a.mkv", {.size = size, .seed = seed});
        check_whole(on.play("/a.mkv"), seed, size);
        on.origin.update("/a.mkv", [&](origin::behaviour& rules) { rules.changes = changes[i]; });
        const auto now = changes[i].size.value_or(size);
        const auto response = on.play("/a.mkv", range);
        if (range.empty()) {
          check_whole(response, seed + 1, now);
        } else if (now > 700'000 || range.find("=-") != std::string::npos) {
          const auto begin = range.find("=-") == std::string::npos ? 700'000 : now - std::min(now, 400'000UL);
          BOOST_TEST(response.status == 206);
          BOOST_TEST(has_content(response, seed + 1, begin, now - begin), "the bytes differ");
        } else {
          BOOST_TEST(response.status == 416);
        }
        check_whole(on.play("/a.mkv"), seed + 1, now);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(another_version_in_mid_play_cuts_and_forgets, cache_fixture) {
  origin.set("/a.mkv", lasting(size, seed));
  // The end is cached, and fresh.
  BOOST_TEST(play("/a.mkv", "Range: bytes=1500000-\r\n").complete);
  origin.update("/a.mkv", [](origin::behaviour& rules) {
    rules.rate = 16 * mebi;
    rules.changes = origin::change{.seed = seed + 1, .when = {.first_byte_from = 500'000}};
  });
  check_cut(play("/a.mkv"), seed);
  origin.update("/a.mkv", [](origin::behaviour& rules) { rules.changes = origin::change{.seed = seed + 1}; });
  check_whole(play("/a.mkv"), seed + 1, size);
}

BOOST_FIXTURE_TEST_CASE(keys_hold_all_that_is_sent, cache_fixture) {
  origin.set("/a.mkv", lasting(size, seed));
  const std::vector<std::string> parameters{
      "", "header=" + encoded("X-Key: 1") + "&", "header=" + encoded("X-Key: 2") + "&",
      "header=" + encoded("Authorization: Bearer a") + "&", "header=" + encoded("Cookie: a=b") + "&"};
  for (const auto& each : parameters) {
    BOOST_TEST_CONTEXT(each) {
      const auto cost = [&] {
        return upstream_bytes([&] { check_whole(play("/a.mkv", {}, each), seed, size); });
      };
      BOOST_TEST(cost() == size);
      BOOST_TEST(cost() == 0U);
    }
  }
  const auto with_password = [&](const std::string& password) {
    const auto target =
        "/stream?url=http://user:" + password + "@127.0.0.1:" + std::to_string(origin.port()) + "/a.mkv";
    return upstream_bytes([&] { check_whole(server.request("GET", target), seed, size); });
  };
  BOOST_TEST(with_password("a") == size);
  BOOST_TEST(with_password("a") == 0U);
  BOOST_TEST(with_password("b") == size);
  // Another query is another URL.
  BOOST_TEST(upstream_bytes([&] { check_whole(play("/a.mkv?b"), seed, size); }) == size);
}

BOOST_FIXTURE_TEST_CASE(behind_a_redirect_the_name_is_the_final_ones, cache_fixture) {
  origin.set("/real.mkv", lasting(size, seed));
  origin.set("/go", {.redirect = {{.location = "/real.mkv"}}});
  const auto first = play("/go");
  const auto asked = origin.totals().requests;
  const auto second = play("/go");
  check_whole(second, seed, size);
  BOOST_TEST(origin.totals().requests == asked);
  BOOST_TEST(second.header("Content-Disposition").value_or("") ==
             first.header("Content-Disposition").value_or("-"));
  const auto named = play("/go", {}, "filename=other.mp4&");
  BOOST_TEST(named.header("Content-Disposition").value_or("") == "inline; filename*=UTF-8''other.mp4");
  BOOST_TEST(origin.totals().requests == asked);
}

BOOST_FIXTURE_TEST_CASE(private_addresses_stay_hidden_from_pages, cache_fixture) {
  // Loopback has been allowed by its class alone: the fixture's rule names it.
  origin.set("/a.mkv", lasting(size, seed));
  const auto first = play("/a.mkv", "Origin: http://page.test\r\n");
  const auto second = play("/a.mkv", "Origin: http://page.test\r\n");
  BOOST_TEST(second.header("Access-Control-Allow-Origin").value_or("-") ==
             first.header("Access-Control-Allow-Origin").value_or("-"));
}

BOOST_AUTO_TEST_SUITE_END()
