// Upstreams that answer and then send too little: playlists that trickle, segments of which only the head
// comes.

#include "server/hls_support.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_stall_test)

namespace {

settings impatient() {
  auto config = hls_test_settings();
  config.upstream.read_timeout = milliseconds(500);
  config.upstream.retries = 1;
  return config;
}

/// Five bytes a second from here on: no single read takes too long, the whole would take minutes.
void trickle(hls_fixture& at, const std::string& path, std::uint64_t after) {
  at.origin.update(path, [after](origin::behaviour& rules) {
    *rules.text += std::string(1'000, '#');
    rules.slow_at = origin::slow_down{.after = after, .rate = 5};
  });
}

struct broken_start {
  const char* name;
  origin::behaviour rules;
  int status;
  const char* code;
};

/// A good head and not one byte of the body.
std::vector<broken_start> broken_starts() {
  const origin::cut at_once{};
  std::vector<broken_start> all{{"stall", {.size = 10'000, .stall_at = at_once}, 504, "timeout"},
                                {"end", {.size = 10'000, .truncate_at = at_once}, 502, "upstream"},
                                {"reset", {.size = 10'000, .reset_at = at_once}, 502, "upstream"}};
  const auto with_ranges = all;
  for (auto each : with_ranges) {
    each.rules.lies = origin::lie{.about = origin::lie::kind::ignore_range};
    all.push_back(each);
  }
  return all;
}

/// A start, and how it is asked for.
struct broken_row {
  broken_start start;
  bool live;
  const char* range;
};

std::vector<broken_row> broken_rows() {
  std::vector<broken_row> all;
  for (const auto& each : broken_starts()) {
    all.push_back({each, true, ""});
    for (const auto* range : {"", "Range: bytes=0-\r\n", "Range: bytes=100-199\r\n"})
      all.push_back({each, false, range});
  }
  return all;
}

std::ostream& operator<<(std::ostream& out, const broken_row& row) {
  return out << row.start.name << (row.start.rules.lies ? ", no ranges" : "")
             << (row.live ? ", live " : ", vod ") << row.range;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_playlist_that_trickles_is_left_for_a_backup) {
  for (const std::uint64_t after : {0U, 40U}) {
    two_sources at({}, {.names = "other"}, impatient());
    trickle(at, "/a/m.m3u8", after);
    const auto began = std::chrono::steady_clock::now();
    const auto got = at.playlist(at.id);
    BOOST_TEST(seconds_since(began) < promptly.count());
    check_playlist_head(got);
    BOOST_TEST(name_in(uris_of(got.body).at(0)) == "other0.ts");
    BOOST_TEST(count_of(at.info(at.id), "current_failover_index") == 1U);
    BOOST_TEST(at.asked("/a/m.m3u8") <= 2U);  // one retry while another source is left
  }
}

BOOST_AUTO_TEST_CASE(also_in_the_middle_of_a_broadcast) {
  const media_text channel{.ended = false, .target = 1};
  two_sources at(channel, channel, impatient());
  check_playlist_head(at.playlist(at.id));
  trickle(at, "/a/m.m3u8", 0);
  const auto began = std::chrono::steady_clock::now();
  // What is kept is handed out until its next change is due.
  BOOST_TEST(eventually([&] {
    check_playlist_head(at.playlist(at.id));
    return at.asked("/b/m.m3u8") > 0;
  }));
  BOOST_TEST(seconds_since(began) < promptly.count());
}

BOOST_AUTO_TEST_CASE(without_a_backup_its_viewers_are_told) {
  hls_fixture at(impatient());
  at.set_media("/a.m3u8", {});
  trickle(at, "/a.m3u8", 20);
  const auto id = at.post({"/a.m3u8"});
  const auto began = std::chrono::steady_clock::now();
  check_problem(at.playlist(id), 504, "timeout");
  BOOST_TEST(seconds_since(began) < promptly.count());
  BOOST_TEST(at.asked("/a.m3u8") == 2U);
}

BOOST_AUTO_TEST_CASE(a_segment_without_a_body_is_one_error_after_the_retries) {
  for (const auto& row : broken_rows()) {
    BOOST_TEST_CONTEXT(row) {
      hls_fixture at(impatient());
      at.set_media("/m.m3u8", {.ended = !row.live});
      at.origin.set("/seg1.ts", row.start.rules);
      const auto id = at.post({"/m.m3u8"});
      const auto uri = at.segments(id).at(1);
      check_problem(at.follow(id, uri, row.range), row.start.status, row.start.code);
      // A Range into the middle asks once more: what the whole begins with.
      const bool looks = at.origin.requests("/seg1.ts").front().header("Range").value_or("") == "bytes=0-15";
      BOOST_TEST(looks == (std::string_view(row.range).find("=100") != std::string_view::npos));
      BOOST_TEST(at.asked("/seg1.ts") == (looks ? 3U : 2U));
      // Nothing of it is kept.
      at.set_bytes("/seg1.ts", 10'000, 9);
      check_whole(at.follow(id, uri), 9, 10'000);
    }
  }
}

BOOST_AUTO_TEST_CASE(so_it_is_for_many_at_once) {
  for (const auto& start : broken_starts()) {
    BOOST_TEST_CONTEXT(start.name) {
      hls_fixture at(impatient());
      at.set_media("/m.m3u8", {});
      auto rules = start.rules;
      rules.delay = milliseconds(300);
      at.origin.set("/seg1.ts", rules);
      const auto id = at.post({"/m.m3u8"});
      const auto uri = at.segments(id).at(1);
      std::vector<raw_response> all(6);
      std::vector<std::thread> viewers;
      for (auto& each : all)
        viewers.emplace_back([&] { each = at.follow(id, uri); });
      for (auto& each : viewers)
        each.join();
      for (const auto& each : all)
        check_problem(each, start.status, start.code);
      BOOST_TEST(at.asked("/seg1.ts") == 2U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_backup_gives_what_does_not_come) {
  for (const auto& start : broken_starts()) {
    BOOST_TEST_CONTEXT(start.name) {
      two_sources at({}, {}, impatient());
      at.origin.set("/a/seg1.ts", start.rules);
      check_whole(at.follow(at.id, at.segments(at.id).at(1)), 201, 10'000);
      BOOST_TEST(at.asked("/a/seg1.ts") == 2U);  // one retry while another source is left
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
