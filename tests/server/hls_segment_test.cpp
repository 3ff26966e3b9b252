#include "server/hls_support.hpp"
#include "support/compress.hpp"

namespace millrace::test {

BOOST_AUTO_TEST_SUITE(hls_segment_test)

namespace {

/// A VOD playlist of resources by name; each is followed by `of(name)`.
struct resources : hls_fixture {
  explicit resources(std::vector<std::string> names, settings config = hls_test_settings())
      : hls_fixture(std::move(config)) {
    std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
    for (const auto& name : names)
      text += "#EXTINF:2,\n" + name + "\n";
    set_text("/v/m.m3u8", text + "#EXT-X-ENDLIST\n");
    id = post({"/v/m.m3u8"});
    uris = segments(id);
  }
  raw_response get(std::size_t which, const std::string& lines = {},
                   const std::string& method = "GET") const {
    return follow(id, uris.at(which), lines, method);
  }
  std::string id;
  std::vector<std::string> uris;
};

}  // namespace

BOOST_AUTO_TEST_CASE(parts_of_a_segment) {
  for (const bool large : {false, true}) {
    BOOST_TEST_CONTEXT((large ? "large" : "small")) {
      const std::uint64_t size = large ? 40 * mebi : 300'000;
      resources at({"a.ts"});
      at.set_bytes("/v/a.ts", size, 6);
      const auto part = at.get(0, "Range: bytes=1000-1999\r\n");
      BOOST_TEST(part.status == 206);
      BOOST_TEST(part.header("Content-Range").value_or("") == "bytes 1000-1999/" + std::to_string(size));
      BOOST_TEST(part.header("Content-Length").value_or("") == "1000");
      BOOST_TEST(has_content(part, 6, 1000, 1000));
      const auto end = at.get(0, "Range: bytes=-500\r\n");
      BOOST_TEST(end.status == 206);
      BOOST_TEST(has_content(end, 6, size - 500, 500));
      const auto open = at.get(0, "Range: bytes=" + std::to_string(size - 70'000) + "-\r\n");
      BOOST_TEST(open.status == 206);
      BOOST_TEST(has_content(open, 6, size - 70'000, 70'000));
      const auto all = at.get(0, "Range: bytes=0-\r\n");
      BOOST_TEST(all.status == 206);
      BOOST_TEST(has_content(all, 6, 0, size), "the bytes differ");
      const auto beyond = at.get(0, "Range: bytes=" + std::to_string(size) + "-\r\n");
      check_problem(beyond, 416, "range");
      BOOST_TEST(beyond.header("Content-Range").value_or("") == "bytes */" + std::to_string(size));
      const auto several = at.get(0, "Range: bytes=0-1,4-5\r\n");
      check_whole(several, 6, size);
      check_whole(at.get(0), 6, size);
      const auto head = at.get(0, {}, "HEAD");
      BOOST_TEST(head.status == 200);
      BOOST_TEST(head.body.empty());
      BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(size));
      BOOST_TEST(head.header("Accept-Ranges").value_or("") == "bytes");
      const auto head_part = at.get(0, "Range: bytes=5-9\r\n", "HEAD");
      BOOST_TEST(head_part.status == 206);
      BOOST_TEST(head_part.header("Content-Length").value_or("") == "5");
      const auto etag = head.header("ETag").value_or("");
      BOOST_TEST(!etag.empty());
      const auto same = at.get(0, "If-None-Match: " + etag + "\r\n");
      BOOST_TEST(same.status == 304);
      BOOST_TEST(same.body.empty());
      BOOST_TEST(same.header("ETag").value_or("") == etag);
      BOOST_TEST(at.get(0, "If-Range: " + etag + "\r\nRange: bytes=1-2\r\n").status == 206);
      BOOST_TEST(at.get(0, "If-Range: \"no\"\r\nRange: bytes=1-2\r\n").status == 200);
    }
  }
}

BOOST_AUTO_TEST_CASE(types) {
  const std::pair<const char*, const char*> table[] = {
      {"a.ts", "video/mp2t"}, {"a.m4s", "video/iso.segment"}, {"a.mp4", "video/mp4"}, {"a.aac", "audio/aac"},
      {"a.vtt", "text/vtt"},  {"a.m4a", "audio/mp4"},         {"a.ac3", "audio/ac3"}, {"a.mp3", "audio/mpeg"},
  };
  std::vector<std::string> names;
  for (const auto& row : table)
    names.emplace_back(row.first);
  names.emplace_back("told.bin");
  resources at(names);
  for (const auto& [name, type] : table) {
    origin::behaviour rules{.size = 2'000, .seed = 3};
    rules.content_type = "application/octet-stream";
    at.origin.set("/v/" + std::string(name), rules);
  }
  origin::behaviour told{.size = 2'000, .seed = 3};
  told.content_type = "application/x-special";
  at.origin.set("/v/told.bin", told);
  for (std::size_t i = 0; i < std::size(table); ++i) {
    const auto answer = at.get(i);
    check_whole(answer, 3, 2'000);
    BOOST_TEST(answer.header("Content-Type").value_or("") == table[i].second);
    BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
    BOOST_TEST(!answer.header("X-Client-ID").value_or("").empty());
    BOOST_TEST(!answer.header("X-Stream-ID").value_or("").empty());
  }
  BOOST_TEST(at.get(std::size(table)).header("Content-Type").value_or("") == "application/x-special");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_makes_no_playlist) {
  resources at({"a.ts", "b.ts"});
  origin::behaviour rules{.size = 30'000, .seed = 6};
  rules.content_type = std::string(playlist_type);
  at.origin.set("/v/a.ts", rules);
  check_whole(at.get(0), 6, 30'000);
  BOOST_TEST(has_content(at.get(0, "Range: bytes=100-199\r\n"), 6, 100, 100));
  // One that is sent compressed to those who did not ask for that.
  origin::behaviour coded;
  coded.text = compress(media_text{}.text(), as_gzip);
  coded.content_type = std::string(playlist_type);
  coded.headers = {{"Content-Encoding", "gzip"}};
  at.origin.set("/v/b.ts", coded);
  const auto got = at.get(1);
  check_playlist_head(got);
  BOOST_TEST(uris_of(got.body).size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_large_segment_comes_in_parallel_chunks) {
  resources at({"a.ts"});
  at.origin.set("/v/a.ts", {.size = 3 * mebi, .seed = 6, .rate = 2 * mebi});
  check_whole(at.get(0), 6, 3 * mebi);
  BOOST_TEST(at.origin.of("/v/a.ts").peak_requests >= 2U);
  BOOST_TEST(at.origin.of("/v/a.ts").bytes_sent <= 3 * mebi + 600 * kibi);
}

BOOST_AUTO_TEST_CASE(an_upstream_without_ranges) {
  resources at({"a.ts", "b.ts"});
  origin::behaviour rules{.size = 500'000, .seed = 6};
  rules.lies = origin::lie{.about = origin::lie::kind::ignore_range};
  at.origin.set("/v/a.ts", rules);
  check_whole(at.get(0), 6, 500'000);
  const auto part = at.get(0, "Range: bytes=1000-1999\r\n");
  const bool partly = part.status == 206 && has_content(part, 6, 1000, 1000);
  const bool wholly = part.status == 200 && has_content(part, 6, 0, 500'000);
  BOOST_TEST((partly || wholly), part.head);
  rules.size = 40 * mebi;
  at.origin.set("/v/b.ts", rules);
  check_whole(at.get(1), 6, 40 * mebi);
}

BOOST_AUTO_TEST_CASE(a_body_without_a_length) {
  for (const auto framing : {origin::framing::chunked, origin::framing::until_close}) {
    resources at({"a.ts"});
    origin::behaviour rules{.size = 500'000, .seed = 6};
    rules.body_framing = framing;
    rules.lies = origin::lie{.about = origin::lie::kind::ignore_range};
    at.origin.set("/v/a.ts", rules);
    for (const auto* range : {"", "Range: bytes=0-\r\n", "Range: bytes=100-\r\n"}) {
      const auto answer = at.get(0, range);
      BOOST_TEST(answer.status == 200);
      BOOST_TEST(answer.complete);
      BOOST_TEST(has_content(answer, 6, 0, 500'000), "the bytes differ");
    }
  }
}

BOOST_AUTO_TEST_CASE(an_empty_segment) {
  resources at({"a.vtt"});
  at.set_bytes("/v/a.vtt", 0, 1);
  for (const auto* range : {"", "Range: bytes=0-\r\n"}) {
    const auto answer = at.get(0, range);
    BOOST_TEST(answer.complete);
    BOOST_TEST(answer.body.empty());
    if (*range == '\0') {
      BOOST_TEST(answer.status == 200);
      BOOST_TEST(answer.header("Content-Length").value_or("") == "0");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_segment_keeps_its_status) {
  resources at({"a.ts", "b.ts"});
  check_problem(at.get(0), 404, "upstream");
  at.origin.set("/v/b.ts", answering(403));
  const auto answer = at.get(1);
  check_problem(answer, 403, "upstream");
  BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
  check_playlist_head(at.playlist(at.id));
}

BOOST_AUTO_TEST_CASE(a_failure_before_the_first_byte_is_tried_again) {
  const std::pair<const char*, origin::behaviour> table[] = {
      {"status", {.status = origin::status_reply{.status = 503, .when = {.times = 2}}}},
      {"reset", {.head = origin::head_fault{.what = origin::head_fault::kind::reset, .when = {.times = 2}}}},
      {"close", {.head = origin::head_fault{.what = origin::head_fault::kind::close, .when = {.times = 2}}}},
      {"garbage",
       {.head = origin::head_fault{.what = origin::head_fault::kind::garbage, .when = {.times = 1}}}},
  };
  for (const auto& [name, fault] : table) {
    BOOST_TEST_CONTEXT(name) {
      resources at({"a.ts"});
      auto rules = fault;
      rules.size = 100'000;
      rules.seed = 8;
      at.origin.set("/v/a.ts", rules);
      check_whole(at.get(0), 8, 100'000);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_is_resumed) {
  resources at({"a.ts"});
  origin::behaviour rules{.size = 400'000, .seed = 8};
  rules.reset_at = origin::cut{.after = 100'000, .when = {.times = 2}};
  at.origin.set("/v/a.ts", rules);
  check_whole(at.get(0), 8, 400'000);
}

BOOST_AUTO_TEST_CASE(a_body_that_cannot_go_on_is_cut) {
  resources at({"a.ts"});
  origin::behaviour rules{.size = 400'000, .seed = 8};
  rules.reset_at = origin::cut{.after = 100'000, .absolute = true};
  at.origin.set("/v/a.ts", rules);
  const auto answer = at.get(0);
  check_cut(answer, 8);
  BOOST_TEST(count_of(at.info(at.id), "total_segments_served") == 0U);
}

BOOST_AUTO_TEST_CASE(a_kept_alive_connection_serves_one_after_the_other) {
  resources at({"a.ts", "b.ts"});
  at.set_bytes("/v/a.ts", 100'000, 1);
  at.set_bytes("/v/b.ts", 100'000, 2);
  raw_client client(at.server.port());
  for (int round = 0; round < 3; ++round) {
    client.get(at.playlist_path(at.id));
    check_playlist_head(client.receive());
    client.get(at.followed(at.id, at.uris.at(0)));
    check_whole(client.receive(), 1, 100'000);
    client.get(at.followed(at.id, at.uris.at(1)), "Range: bytes=7-70\r\n");
    BOOST_TEST(has_content(client.receive(), 2, 7, 64));
    client.get(at.followed(at.id, at.uris.at(0)), {}, "HEAD");
    BOOST_TEST(client.receive(true).status == 200);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::test
