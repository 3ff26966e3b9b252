#include "hls/playlist_fetch.hpp"

#include "support/compress.hpp"
#include "upstream/origin_fixture.hpp"

#include <algorithm>

namespace {

using namespace millrace;
using namespace millrace::hls;
using namespace std::chrono_literals;
using origin::behaviour;
using origin::framing;
using origin::redirection;
using test::as_gzip;
using test::as_raw_deflate;
using test::as_zlib;
using test::compress;

const std::string media = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nseg 1.ts?a=b\n#EXTINF:6,\nseg2.ts\n";

behaviour coded(std::string coding, std::string body) {
  return {.text = std::move(body), .headers = {{"Content-Encoding", std::move(coding)}}};
}

struct fetch_fixture : upstream::origin_fixture {
  fetch_result<fetched_playlist> fetch(const std::string& target) {
    return run(fetch_playlist(with, profile(), at(target)));
  }
  void check(const std::string& target, const std::string& expected) {
    const auto found = fetch(target);
    BOOST_REQUIRE_MESSAGE(found.has_value(), to_string(found.error()));
    BOOST_TEST((found->text.text() == expected));
  }
  failure check_fails(const std::string& target, errc expected) {
    const auto found = fetch(target);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(found.error().code == error_code(expected), to_string(found.error()));
    BOOST_TEST((found.error().detail.find("127.0.0.1") != std::string::npos), found.error().detail);
    return found.error();
  }
  void check_no_playlist(const behaviour& rules, const std::string& why) {
    server.set("/list.m3u8", rules);
    const auto cause = check_fails("/list.m3u8", errc::not_a_playlist);
    BOOST_TEST((cause.detail.find(why) != std::string::npos), cause.detail);
    BOOST_TEST(cause.location == server.url("/list.m3u8"));
  }
  std::uint64_t asked() { return server.totals().requests; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(playlist_fetch_test, fetch_fixture)

BOOST_AUTO_TEST_CASE(a_plain_playlist) {
  server.set("/a/list.m3u8", {.text = media});
  const auto found = fetch("/a/list.m3u8?x=1");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->text.text() == media);
  BOOST_TEST(!found->text.is_master());
  BOOST_TEST(found->location.text() == server.url("/a/list.m3u8?x=1"));
  BOOST_TEST(found->remote.port() == server.port());
  const auto seen = server.requests().at(0);
  BOOST_TEST(seen.header("Accept-Encoding").value() == "gzip, deflate");
  BOOST_TEST(!seen.header("Range").has_value());
}

BOOST_AUTO_TEST_CASE(every_byte_stays) {
  const std::string bom = "\xef\xbb\xbf";
  for (const auto& text :
       {std::string("#EXTM3U"), bom + media, std::string("#EXTM3U\r\n\r\n#EXTINF:1,\r\na\r\n"),
        media + std::string(1, '\0') + "\xff", media + std::string(300'000, '#')}) {
    server.set("/list.m3u8", {.text = text});
    check("/list.m3u8", text);
  }
}

BOOST_AUTO_TEST_CASE(codings_and_framings) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"identity", media},
      {"gzip", compress(media, as_gzip)},
      {"x-gzip", compress(media, as_gzip)},
      {"gzip", compress(media.substr(0, 40), as_gzip) + compress(media.substr(40), as_gzip)},
      {"deflate", compress(media, as_zlib)},
      {"deflate", compress(media, as_raw_deflate)},
      {"deflate, gzip", compress(compress(media, as_zlib), as_gzip)},
  };
  for (const auto& [coding, body] : rows) {
    for (const auto shape : {framing::content_length, framing::chunked, framing::until_close}) {
      BOOST_TEST_CONTEXT(coding << " " << static_cast<int>(shape)) {
        auto rules = coded(coding, body);
        rules.body_framing = shape;
        server.set("/list.m3u8", rules);
        check("/list.m3u8", media);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_coding_over_two_lines) {
  server.set("/list.m3u8", {.text = compress(compress(media, as_gzip), as_zlib),
                            .headers = {{"Content-Encoding", "gzip"}, {"content-encoding", "deflate"}}});
  check("/list.m3u8", media);
}

BOOST_AUTO_TEST_CASE(connections_are_kept) {
  server.set("/list.m3u8", coded("gzip", compress(media, as_gzip)));
  server.set("/page", {.text = "<html>no such film</html>"});
  check("/list.m3u8", media);
  check_fails("/page", errc::not_a_playlist);
  check("/list.m3u8", media);
  BOOST_TEST(server.totals().connections == 1u);
}

BOOST_AUTO_TEST_CASE(references_resolve_against_the_final_url) {
  server.set("/start", {.redirect = redirection{.location = "/other/place/list.m3u8?token=1"}});
  server.set("/other/place/list.m3u8", {.text = media});
  const auto found = fetch("/start");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->location.text() == server.url("/other/place/list.m3u8?token=1"));
  BOOST_TEST(found->location.resolve("seg2.ts")->text() == server.url("/other/place/seg2.ts"));
}

BOOST_AUTO_TEST_CASE(the_final_url_is_remembered) {
  server.set("/list.m3u8",
             {.text = media, .redirect = redirection{.to = redirection::kind::expiring, .uses = 3}});
  const auto first = fetch("/list.m3u8");
  BOOST_TEST(asked() == 2u);
  const auto second = fetch("/list.m3u8");
  BOOST_TEST(asked() == 3u);
  BOOST_REQUIRE((first.has_value() && second.has_value()));
  BOOST_TEST(first->location.text() == second->location.text());
  // For these headers alone.
  auto other = profile();
  other.given.add("X-Session", "2");
  const auto third = run(fetch_playlist(with, other, at("/list.m3u8")));
  BOOST_TEST(asked() == 5u);
  BOOST_REQUIRE(third.has_value());
  BOOST_TEST(third->location.text() != first->location.text());
}

BOOST_AUTO_TEST_CASE(an_expired_redirect_is_resolved_once_more) {
  for (const int status : {401, 403, 404, 410}) {
    const auto path = "/" + std::to_string(status);
    const redirection tickets{
        .to = redirection::kind::expiring, .uses = 1, .expired_status = status, .absolute = true};
    server.set(path, {.text = media, .redirect = tickets});
    for (const std::uint64_t expected : {2U, 3U, 3U}) {
      server.reset_counters();
      check(path, media);
      BOOST_TEST(asked() == expected);
    }
  }
}

// Otherwise each later request would begin there, too.
BOOST_AUTO_TEST_CASE(a_location_that_fails_in_another_way_is_forgotten) {
  server.set("/list.m3u8", {.redirect = redirection{.location = "/edge"}});
  const std::vector<std::pair<behaviour, errc>> rows{
      {{.status = origin::status_reply{.status = 500}}, errc::unexpected_status},
      {{.text = "<html>Please log in</html>"}, errc::not_a_playlist},
      {{.text = media, .reset_at = origin::cut{.after = 20}}, errc::connection_lost},
  };
  for (const auto& [rules, expected] : rows) {
    server.set("/edge", {.text = media});
    check("/list.m3u8", media);
    server.set("/edge", rules);
    check_fails("/list.m3u8", expected);
    server.set("/edge", {.text = media});
    server.reset_counters();
    check("/list.m3u8", media);
    BOOST_TEST(asked() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_original_is_final) {
  server.set("/list.m3u8", {.status = origin::status_reply{.status = 404}});
  check_fails("/list.m3u8", errc::unexpected_status);
  BOOST_TEST(asked() == 1u);
}

BOOST_AUTO_TEST_CASE(statuses_that_are_no_answer) {
  using headers = origin::header_list;
  for (const int status : {201, 204, 206, 304, 400, 401, 403, 404, 410, 416, 429, 500, 503}) {
    for (const auto& fields :
         {headers{}, headers{{"Content-Range", "bytes 0-3/4"}}, headers{{"Content-Range", "bytes */4"}}}) {
      server.set("/list.m3u8",
                 {.status = origin::status_reply{.status = status, .text = "#EXTM3U", .headers = fields}});
      const auto cause = check_fails("/list.m3u8", errc::unexpected_status);
      BOOST_TEST(cause.status == status);
      BOOST_TEST(!cause.total.has_value());
      BOOST_TEST(cause.location == server.url("/list.m3u8"));
    }
  }
  server.set("/list.m3u8", {.status = origin::status_reply{.status = 503, .retry_after = "7"}});
  BOOST_TEST((check_fails("/list.m3u8", errc::unexpected_status).retry_after == 7s));
}

BOOST_AUTO_TEST_CASE(what_is_no_playlist) {
  check_no_playlist({.text = "<!DOCTYPE html><title>Log in</title>"}, "#EXTM3U");
  check_no_playlist({.text = "<"}, "#EXTM3U");
  check_no_playlist({.text = "#EXTM3"}, "#EXTM3U");
  check_no_playlist({.text = "\n" + media}, "#EXTM3U");
  check_no_playlist({.text = "[playlist]\nFile1=http://a.test/\n"}, "#EXTM3U");
  check_no_playlist(coded("gzip", compress("<html>", as_gzip)), "#EXTM3U");
  for (const auto shape : {framing::content_length, framing::chunked, framing::until_close})
    check_no_playlist({.text = "", .body_framing = shape}, "empty");
  check_no_playlist(coded("gzip", ""), "empty");
  check_no_playlist(coded("gzip", compress("", as_gzip)), "empty");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decoded) {
  const auto body = compress(media, as_gzip);
  check_no_playlist(coded("br", media), "neither gzip nor deflate");
  check_no_playlist(coded("gzip, br", body), "neither gzip nor deflate");
  check_no_playlist(coded("gzip", media), "broken");
  check_no_playlist(coded("deflate", body), "broken");
  check_no_playlist(coded("gzip", body.substr(0, body.size() - 1)), "too early");
  check_no_playlist(coded("gzip", body.substr(0, 5)), "too early");
  auto chunked = coded("gzip", body.substr(0, body.size() / 2));
  chunked.body_framing = framing::chunked;
  check_no_playlist(chunked, "too early");
}

BOOST_AUTO_TEST_CASE(the_largest_playlist) {
  std::string text = media;
  const std::string comment = "#" + std::string(1022, 'x') + "\n";
  while (text.size() + comment.size() <= largest_playlist)
    text += comment;
  text.append(largest_playlist - text.size(), '#');
  server.set("/list.m3u8", {.text = text});
  check("/list.m3u8", text);
  server.set("/list.m3u8", coded("gzip", compress(text, as_gzip, 1)));
  check("/list.m3u8", text);
  text += '#';
  check_no_playlist({.text = text}, "too large");
  check_no_playlist(coded("gzip", compress(text, as_gzip, 1)), "too large");
}

BOOST_AUTO_TEST_CASE(a_bomb) {
  const auto bomb = compress(media + std::string(17U << 20U, '#'), as_gzip, 9);
  BOOST_TEST(bomb.size() < 20'000u);
  check_no_playlist(coded("gzip", bomb), "too large");
  check_no_playlist(coded("gzip, gzip", compress(bomb, as_gzip, 9)), "too large");
}

BOOST_AUTO_TEST_CASE(what_is_no_playlist_is_not_read_to_its_end) {
  const std::uint64_t film = std::uint64_t{8} << 30U;
  check_no_playlist({.size = film, .rate = 1U << 20U}, "#EXTM3U");
  check_no_playlist({.size = film, .rate = 1U << 20U, .body_framing = framing::chunked}, "#EXTM3U");
  server.wait_until([&] { return server.totals().open_connections == 0; });
  BOOST_TEST(server.totals().bytes_sent < (64U << 20U));
}

BOOST_AUTO_TEST_CASE(bodies_that_break_off) {
  config.upstream.read_timeout = 200ms;
  for (const auto shape : {framing::content_length, framing::chunked}) {
    const behaviour whole{.text = media, .body_framing = shape};
    auto truncated = whole, reset = whole, stalled = whole;
    truncated.truncate_at = origin::cut{.after = 30};
    reset.reset_at = origin::cut{.after = 30};
    stalled.stall_at = origin::cut{.after = 30};
    for (const auto& [rules, expected] :
         {std::pair(truncated, errc::connection_lost), std::pair(reset, errc::connection_lost),
          std::pair(stalled, errc::read_timeout)}) {
      server.set("/list.m3u8", rules);
      check_fails("/list.m3u8", expected);
    }
  }
  // Its framing does not tell, its coding does.
  const auto body = compress(media, as_gzip);
  auto cut = coded("gzip", body.substr(0, body.size() / 2));
  cut.body_framing = framing::until_close;
  server.set("/list.m3u8", cut);
  check_fails("/list.m3u8", errc::connection_lost);
}

BOOST_AUTO_TEST_CASE(failures_before_the_answer) {
  server.set("/loop", {.redirect = redirection{.to = redirection::kind::loop}});
  server.set("/garbage", {.head = origin::head_fault{}});
  for (const auto& [target, expected] :
       {std::pair("/loop", errc::redirect_loop), std::pair("/garbage", errc::malformed_response)}) {
    const auto found = fetch(target);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(found.error().code == error_code(expected));
  }
  server.stop();
  check_fails("/list.m3u8", errc::connection_refused);
}

BOOST_AUTO_TEST_CASE(an_answer_that_turns_out_to_be_a_playlist) {
  server.set("/what", {.text = media});
  upstream::remote_file file(with, here, profile(), {at("/what")});
  auto answer = run(upstream::open_source(file, 0, upstream::wanted_all{}));
  BOOST_REQUIRE(answer.has_value());
  std::array<std::byte, 10> begun;
  error_code ec;
  // The body need not have come with the head.
  const auto count = answer->body.read_body(begun, ec);
  BOOST_REQUIRE((!ec || ec == async::asio::error::would_block));
  const std::string text(reinterpret_cast<const char*>(begun.data()), count);
  const auto found = run(read_playlist(std::move(*answer), text));
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->text.text() == media);
}

BOOST_AUTO_TEST_CASE(cancelled_in_the_middle) {
  server.set("/list.m3u8", {.text = media, .stall_at = origin::cut{.after = 30}});
  std::optional<fetch_result<fetched_playlist>> found;
  const bool cancelled =
      run_and_cancel(upstream::store(fetch_playlist(with, profile(), at("/list.m3u8")), found),
                     [&] { return server.of("/list.m3u8").bytes_sent >= 30; });
  BOOST_TEST(cancelled);
  BOOST_TEST(server.wait_until([&] { return server.totals().open_connections == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()
