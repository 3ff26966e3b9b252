#include "server/hls_support.hpp"

#include <mutex>

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_sharing_test)

namespace {

settings on_several_loops() {
  auto config = hls_test_settings();
  config.listen.threads = 4;
  return config;
}

/// A stream of one playlist with the segments seg0.ts, seg1.ts, …
struct channel : hls_fixture {
  explicit channel(media_text how, settings config = on_several_loops())
      : hls_fixture(std::move(config)), what(how) {
    set_media("/m.m3u8", what);
    set_segments("/", what, 50);
    id = post({"/m.m3u8"});
  }
  /// The same requests at the same time, each on a connection of its own.
  std::vector<raw_response> at_once(std::size_t count, const std::string& target,
                                    const std::string& lines = {}) const {
    std::vector<raw_response> all(count);
    std::vector<std::thread> clients;
    for (auto& each : all)
      clients.emplace_back([&] { each = server.request("GET", target, lines); });
    for (auto& each : clients)
      each.join();
    return all;
  }
  std::string segment(std::size_t index) const { return followed(id, segments(id).at(index)); }

  media_text what;
  std::string id;
};

const media_text vod{};
const auto broadcast = [](int target) {
  media_text what;
  what.ended = false;
  what.target = target;
  return what;
};

}  // namespace

BOOST_AUTO_TEST_CASE(concurrent_requests_for_a_segment_are_one_fetch) {
  for (const bool live : {false, true}) {
    BOOST_TEST_CONTEXT((live ? "live" : "vod")) {
      auto what = vod;
      what.ended = !live;
      channel at(what);
      const auto target = at.segment(1);
      constexpr std::uint64_t size = 1'500'000;
      at.origin.set("/seg1.ts", {.size = size, .seed = 9, .delay = milliseconds(400)});
      for (const auto& each : at.at_once(16, target))
        check_whole(each, 9, size);
      // A chunk that comes late may be raced.
      BOOST_TEST(at.origin.of("/seg1.ts").bytes_sent < 2 * size);
    }
  }
}

