// /stream/{id}: what a stream is, and who may play it.

#include "server/live_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using registry::stream_kind;

namespace millrace::registry {

inline std::ostream& operator<<(std::ostream& out, stream_kind kind) {
  constexpr const char* names[] = {"undecided", "hls", "file", "body", "live"};
  return out << names[static_cast<std::size_t>(kind)];
}

}  // namespace millrace::registry

BOOST_AUTO_TEST_SUITE(live_kinds_test)

namespace {

constexpr std::uint64_t size = 1'000'003;

}  // namespace

// As section 2 of the contract.
BOOST_FIXTURE_TEST_CASE(a_file_with_ranges, live_fixture) {
  const auto id = post_as("/a.mkv", {.size = size, .seed = 5, .etag = "\"v1\""});
  const auto whole = get(id);
  check_whole(whole, 5, size);
  BOOST_TEST(whole.header("Accept-Ranges").value_or("") == "bytes");
  BOOST_TEST(whole.header("ETag").value_or("") == "\"v1\"");
  BOOST_TEST(whole.header("Content-Type").value_or("") == "video/x-matroska");
  BOOST_TEST(whole.header("X-Stream-ID").value_or("") == id);
  BOOST_TEST(whole.header("Access-Control-Allow-Origin").value_or("") == "*");
  struct row {
    const char* lines;
    int status;
    std::uint64_t begin, length;
    const char* range;
  };
  for (const auto& [lines, status, begin, length, range] :
       {row{"Range: bytes=0-0\r\n", 206, 0, 1, "bytes 0-0/1000003"},
        row{"Range: bytes=700000-\r\n", 206, 700'000, 300'003, "bytes 700000-1000002/1000003"},
        row{"Range: bytes=-3\r\n", 206, 1'000'000, 3, "bytes 1000000-1000002/1000003"},
        row{"Range: bytes=5-99999999\r\n", 206, 5, size - 5, "bytes 5-1000002/1000003"},
        row{"Range: bytes=5-6,8-9\r\n", 200, 0, size, ""},
        row{"Range: bytes=5-9\r\nIf-Range: \"v1\"\r\n", 206, 5, 5, "bytes 5-9/1000003"},
        row{"Range: bytes=5-9\r\nIf-Range: \"v0\"\r\n", 200, 0, size, ""},
        row{"If-None-Match: \"v1\"\r\n", 304, 0, 0, ""}}) {
    BOOST_TEST_CONTEXT(lines) {
      const auto part = get(id, lines);
      BOOST_TEST(part.status == status);
      BOOST_TEST(has_content(part, 5, begin, length), "other bytes");
      BOOST_TEST(part.header("Content-Range").value_or("") == range);
    }
  }
  const auto outside = get(id, "Range: bytes=1000003-\r\n");
  check_problem(outside, 416, "range");
  BOOST_TEST(outside.header("Content-Range").value_or("") == "bytes */1000003");
  const auto head = get(id, {}, "HEAD");
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.body.empty());
  BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(size));
  BOOST_TEST(server.directory().find_stream(id)->kind() == stream_kind::file);
}

