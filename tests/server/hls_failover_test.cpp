#include "server/hls_support.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_failover_test)

namespace {

origin::behaviour with_head(origin::head_fault::kind what) {
  origin::behaviour rules;
  rules.head = origin::head_fault{.what = what};
  return rules;
}
origin::behaviour page() {
  origin::behaviour rules;
  rules.text = "<html>we are sorry</html>";
  rules.content_type = "text/html";
  return rules;
}
origin::behaviour half_a_playlist() {
  origin::behaviour rules;
  rules.text = media_text{}.text();
  rules.truncate_at = origin::cut{.after = 40};
  return rules;
}

}  // namespace

BOOST_AUTO_TEST_CASE(another_source_gives_the_playlist) {
  using fault = origin::head_fault::kind;
  const std::pair<const char*, origin::behaviour> table[] = {
      {"404", answering(404)},
      {"403", answering(403)},
      {"401", answering(401)},
      {"410", answering(410)},
      {"500", answering(500)},
      {"503", answering(503)},
      {"400", answering(400)},
      {"page", page()},
      {"reset", with_head(fault::reset)},
      {"close", with_head(fault::close)},
      {"garbage", with_head(fault::garbage)},
      {"silence", with_head(fault::never)},
      {"half", half_a_playlist()},
  };
  for (const auto& [name, rules] : table) {
    BOOST_TEST_CONTEXT(name) {
      two_sources at;
      at.origin.set("/a/m.m3u8", rules);
      const auto got = at.playlist(at.id);
      check_playlist_head(got);
      const auto uris = uris_of(got.body);
      BOOST_REQUIRE_EQUAL(uris.size(), 3U);
      check_whole(at.follow(at.id, uris.at(1)), 201, 10'000);
      const auto info = at.info(at.id);
      BOOST_TEST(count_of(info, "current_failover_index") == 1U);
      BOOST_TEST(text_of(info, "current_url") == at.origin.url("/b/m.m3u8"));
      BOOST_TEST(count_of(info, "failover_attempts") == 1U);
      BOOST_TEST(count_of(info, "error_count") == 0U);
      BOOST_TEST(!text_of(info, "last_error").empty());
      // The next request begins with the one that worked last.
      const auto before = at.asked("/a/m.m3u8");
      check_playlist_head(at.playlist(at.id));
      BOOST_TEST(at.asked("/a/m.m3u8") == before);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_one_too) {
  auto dead = std::make_unique<origin::server>();
  const auto url = dead->url("/m.m3u8");
  dead.reset();
  hls_fixture at;
  at.set_media("/b.m3u8", {});
  const auto id = at.post_urls({url, at.origin.url("/b.m3u8")});
  check_playlist_head(at.playlist(id));
  const auto alone = at.post_urls({url});
  check_problem(at.playlist(alone), 502, "upstream");
}

BOOST_AUTO_TEST_CASE(the_last_failure_is_told_when_none_works) {
  two_sources at;
  at.kill("/a/m.m3u8", 404);
  at.kill("/b/m.m3u8", 410);
  const auto got = at.playlist(at.id);
  BOOST_TEST((got.status == 404 || got.status == 410));
  BOOST_TEST(at.asked("/a/m.m3u8") == 1U);
  BOOST_TEST(at.asked("/b/m.m3u8") == 1U);
  at.set_media("/a/m.m3u8", {});
  check_playlist_head(at.playlist(at.id));
}

BOOST_AUTO_TEST_CASE(segments_of_recordings_are_found_by_name) {
  two_sources at;
  const auto uris = at.segments(at.id);
  at.kill("/a/seg1.ts");
  check_whole(at.follow(at.id, uris.at(0)), 100, 10'000);
  check_whole(at.follow(at.id, uris.at(1)), 201, 10'000);
}

BOOST_AUTO_TEST_CASE(or_by_their_place) {
  two_sources at({}, {.names = "other", .first = 7});
  const auto uris = at.segments(at.id);
  for (int i = 0; i < 3; ++i)
    at.kill("/a/seg" + std::to_string(i) + ".ts", 500);
  at.kill("/a/m.m3u8");
  for (std::size_t i = 0; i < 3; ++i)
    check_whole(at.follow(at.id, uris.at(i)), 207 + i, 10'000);
  // The old source's URLs go on working beside the new one's.
  const auto fresh = at.segments(at.id);
  BOOST_TEST(name_in(fresh.at(0)) == "other7.ts");
  check_whole(at.follow(at.id, uris.at(2)), 209, 10'000);
  check_whole(at.follow(at.id, fresh.at(2)), 209, 10'000);
}

BOOST_AUTO_TEST_CASE(range_requests_are_mapped_too) {
  two_sources at({}, {.names = "other"});
  const auto uris = at.segments(at.id);
  at.kill("/a/seg1.ts");
  at.kill("/a/m.m3u8");
  const auto part = at.follow(at.id, uris.at(1), "Range: bytes=500-599\r\n");
  BOOST_TEST(part.status == 206);
  BOOST_TEST(has_content(part, 201, 500, 100));
  const auto head = at.follow(at.id, uris.at(1), {}, "HEAD");
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.header("Content-Length").value_or("") == "10000");
}

BOOST_AUTO_TEST_CASE(one_missing_segment_does_not_change_the_source) {
  two_sources at;
  const auto uris = at.segments(at.id);
  at.kill("/a/seg1.ts");
  at.kill("/b/seg1.ts");
  check_problem(at.follow(at.id, uris.at(1)), 404, "upstream");
  check_whole(at.follow(at.id, uris.at(2)), 102, 10'000);
  BOOST_TEST(count_of(at.info(at.id), "current_failover_index") == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_fits) {
  two_sources at({.count = 5}, {.names = "other", .count = 2});
  const auto uris = at.segments(at.id);
  for (int i = 0; i < 5; ++i)
    at.kill("/a/seg" + std::to_string(i) + ".ts", 503);
  at.kill("/a/m.m3u8");
  const auto answer = at.follow(at.id, uris.at(4));
  check_problem(answer, 502, "upstream");
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_goes_on_where_the_bytes_are_the_same) {
  for (const std::string names : {"seg", "other"}) {
    for (const bool same : {false, true}) {
      BOOST_TEST_CONTEXT(names << (same ? ", same bytes" : ", other bytes")) {
        media_text other;
        other.names = names;
        two_sources at({}, other);
        const auto uris = at.segments(at.id);
        origin::behaviour rules{.size = 400'000, .seed = 101};
        rules.reset_at = origin::cut{.after = 100'000, .absolute = true};
        at.origin.set("/a/seg1.ts", rules);
        at.set_bytes("/b/" + names + "1.ts", 400'000, same ? 101 : 201);
        const auto answer = at.follow(at.id, uris.at(1));
        if (same) {
          check_whole(answer, 101, 400'000);
        } else {
          check_cut(answer, 101);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(all_who_ask_at_once_fail_over_together) {
  auto config = hls_test_settings();
  config.listen.threads = 4;
  two_sources at({}, {.names = "other"}, config);
  const auto uris = at.segments(at.id);
  auto dead = answering(404);
  dead.delay = milliseconds(300);
  at.origin.set("/a/m.m3u8", dead);
  at.origin.set("/a/seg1.ts", dead);
  at.origin.set("/b/other1.ts", {.size = 10'000, .seed = 201, .delay = milliseconds(500)});
  for (const bool playlist : {true, false}) {
    std::vector<raw_response> all(12);
    std::vector<std::thread> clients;
    for (auto& each : all) {
      clients.emplace_back([&] { each = playlist ? at.playlist(at.id) : at.follow(at.id, uris.at(1)); });
    }
    for (auto& each : clients)
      each.join();
    for (const auto& each : all) {
      if (playlist) {
        BOOST_REQUIRE_EQUAL(each.status, 200);
        BOOST_TEST(name_in(uris_of(each.body).at(0)) == "other0.ts");
      } else {
        check_whole(each, 201, 10'000);
      }
    }
  }
  BOOST_TEST(at.asked("/a/m.m3u8") <= 2U);
  BOOST_TEST(at.asked("/a/seg1.ts") <= 1U);
  BOOST_TEST(at.asked("/b/other1.ts") <= 2U);
}

namespace {

/// Two qualities and an audio rendition in /a; `other` in /b.
struct two_masters : hls_fixture {
  explicit two_masters(const std::string& other) {
    set_text(
        "/a/master.m3u8",
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"English\",LANGUAGE=\"en\",URI=\"en.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"g\"\nlow.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=5000000,AUDIO=\"g\"\nhigh.m3u8\n");
    for (const auto* name : {"low", "high", "en"}) {
      media_text what;
      what.names = name;
      set_media("/a/" + std::string(name) + ".m3u8", what);
      set_segments("/a/", what, 300);
    }
    set_text("/b/master.m3u8", other);
    id = post({"/a/master.m3u8", "/b/master.m3u8"});
    master = playlist(id).body;
    low = uris_of(master).at(0);
    high = uris_of(master).at(1);
    audio = attribute_uri(master, "#EXT-X-MEDIA");
  }
  void kill() {
    for (const auto* path : {"/a/master.m3u8", "/a/low.m3u8", "/a/high.m3u8", "/a/en.m3u8"})
      origin.set(path, answering(404));
  }
  std::string id, master, low, high, audio;
};

std::string first_name(const raw_response& media) {
  check_playlist_head(media);
  const auto uris = uris_of(media.body);
  return uris.empty() ? std::string() : name_in(uris.front());
}

}  // namespace

BOOST_AUTO_TEST_CASE(variants_are_found_by_name) {
  two_masters at(
      "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"English\",URI=\"en.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=4900000,AUDIO=\"g\"\nlow.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1100000,AUDIO=\"g\"\nhigh.m3u8\n");
  at.set_media("/b/low.m3u8", {.names = "blow"});
  at.set_media("/b/high.m3u8", {.names = "bhigh"});
  at.set_media("/b/en.m3u8", {.names = "ben"});
  at.kill();
  BOOST_TEST(first_name(at.follow(at.id, at.low)) == "blow0.ts");
  BOOST_TEST(first_name(at.follow(at.id, at.high)) == "bhigh0.ts");
  BOOST_TEST(first_name(at.follow(at.id, at.audio)) == "ben0.ts");
}

BOOST_AUTO_TEST_CASE(or_by_what_they_are) {
  two_masters at(
      "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"h\",NAME=\"Deutsch\",LANGUAGE=\"de\",URI=\"x/de.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"h\",NAME=\"English\",LANGUAGE=\"en\",URI=\"x/e.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=4900000,AUDIO=\"h\"\nx/1.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1100000,AUDIO=\"h\"\nx/2.m3u8\n");
  at.set_media("/b/x/1.m3u8", {.names = "big"});
  at.set_media("/b/x/2.m3u8", {.names = "small"});
  at.set_media("/b/x/e.m3u8", {.names = "eng"});
  at.set_segments("/b/x/", {.names = "small"}, 600);
  const auto old_media = at.follow(at.id, at.low);
  BOOST_TEST(first_name(old_media) == "low0.ts");
  at.kill();
  BOOST_TEST(first_name(at.follow(at.id, at.low)) == "small0.ts");
  BOOST_TEST(first_name(at.follow(at.id, at.high)) == "big0.ts");
  BOOST_TEST(first_name(at.follow(at.id, at.audio)) == "eng0.ts");
  // A segment of the old source, by the variant that it stood in.
  at.origin.set("/a/low1.ts", answering(404));
  check_whole(at.follow(at.id, uris_of(old_media.body).at(1)), 601, 10'000);
  // The path of a variant never changes between reloads, whichever source it comes from.
  BOOST_TEST(count_of(at.info(at.id), "current_failover_index") == 1U);
}

BOOST_AUTO_TEST_CASE(a_backup_of_one_quality_stands_for_all) {
  two_masters at(media_text{.names = "only"}.text());
  at.set_segments("/b/", {.names = "only"}, 700);
  at.kill();
  for (const auto& uri : {at.low, at.high}) {
    const auto media = at.follow(at.id, uri);
    BOOST_TEST(first_name(media) == "only0.ts");
    check_whole(at.follow(at.id, uris_of(media.body).at(2)), 702, 10'000);
  }
  check_problem(at.follow(at.id, at.audio), 502, "upstream");
  BOOST_TEST(first_name(at.playlist(at.id)) == "only0.ts");
}

BOOST_AUTO_TEST_CASE(a_multivariant_backup_of_one_quality) {
  hls_fixture at;
  at.set_media("/a.m3u8", {.names = "a"});
  at.set_text(
      "/b/master.m3u8",
      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=5000\nhigh.m3u8\n");
  at.set_media("/b/low.m3u8", {.names = "low"});
  at.set_segments("/b/", {.names = "low"}, 800);
  const auto id = at.post({"/a.m3u8", "/b/master.m3u8"});
  const auto old = at.segments(id);
  BOOST_TEST(name_in(old.at(0)) == "a0.ts");
  at.origin.set("/a.m3u8", answering(404));
  const auto got = at.playlist(id);
  BOOST_TEST(first_name(got) == "low0.ts");
  check_whole(at.follow(id, uris_of(got.body).at(1)), 801, 10'000);
  check_whole(at.follow(id, old.at(1)), 801, 10'000);
}

BOOST_AUTO_TEST_CASE(the_master_is_another_one_when_it_is_loaded_again) {
  two_masters at("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1200000\nhd/x.m3u8\n");
  at.set_media("/b/hd/x.m3u8", {.names = "x"});
  at.kill();
  const auto got = at.playlist(at.id);
  check_playlist_head(got);
  BOOST_REQUIRE_EQUAL(uris_of(got.body).size(), 1U);
  BOOST_TEST(first_name(at.follow(at.id, uris_of(got.body).at(0))) == "x0.ts");
  BOOST_TEST(first_name(at.follow(at.id, at.high)) == "x0.ts");
}

BOOST_AUTO_TEST_CASE(an_operator_changes_the_source) {
  two_sources at;
  const auto old = at.segments(at.id);
  const auto answer = at.fail_over(at.id);
  BOOST_TEST(answer.status == 200);
  const auto told = boost::json::parse(answer.body).as_object();
  BOOST_TEST(count_of(told, "failover_index") == 1U);
  BOOST_TEST(text_of(told, "new_url") == at.origin.url("/b/m.m3u8"));
  check_whole(at.follow(at.id, at.segments(at.id).at(0)), 200, 10'000);
  check_whole(at.follow(at.id, old.at(0)), 200, 10'000);
  const auto back = boost::json::parse(at.fail_over(at.id).body).as_object();
  BOOST_TEST(count_of(back, "failover_index") == 0U);
  check_whole(at.follow(at.id, at.segments(at.id).at(0)), 100, 10'000);
  at.kill("/b/m.m3u8");
  check_problem(at.fail_over(at.id), 502, "upstream");
  BOOST_TEST(count_of(at.info(at.id), "current_failover_index") == 0U);
  at.origin.set("/b/m.m3u8", page());
  check_problem(at.fail_over(at.id), 502, "upstream");
}

BOOST_AUTO_TEST_CASE(authorization_goes_to_the_primary_alone) {
  hls_fixture at, backup;
  at.origin.set("/m.m3u8", answering(404));
  backup.set_media("/m.m3u8", {});
  backup.set_segments("/", {}, 5);
  const auto id = at.post_urls({at.origin.url("/m.m3u8"), backup.origin.url("/m.m3u8")},
                               {{"headers", {{"Authorization", "Bearer x"}, {"X-More", "1"}}}});
  check_whole(at.follow(id, at.segments(id).at(0)), 5, 10'000);
  BOOST_TEST(at.origin.requests("/m.m3u8").back().header("Authorization").value_or("") == "Bearer x");
  for (const auto& seen : backup.origin.requests()) {
    BOOST_TEST(!seen.header("Authorization"));
    BOOST_TEST(seen.header("X-More").value_or("") == "1");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