BOOST_AUTO_TEST_CASE(also_for_the_same_range) {
  channel at(vod);
  const auto target = at.segment(1);
  at.origin.set("/seg1.ts", {.size = 1'500'000, .seed = 9, .delay = milliseconds(400)});
  for (const auto& each : at.at_once(8, target, "Range: bytes=100000-1099999\r\n")) {
    BOOST_TEST(each.status == 206);
    BOOST_TEST(each.header("Content-Range").value_or("") == "bytes 100000-1099999/1500000");
    BOOST_TEST(has_content(each, 9, 100'000, 1'000'000), "the bytes differ");
  }
  // A chunk that comes late may be raced.
  BOOST_TEST(at.origin.of("/seg1.ts").bytes_sent < 2'000'000U);
}

BOOST_AUTO_TEST_CASE(different_ranges_at_once_are_right) {
  channel at(vod);
  const auto target = at.segment(1);
  at.origin.set("/seg1.ts", {.size = 1'500'000, .seed = 9, .delay = milliseconds(50)});
  constexpr std::size_t count = 12;
  const auto begin = [](std::size_t i) { return i * 50'000; };
  const auto size = [](std::size_t i) { return 200'000 + i; };
  std::vector<raw_response> all(count);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < count; ++i) {
    const auto last = std::to_string(begin(i) + size(i) - 1);
    clients.emplace_back([&, i, lines = "Range: bytes=" + std::to_string(begin(i)) + "-" + last + "\r\n"] {
      all[i] = at.server.request("GET", target, lines);
    });
  }
  for (auto& each : clients)
    each.join();
  for (std::size_t i = 0; i < count; ++i) {
    BOOST_TEST(all[i].status == 206);
    BOOST_TEST(has_content(all[i], 9, begin(i), size(i)), "the bytes differ");
  }
}

BOOST_AUTO_TEST_CASE(concurrent_failures_are_one_failure) {
  channel at(vod);
  const auto target = at.segment(1);
  auto rules = answering(404);
  rules.delay = milliseconds(400);
  at.origin.set("/seg1.ts", rules);
  for (const auto& each : at.at_once(8, target))
    check_problem(each, 404, "upstream");
  BOOST_TEST(at.asked("/seg1.ts") == 1U);
}

BOOST_AUTO_TEST_CASE(concurrent_requests_for_a_playlist_are_one_fetch) {
  channel at(vod);
  at.origin.update("/m.m3u8", [](auto& rules) { rules.delay = milliseconds(400); });
  for (const auto& each : at.at_once(16, at.playlist_path(at.id) + "?client_id=x"))
    check_playlist_head(each);
  BOOST_TEST(at.asked("/m.m3u8") == 1U);
  check_playlist_head(at.playlist(at.id));
  BOOST_TEST(at.asked("/m.m3u8") == 2U);  // it is kept by nobody
}

BOOST_AUTO_TEST_CASE(blocking_reloads_for_the_same_part_are_one) {
  channel at(broadcast(2));
  check_playlist_head(at.playlist(at.id));
  at.origin.update("/m.m3u8", [](auto& rules) { rules.delay = milliseconds(800); });
  for (const auto& each : at.at_once(12, at.playlist_path(at.id) + "?_HLS_msn=3&_HLS_part=0"))
    check_playlist_head(each);
  BOOST_TEST(at.asked("/m.m3u8") == 2U);
}

BOOST_AUTO_TEST_CASE(a_live_playlist_is_shared_until_its_next_change_is_due) {
  channel at(broadcast(2));
  const auto began = std::chrono::steady_clock::now();
  const auto first = at.playlist(at.id);
  check_playlist_head(first);
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(at.playlist(at.id).body == first.body);
  if (seconds_since(began) < 2) BOOST_TEST(at.asked("/m.m3u8") == 1U);
  at.change_text("/m.m3u8", media_text{.first = 1, .ended = false}.text());
  BOOST_TEST(eventually([&] { return at.playlist(at.id).body != first.body; }));
  BOOST_TEST(seconds_since(began) >= 1.9);
  BOOST_TEST(seconds_since(began) < 6);
  BOOST_TEST(at.asked("/m.m3u8") <= 3U);
}

BOOST_AUTO_TEST_CASE(many_viewers_of_a_live_stream_cost_little_more_than_one) {
  channel at(broadcast(1));
  std::vector<std::thread> viewers;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    viewers.emplace_back([&, i] {
      const auto name = "client_id=v" + std::to_string(i);
      for (int round = 0; round < 10; ++round) {
        const auto uris = uris_of(at.playlist(at.id, name).body);
        const auto got = at.follow(at.id, uris.at(static_cast<std::size_t>(round) % 3));
        if (has_content(got, 50 + static_cast<std::uint64_t>(round) % 3, 0, 10'000)) ++right;
      }
    });
  }
  for (auto& each : viewers)
    each.join();
  BOOST_TEST(right == 80);
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(at.asked("/seg" + std::to_string(i) + ".ts") == 1U);
}

BOOST_AUTO_TEST_CASE(the_newest_live_segments_are_served_from_memory) {
  channel at(broadcast(2));
  const auto target = at.segment(2);
  check_whole(at.server.request("GET", target), 52, 10'000);
  check_whole(at.server.request("GET", target), 52, 10'000);
  const auto part = at.server.request("GET", target, "Range: bytes=100-199\r\n");
  BOOST_TEST(part.status == 206);
  BOOST_TEST(part.header("Content-Range").value_or("") == "bytes 100-199/10000");
  BOOST_TEST(has_content(part, 52, 100, 100));
  const auto end = at.server.request("GET", target, "Range: bytes=-100\r\n");
  BOOST_TEST(has_content(end, 52, 9'900, 100));
  BOOST_TEST(at.asked("/seg2.ts") == 1U);
  check_problem(at.server.request("GET", target, "Range: bytes=10000-\r\n"), 416, "range");
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_how_players_ask_for_all_of_it) {
  for (const bool range_first : {false, true}) {
    channel at(broadcast(2));
    const auto target = at.segment(2);
    const std::string ranged = "Range: bytes=0-\r\n";
    const auto first = at.server.request("GET", target, range_first ? ranged : std::string());
    const auto second = at.server.request("GET", target, range_first ? std::string() : ranged);
    check_whole(range_first ? second : first, 52, 10'000);
    const auto& part = range_first ? first : second;
    BOOST_TEST(part.status == 206);
    BOOST_TEST(part.header("Content-Range").value_or("") == "bytes 0-9999/10000");
    BOOST_TEST(has_content(part, 52, 0, 10'000));
    BOOST_TEST(at.asked("/seg2.ts") == 1U);
  }
}

BOOST_AUTO_TEST_CASE(they_are_kept_for_three_target_durations) {
  channel at(broadcast(1));
  const auto target = at.segment(2);
  const auto began = std::chrono::steady_clock::now();
  check_whole(at.server.request("GET", target), 52, 10'000);
  BOOST_TEST(eventually([&] {
    BOOST_TEST(at.server.request("GET", target).status == 200);
    std::this_thread::sleep_for(milliseconds(50));
    return at.asked("/seg2.ts") > 1;
  }));
  BOOST_TEST(seconds_since(began) >= 2.9);
}

BOOST_AUTO_TEST_CASE(segments_of_recordings_are_not_kept) {
  channel at(vod);
  const auto target = at.segment(2);
  check_whole(at.server.request("GET", target), 52, 10'000);
  BOOST_TEST(eventually([&] {
    check_whole(at.server.request("GET", target), 52, 10'000);
    return at.asked("/seg2.ts") > 1;
  }));
}

BOOST_AUTO_TEST_CASE(a_live_segment_without_a_length_is_shared) {
  for (const auto framing : {origin::framing::chunked, origin::framing::until_close}) {
    channel at(broadcast(2));
    const auto target = at.segment(1);
    origin::behaviour rules{.size = 400'000, .seed = 9, .rate = 1 * mebi, .delay = milliseconds(200)};
    rules.body_framing = framing;
    rules.lies = origin::lie{.about = origin::lie::kind::ignore_range};
    at.origin.set("/seg1.ts", rules);
    for (const auto& each : at.at_once(6, target)) {
      BOOST_TEST(each.status == 200);
      BOOST_TEST(each.complete);
      BOOST_TEST(has_content(each, 9, 0, 400'000), "the bytes differ");
    }
    BOOST_TEST(at.asked("/seg1.ts") == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_does_not_break_the_others) {
  for (const bool live : {false, true}) {
    auto what = vod;
    what.ended = !live;
    channel at(what);
    const auto target = at.segment(1);
    constexpr std::uint64_t size = 600'000;
    at.origin.set("/seg1.ts", {.size = size, .seed = 9, .rate = 200'000});
    auto first = std::make_unique<viewer>(at.server.port(), target);
    BOOST_REQUIRE(first->read_to(1));
    viewer second(at.server.port(), target);
    BOOST_REQUIRE(second.read_to(1));
    first->reset();
    first.reset();
    second.drain();
    BOOST_TEST(second.complete());
    BOOST_TEST(second.body == origin::content_of(9, 0, size), "the bytes differ");
    BOOST_TEST(at.origin.of("/seg1.ts").bytes_sent <= size + 100'000);
  }
}

BOOST_AUTO_TEST_CASE(one_that_leaves_before_the_first_answer_does_not_either) {
  channel at(vod);
  const auto target = at.segment(1);
  at.origin.set("/seg1.ts", {.size = 100'000, .seed = 9, .delay = milliseconds(700)});
  at.origin.update("/m.m3u8", [](auto& rules) { rules.delay = milliseconds(700); });
  for (const bool playlist : {false, true}) {
    const auto what = playlist ? at.playlist_path(at.id) : target;
    auto first = std::make_unique<viewer>(at.server.port(), what, viewer_options{.wait_head = false});
    const auto path = playlist ? "/m.m3u8" : "/seg1.ts";
    const auto before = at.asked(path);
    BOOST_TEST(eventually([&] { return at.origin.of(path).active_requests > 0 || at.asked(path) > before; }));
    raw_response got;
    std::thread other([&] { got = at.server.request("GET", what); });
    std::this_thread::sleep_for(milliseconds(100));
    first->reset();
    other.join();
    BOOST_TEST(got.status == 200);
    BOOST_TEST(got.complete);
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_slowly_does_not_hold_up_the_others) {
  channel at(vod);
  const auto target = at.segment(1);
  constexpr std::uint64_t size = 8 * mebi;
  at.origin.set("/seg1.ts", {.size = size, .seed = 9});
  viewer slow(at.server.port(), target, {.receive_buffer = 4'096});
  const auto began = std::chrono::steady_clock::now();
  check_whole(at.server.request("GET", target), 9, size);
  BOOST_TEST(seconds_since(began) < 10);
  slow.drain();
  BOOST_TEST(slow.complete());
  BOOST_TEST(slow.received() == size);
}

BOOST_AUTO_TEST_CASE(the_upstream_stops_when_the_last_client_has_left) {
  for (const bool live : {false, true}) {
    auto what = vod;
    what.ended = !live;
    channel at(what);
    const auto target = at.segment(1);
    at.origin.set("/seg1.ts", {.size = 20 * mebi, .seed = 9, .rate = 200'000});
    {
      viewer first(at.server.port(), target), second(at.server.port(), target);
      BOOST_REQUIRE(first.read_to(1));
      BOOST_REQUIRE(second.read_to(1));
      first.reset();
      BOOST_TEST(at.open("/seg1.ts") > 0U);
      second.reset();
    }
    const auto began = std::chrono::steady_clock::now();
    BOOST_TEST(eventually([&] { return at.open("/seg1.ts") == 0; }));
    BOOST_TEST(seconds_since(began) < 2.5);
    // Who comes now gets it anew.
    at.set_bytes("/seg1.ts", 30'000, 11);
    check_whole(at.server.request("GET", target), 11, 30'000);
  }
}

BOOST_AUTO_TEST_CASE(a_shared_body_that_breaks_is_cut_for_all) {
  channel at(vod);
  const auto target = at.segment(1);
  origin::behaviour rules{.size = 400'000, .seed = 8, .delay = milliseconds(200)};
  rules.reset_at = origin::cut{.after = 100'000, .absolute = true};
  at.origin.set("/seg1.ts", rules);
  for (const auto& each : at.at_once(4, target))
    check_cut(each, 8);
  at.set_bytes("/seg1.ts", 30'000, 11);
  check_whole(at.server.request("GET", target), 11, 30'000);
}

BOOST_AUTO_TEST_CASE(deleting_ends_shared_responses) {
  channel at(vod);
  const auto uri = at.segments(at.id).at(1);
  at.origin.set("/seg1.ts", {.size = 20 * mebi, .seed = 9, .rate = 200'000});
  const auto token = uri.substr(uri.find("&t="));
  const auto as = [&](const std::string& who) {
    return at.followed(at.id, "seg1.ts?client_id=" + who + token);
  };
  viewer one(at.server.port(), as("one")), two(at.server.port(), as("two"));
  BOOST_REQUIRE(one.read_to(1));
  BOOST_REQUIRE(two.read_to(1));
  BOOST_TEST(at.server.request("DELETE", "/clients/one").status == 200);
  one.drain();
  BOOST_TEST(!one.complete());
  BOOST_TEST(two.read_to(two.received() + 50'000));
  BOOST_TEST(at.server.request("DELETE", "/streams/" + at.id).status == 200);
  two.drain();
  BOOST_TEST(!two.complete());
  BOOST_TEST(eventually([&] { return at.open("/seg1.ts") == 0; }));
}

BOOST_AUTO_TEST_CASE(streams_do_not_share_what_other_headers_brought) {
  hls_fixture at;
  at.set_media("/m.m3u8", broadcast(2));
  at.set_segments("/", {}, 5);
  const auto one = at.post_urls({at.origin.url("/m.m3u8?one")}, {{"headers", {{"X-Key", "1"}}}});
  const auto two = at.post_urls({at.origin.url("/m.m3u8?two")}, {{"headers", {{"X-Key", "2"}}}});
  check_whole(at.follow(one, at.segments(one).at(0)), 5, 10'000);
  check_whole(at.follow(two, at.segments(two).at(0)), 5, 10'000);
  BOOST_TEST(at.asked("/seg0.ts") == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