// Contract 4: where the URL does not tell, the upstream's type and first bytes do.
BOOST_AUTO_TEST_CASE(what_turns_out_to_be_a_playlist) {
  constexpr const char* list = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n";
  struct row {
    const char* path;
    const char* type;
    const char* text;
    bool ranges;
    stream_kind kind;
  };
  for (const auto& [path, type, text, ranges, kind] :
       {row{"/play", "application/vnd.apple.mpegurl", list, true, stream_kind::hls},
        row{"/play", "application/x-mpegURL; charset=utf-8", list, false, stream_kind::hls},
        row{"/play.php?u=1", "text/plain", list, true, stream_kind::hls},
        row{"/play.php?u=1", "", list, false, stream_kind::hls},
        row{"/play", "application/octet-stream", "\xef\xbb\xbf#EXTM3U\r\n", true, stream_kind::hls},
        row{"/play", "application/octet-stream", "#EXTM3", true, stream_kind::file},
        row{"/play", "text/html", list, true, stream_kind::file},
        row{"/play.mkv", "audio/mpegurl", list, true, stream_kind::file},
        row{"/play.mkv", "", list, false, stream_kind::body}}) {
    BOOST_TEST_CONTEXT(path << " as " << type << (ranges ? " with ranges" : "")) {
      live_fixture on;
      origin::behaviour rules{.text = text, .content_type = type};
      if (!ranges) rules.lies = {{.about = origin::lie::kind::ignore_range}};
      const auto id = on.post_as(path, std::move(rules));
      const auto first = on.get(id);
      BOOST_TEST((on.server.directory().find_stream(id)->kind() == kind));
      if (kind == stream_kind::hls) {
        BOOST_TEST(first.status == 307);
        BOOST_TEST(first.header("Location").value_or("").starts_with("../hls/" + id + "/playlist.m3u8"));
        BOOST_TEST(on.info(id).at("stream_type").as_string() == "hls");
        BOOST_TEST(on.get(id).status == 307);
      } else {
        BOOST_TEST(first.status == 200);
        BOOST_TEST(first.body == text);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_stream_is) {
  struct row {
    const char* path;
    const char* type;  ///< of the response; empty: none is sent
    bool packets;      ///< an endless transport stream, else noise
    stream_kind kind;
  };
  // The URL, then Content-Type, then the first bytes.
  for (const auto& [path, type, packets, kind] :
       {row{"/a.ts", "video/mp4", true, stream_kind::live}, row{"/a.TS", "", true, stream_kind::live},
        row{"/a.ts?token=1", "text/html", true, stream_kind::live},
        row{"/a.mkv", "video/mp2t", true, stream_kind::body}, row{"/a.mp3", "", false, stream_kind::body},
        row{"/play", "video/mp2t", true, stream_kind::live},
        row{"/play", "video/MP2T; x=y", true, stream_kind::live},
        row{"/play", "video/mp4", true, stream_kind::body},
        row{"/play", "audio/mpeg", false, stream_kind::body}, row{"/play", "", true, stream_kind::live},
        row{"/play", "application/octet-stream", true, stream_kind::live},
        row{"/play.php", "binary/octet-stream", true, stream_kind::live},
        row{"/play", "", false, stream_kind::body},
        row{"/user/pass/123", "application/octet-stream", false, stream_kind::body}}) {
    BOOST_TEST_CONTEXT(path << " as " << type << (packets ? " with packets" : " with noise")) {
      live_fixture on;
      origin::behaviour rules{.size = 1ULL << 40U,
                              .seed = 7,
                              .content_type = type,
                              .rate = 2'000'000,
                              .lies = {{.about = origin::lie::kind::ignore_range}}};
      if (packets) {
        rules = broadcasting(lively());
        rules.content_type = type;
      }
      rules.body_framing = origin::framing::until_close;
      on.origin.set(std::string(path).substr(0, std::string(path).find('?')), rules);
      const auto id = on.post({path});
      const auto viewer = on.watch(id);
      BOOST_TEST(viewer->status() == 200);
      BOOST_TEST(viewer->header("Accept-Ranges").value_or("") == "none");
      BOOST_TEST(viewer->read_to(200'000));
      BOOST_TEST(on.server.directory().find_stream(id)->kind() == kind);
      if (kind == stream_kind::live) check_live_head(*viewer);
      if (packets) check_seamless(whole_packets(viewer->body));
      if (!packets) BOOST_TEST((viewer->body == origin::content_of(7, 0, viewer->body.size())));
      BOOST_TEST(text_of(on.info(id), "stream_type") == "direct");
    }
  }
}

// Providers that do not know what to do with a Range.
BOOST_AUTO_TEST_CASE(any_range_is_refused) {
  using reply = live_source::range_reply;
  for (const auto ranges : {reply::ignore, reply::unknown_total, reply::unsatisfiable, reply::forbidden}) {
    for (const std::string path : {"/a.ts", "/play"}) {
      BOOST_TEST_CONTEXT(path << ' ' << static_cast<int>(ranges)) {
        live_fixture on;
        auto source = lively();
        source.ranges = ranges;
        const auto id = on.post_as(path, broadcasting(source));
        for (int visit = 0; visit < 2; ++visit) {
          const auto viewer = on.watch(id, {.lines = "Range: bytes=1000-\r\n"});
          check_live_head(*viewer);
          BOOST_TEST(viewer->read_to(200'000));
          check_seamless(whole_packets(viewer->body));
        }
        BOOST_TEST(text_of(on.info(id), "last_error") == "");
        BOOST_TEST(count_of(on.info(id), "error_count") == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_transport_stream_behind_ts) {
  auto config = live_test_settings();
  config.live.grace = 20s;
  live_fixture on(config);
  const auto id = on.post_as("/a.ts", {.size = 1ULL << 40U,
                                       .seed = 7,
                                       .body_framing = origin::framing::until_close,
                                       .lies = {{.about = origin::lie::kind::ignore_range}}});
  const auto began = std::chrono::steady_clock::now();
  check_problem(on.get(id), 502, "upstream");
  BOOST_TEST(seconds_since(began) < promptly.count());  // not the grace
  BOOST_TEST(text_of(on.info(id), "last_error").find("transport stream") != std::string::npos);
  BOOST_TEST(on.quiet());
}

BOOST_FIXTURE_TEST_CASE(unknown_streams, live_fixture) {
  for (const std::string id : {"0123456789abcdef0123456789abcdef", "x", "0"}) {
    for (const std::string method : {"GET", "HEAD"}) {
      const auto answer = get(id, {}, method);
      BOOST_TEST(answer.status == 404, id);
      BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
    }
  }
  check_problem(get("0123456789abcdef0123456789abcdef"), 404, "not-found");
  BOOST_TEST(fail_over("0123456789abcdef0123456789abcdef").status == 404);
}

BOOST_FIXTURE_TEST_CASE(deleted_until_posted_again, live_fixture) {
  const auto id = post_as("/a.mkv", {.size = size, .seed = 5});
  check_whole(get(id), 5, size);
  BOOST_TEST(server.request("DELETE", "/streams/" + id).status == 200);
  check_problem(get(id), 404, "not-found");
  check_problem(play("/a.mkv"), 404, "not-found");
  BOOST_TEST(get(id, {}, "HEAD").status == 404);
  BOOST_TEST(fail_over(id).status == 404);
  BOOST_TEST(server.request("DELETE", "/streams/" + id).status == 404);
  BOOST_TEST(post({"/a.mkv"}) == id);
  check_whole(get(id), 5, size);
  check_whole(play("/a.mkv"), 5, size);
}

BOOST_FIXTURE_TEST_CASE(hls_streams_have_another_place, live_fixture) {
  const auto id = post({"/live.m3u8"});
  for (const std::string method : {"GET", "HEAD"}) {
    const auto answer = get(id, {}, method);
    BOOST_TEST(answer.status == 307);
    BOOST_TEST(answer.header("Location").value_or("").starts_with("../hls/" + id + "/playlist.m3u8"));
    BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
  }
}

BOOST_FIXTURE_TEST_CASE(names_of_clients, live_fixture) {
  const auto id = post_as("/a.ts", broadcasting(lively()));
  for (const std::string name :
       {"tv", "A-b_c.9", "x23456789012345678901234567890123456789012345678901234567890abcd"}) {
    viewer one(server.port(), path_of(id) + "?client_id=" + name);
    BOOST_TEST(one.header("X-Client-ID").value_or("") == name);
    BOOST_TEST(one.read_to(1'000));
    const auto known = json("/clients/" + name);
    BOOST_TEST(text_of(known, "stream_id") == id);
    BOOST_TEST(text_of(known, "ip_address") == "127.0.0.1");
    one.close();
    BOOST_TEST(quiet());
    BOOST_TEST(count_of(json("/clients/" + name), "bytes_served") >= 1'000U);
  }
  for (const std::string bad :
       {"", "a%20b", "a/b", "%00", "x23456789012345678901234567890123456789012345678901234567890abcdefg"}) {
    check_problem(server.request("GET", path_of(id) + "?client_id=" + bad), 400, "bad-request");
  }
  // Else by address, User-Agent and stream.
  const auto named = [&](const std::string& agent) {
    return watch(id, {.lines = "User-Agent: " + agent + "\r\n"})->header("X-Client-ID").value_or("");
  };
  BOOST_TEST(named("mpv") == named("mpv"));
  BOOST_TEST(named("mpv") != named("vlc"));
}

BOOST_FIXTURE_TEST_CASE(pages_may_ask_first, live_fixture) {
  const auto id = post_as("/a.ts", broadcasting(lively()));
  const auto answer = server.request("OPTIONS", path_of(id),
                                     "Origin: http://page.example\r\nAccess-Control-Request-Method: GET\r\n"
                                     "Access-Control-Request-Headers: range\r\n");
  BOOST_TEST(answer.status == 204);
  BOOST_TEST(answer.header("Access-Control-Allow-Origin").value_or("") == "*");
  BOOST_TEST(answer.header("Access-Control-Allow-Methods").value_or("").find("GET") != std::string::npos);
  BOOST_TEST(origin.totals().requests == 0U);
  const auto wrong = server.request("PUT", path_of(id));
  check_problem(wrong, 405, "method-not-allowed");
}

BOOST_AUTO_TEST_SUITE_END()
