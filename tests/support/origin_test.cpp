// The scripted origin, asked over plain sockets: what it serves and how it fails.

#include "faulty_origin/server.hpp"
#include "support/raw_client.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using test::ending;
using test::raw_client;

struct fixture {
  test::raw_response fetch(std::string_view target, std::string_view lines = {}) {
    raw_client client(server.port());
    client.get(target, lines);
    return client.receive();
  }

  origin::server server;
};

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(origin_content)

BOOST_AUTO_TEST_CASE(any_part_equals_the_same_part_of_the_whole) {
  const std::uint64_t around = origin::content_period - 100;
  const std::string whole = origin::content_of(5, around, 300);
  for (std::size_t skip : {0UL, 1UL, 7UL, 8UL, 99UL, 100UL, 101UL, 299UL}) {
    BOOST_TEST(origin::content_of(5, around + skip, 300 - skip) == whole.substr(skip));
  }
  BOOST_TEST(origin::content_of(6, around, 300) != whole);
  BOOST_TEST(origin::content_of(5, 0, 64) != origin::content_of(5, 1UL << 20U, 64));
}

BOOST_AUTO_TEST_CASE(hash_of_generated_content) {
  BOOST_TEST(origin::sha256_of_content(9, 9'000'000) ==
             origin::sha256_of(origin::content_of(9, 0, 9'000'000)));
  BOOST_TEST(origin::sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(origin_resource, fixture)

BOOST_AUTO_TEST_CASE(whole_and_ranges) {
  server.set("/a.mkv", {.size = 100'000, .seed = 3});
  const std::string all = origin::content_of(3, 0, 100'000);
  const auto whole = fetch("/a.mkv");
  BOOST_TEST(whole.status == 200);
  BOOST_TEST(whole.complete);
  BOOST_TEST((whole.body == all));
  BOOST_TEST(whole.header("content-type").value() == "video/x-matroska");
  BOOST_TEST(whole.header("ETag").has_value());
  BOOST_TEST(whole.header("Last-Modified").has_value());

  struct row {
    std::string range;
    int status;
    std::string content_range;
    std::size_t first, length;
  };
  const std::vector<row> rows{
      {"bytes=0-0", 206, "bytes 0-0/100000", 0, 1},
      {"bytes=99999-", 206, "bytes 99999-99999/100000", 99999, 1},
      {"bytes=500-1000000", 206, "bytes 500-99999/100000", 500, 99500},
      {"bytes=-10", 206, "bytes 99990-99999/100000", 99990, 10},
      {"bytes=-1000000", 206, "bytes 0-99999/100000", 0, 100000},
      {"bytes=100000-", 416, "bytes */100000", 0, 0},
      {"bytes=5-4", 200, "", 0, 100000},
      {"bytes=0-1,3-4", 200, "", 0, 100000},
      {"apples=0-1", 200, "", 0, 100000},
  };
  for (const row& one : rows) {
    BOOST_TEST_CONTEXT(one.range) {
      const auto part = fetch("/a.mkv", "Range: " + one.range + "\r\n");
      BOOST_TEST(part.status == one.status);
      BOOST_TEST(part.header("Content-Range").value_or("") == one.content_range);
      BOOST_TEST((part.body == all.substr(one.first, one.length)));
      BOOST_TEST(part.complete);
    }
  }
}

BOOST_AUTO_TEST_CASE(sizes_beyond_memory) {
  const auto part = fetch("/a?size=5G&seed=2", "Range: bytes=5368709000-\r\n");
  BOOST_TEST(part.header("Content-Range").value_or("") == "bytes 5368709000-5368709119/5368709120");
  BOOST_TEST((part.body == origin::content_of(2, 5368709000, 120)));
}

BOOST_AUTO_TEST_CASE(an_empty_resource) {
  server.set("/e", {.size = 0});
  BOOST_TEST(fetch("/e").header("Content-Length").value() == "0");
  const auto part = fetch("/e", "Range: bytes=0-\r\n");
  BOOST_TEST(part.status == 416);
  BOOST_TEST(part.header("Content-Range").value() == "bytes */0");
}

BOOST_AUTO_TEST_CASE(texts_and_files) {
  origin::behaviour text;
  text.text = "#EXTM3U\n";
  server.set("/a.m3u8", text);
  BOOST_TEST(fetch("/a.m3u8").body == "#EXTM3U\n");
  BOOST_TEST(fetch("/a.m3u8?token=x").body == "#EXTM3U\n");

  const auto path = std::filesystem::temp_directory_path() / ("origin_test_" + std::to_string(server.port()));
  std::ofstream(path) << "from disk";
  origin::behaviour file;
  file.file = path.string();
  server.set("/f", file);
  BOOST_TEST(fetch("/f", "Range: bytes=5-\r\n").body == "disk");
  std::filesystem::remove(path);
  BOOST_TEST(fetch("/f").status == 404);
  BOOST_TEST(fetch("/g?file=/etc/hostname").status == 400);
  BOOST_TEST(fetch("/unknown").status == 404);
}

BOOST_AUTO_TEST_CASE(conditions_on_validators) {
  server.set("/v", {.size = 10, .etag = "\"one\"", .last_modified = "Mon, 01 Jan 2024 00:00:00 GMT"});
  BOOST_TEST(fetch("/v", "Range: bytes=0-1\r\nIf-Range: \"one\"\r\n").status == 206);
  BOOST_TEST(fetch("/v", "Range: bytes=0-1\r\nIf-Range: \"two\"\r\n").status == 200);
  BOOST_TEST(fetch("/v", "Range: bytes=0-1\r\nIf-Range: Mon, 01 Jan 2024 00:00:00 GMT\r\n").status == 206);
  BOOST_TEST(fetch("/v", "If-None-Match: \"one\"\r\n").status == 304);
  server.set("/v", {.size = 10, .content_type = "", .etag = "", .last_modified = ""});
  const auto bare = fetch("/v");
  BOOST_TEST(!bare.header("ETag"));
  BOOST_TEST(!bare.header("Last-Modified"));
  BOOST_TEST(!bare.header("Content-Type"));
}

BOOST_AUTO_TEST_CASE(framings_and_versions) {
  const std::string all = origin::content_of(1, 0, 300'000);
  for (const std::string shape : {"framing=length", "framing=chunked", "framing=close", "http10",
                                  "keep_alive=false", "interim=2", "head=bytewise"}) {
    BOOST_TEST_CONTEXT(shape) {
      const auto answer = fetch("/a?size=300000&" + shape);
      BOOST_TEST(answer.status == 200);
      BOOST_TEST(answer.complete);
      BOOST_TEST((answer.body == all));
    }
  }
  BOOST_TEST(fetch("/a?http10").head.starts_with("HTTP/1.0 200"));
  BOOST_TEST(!fetch("/a?framing=chunked").header("Content-Length"));
}

BOOST_AUTO_TEST_CASE(head_requests_have_no_body) {
  raw_client client(server.port());
  client.get("/a?size=5M", {}, "HEAD");
  BOOST_TEST(client.receive(true).header("Content-Length").value() == "5242880");
  client.get("/a?text=x");
  BOOST_TEST(client.receive().body == "x");
}

BOOST_AUTO_TEST_CASE(the_query_is_checked) {
  BOOST_TEST(fetch("/a?sise=5").body == "unknown parameter: sise\n");
  BOOST_TEST(fetch("/a?size=many").status == 400);
  BOOST_TEST(fetch("/").body.find("truncate_at=N") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(origin_observation, fixture)

BOOST_AUTO_TEST_CASE(requests_are_recorded) {
  server.set("/a", {.size = 1000});
  raw_client client(server.port(), "127.0.0.1", "127.0.0.3");
  client.get("/a?x=1", "X-One: 1\r\n");
  client.receive();
  client.get("/a", "Range: bytes=10-19\r\n");
  client.receive();
  BOOST_TEST(server.wait_until([&] { return server.of("/a").active_requests == 0; }));
  BOOST_TEST(server.wait_until([&] { return server.requests("/a").back().finished; }));
  const auto seen = server.requests("/a");
  BOOST_TEST_REQUIRE(seen.size() == 2U);
  BOOST_TEST(seen[0].target == "/a?x=1");
  BOOST_TEST(seen[0].header("x-one").value() == "1");
  BOOST_TEST(seen[0].client == "127.0.0.3");
  BOOST_TEST(seen[0].server == "127.0.0.1");
  BOOST_TEST(seen[1].connection == seen[0].connection);
  BOOST_TEST(seen[1].index == 2U);
  BOOST_TEST(seen[1].status == 206);
  BOOST_TEST(seen[1].body_sent == 10U);
  BOOST_TEST(server.of("/a").bytes_sent == 1010U);
  BOOST_TEST(server.of("/a").connections == 1U);
  BOOST_TEST(server.totals().open_connections == 1U);
  server.reset_counters();
  BOOST_TEST(server.requests().empty());
  BOOST_TEST(server.totals().open_connections == 1U);
  BOOST_TEST(fetch("/_stats").body.find("\"open_connections\": 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaving_clients_are_noticed) {
  origin::behaviour rules;
  rules.stall_at = origin::cut{.after = 100};
  server.set("/stall", rules);
  server.set("/slow", {.size = 100'000'000, .rate = 100'000});
  server.set("/late", {.size = 1, .delay = 60s});
  {
    raw_client stalled(server.port());
    raw_client slow(server.port());
    raw_client late(server.port());
    stalled.get("/stall");
    slow.get("/slow");
    late.get("/late");
    BOOST_TEST(stalled.receive(false, 100).body.size() == 100U);
    BOOST_TEST(slow.receive(false, 1).body.size() == 1U);
    BOOST_TEST(server.wait_until([&] { return server.totals().active_requests == 3; }));
    BOOST_TEST(server.totals().peak_requests == 3U);
  }
  BOOST_TEST(server.wait_until([&] { return server.totals().open_connections == 0; }, 2s));
}

BOOST_AUTO_TEST_CASE(connections_can_be_dropped_limited_and_refused) {
  raw_client first(server.port());
  BOOST_TEST(server.wait_until([&] { return server.totals().open_connections == 1; }));
  server.limit_connections(1);
  raw_client second(server.port());
  second.read(1);
  BOOST_TEST((second.ended() == ending::reset));
  server.drop_connections(true);
  first.read(1);
  BOOST_TEST((first.ended() == ending::reset));
  const auto port = server.port();
  server.stop();
  BOOST_CHECK_THROW(raw_client(port, "127.0.0.1"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(several_addresses_share_a_port) {
  origin::server many({.addresses = {"127.0.0.1", "127.0.0.2", "::1"}, .threads = 2});
  origin::behaviour rules;
  rules.text = "old";
  rules.changes = origin::change{.text = "new", .when = {.server = "127.0.0.2"}};
  many.set("/a", rules);
  const std::vector<std::pair<std::string, std::string>> rows{
      {"127.0.0.1", "old"}, {"127.0.0.2", "new"}, {"::1", "old"}};
  for (const auto& [address, text] : rows) {
    raw_client client(many.port(), address);
    client.get("/a");
    BOOST_TEST(client.receive().body == text);
  }
  BOOST_TEST(many.url("/a", "::1") == "http://[::1]:" + std::to_string(many.port()) + "/a");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(origin_timing, fixture)

BOOST_AUTO_TEST_CASE(the_rate_is_kept_without_bursts) {
  server.set("/r", {.size = 1'000'000, .rate = 1'000'000});
  raw_client client(server.port());
  for (int i = 0; i < 2; ++i) {
    const auto start = clock_type::now();
    client.get("/r", "Range: bytes=0-499999\r\n");
    BOOST_TEST(client.receive().body.size() == 500'000U);
    BOOST_TEST(seconds_since(start) > 0.45);
  }
}

BOOST_AUTO_TEST_CASE(delays_of_pipelined_requests_overlap) {
  server.set("/d", {.size = 100, .delay = 300ms});
  raw_client client(server.port());
  const auto start = clock_type::now();
  for (int i = 0; i < 5; ++i)
    client.get("/d");
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(client.receive().complete);
  const double taken = seconds_since(start);
  BOOST_TEST(taken >= 0.3);
  BOOST_TEST(taken < 1.2);
}

BOOST_AUTO_TEST_CASE(new_connections_pay_extra) {
  server.set("/d", {.size = 1, .delay = 50ms, .connect_delay = 200ms});
  raw_client client(server.port());
  const auto start = clock_type::now();
  client.get("/d");
  client.receive();
  const double first = seconds_since(start);
  BOOST_TEST(first >= 0.25);
  client.get("/d");
  client.receive();
  BOOST_TEST(seconds_since(start) - first >= 0.05);
}

BOOST_AUTO_TEST_CASE(slowing_down_in_the_middle) {
  origin::behaviour rules{.size = 100'000};
  rules.slow_at = origin::slow_down{.after = 50'000, .rate = 100'000, .when = {.times = 1}};
  server.set("/s", rules);
  const auto start = clock_type::now();
  BOOST_TEST((fetch("/s").body == origin::content_of(1, 0, 100'000)));
  BOOST_TEST(seconds_since(start) > 0.45);
}

BOOST_AUTO_TEST_SUITE_END()
