// The scripted origin as a provider of live streams.

#include "faulty_origin/live_body.hpp"
#include "faulty_origin/server.hpp"
#include "support/raw_client.hpp"
#include "support/ts_checker.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using origin::live_source;
using test::ending;
using test::raw_client;
using clock_type = std::chrono::steady_clock;
constexpr std::uint64_t packet_size = origin::ts_packet_size;
constexpr std::uint64_t rate = 8'000'000;

struct fixture {
  void set(const std::string& path, live_source source, std::uint64_t seed = 7) {
    origin::behaviour rules{.seed = seed};
    rules.live = std::move(source);
    server.set(path, rules);
  }

  test::raw_response fetch(std::string_view target, std::size_t limit = SIZE_MAX,
                           std::string_view lines = {}) {
    raw_client client(server.port());
    client.get(target, lines);
    auto answer = client.receive(false, limit);
    ended = client.ended();
    return answer;
  }

  /// The record of the n-th request of a path, when the origin is done with it.
  origin::request_record finished(const std::string& path, std::size_t n = 0) {
    BOOST_TEST(server.wait_until([&] {
      const auto all = server.requests(path);
      return all.size() > n && all[n].finished;
    }));
    return server.requests(path).at(n);
  }

  origin::server server;
  ending ended = ending::none;
};

std::uint64_t packets_in(std::chrono::duration<double> time, std::uint64_t bit_rate = rate) {
  return origin::ts_stream(1, bit_rate).packets_in(time);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(origin_live_body)

BOOST_AUTO_TEST_CASE(bytes_are_released_in_stream_time) {
  const auto began = clock_type::now();
  const origin::live_plan plan{.seed = 7, .began = began, .now = began + 1s};
  const origin::live_body body({.bit_rate = rate, .repeat = 2s}, plan);
  BOOST_TEST(body.size() == origin::endless);
  BOOST_TEST(body.first_packet() == packets_in(61s) - packets_in(2s));
  BOOST_TEST(body.released(began + 1s) == packets_in(2s) * packet_size);
  const auto due = body.due(packets_in(2s) * packet_size);
  BOOST_TEST((due > began + 1s && due < began + 1010ms));
  BOOST_TEST(body.released(due) > packets_in(2s) * packet_size);
  BOOST_TEST(body.packets_end(0) == body.first_packet());
  BOOST_TEST(body.packets_end(187) == body.first_packet());
  BOOST_TEST(body.packets_end(189) == body.first_packet() + 1);

  const origin::live_body fast({.bit_rate = rate, .speed = 10}, plan);
  BOOST_TEST(fast.first_packet() == packets_in(70s));
  BOOST_TEST(fast.released(began + 2s) / packet_size - packets_in(10s) <= 1U);
}

BOOST_AUTO_TEST_CASE(connections_begin_where_they_should) {
  const auto began = clock_type::now();
  origin::live_plan plan{.seed = 7, .began = began, .now = began, .last_end = packets_in(50s)};
  const auto first = [&](live_source source) { return origin::live_body(source, plan).first_packet(); };
  using enum live_source::beginning;
  BOOST_TEST(first({.begin = last_end}) == packets_in(50s));
  BOOST_TEST(first({.begin = last_end, .repeat = 2s}) == packets_in(50s) - packets_in(2s));
  BOOST_TEST(first({.begin = last_end, .gap = 3s}) == packets_in(50s) + packets_in(3s));
  BOOST_TEST(first({.gap = 3s}) == packets_in(60s));
  BOOST_TEST(first({.gap = 30s}) == packets_in(50s) + packets_in(30s));
  BOOST_TEST(first({.age = 1s, .repeat = 2s}) == 0U);
  plan.last_end.reset();
  BOOST_TEST(first({.begin = last_end, .gap = 3s}) == packets_in(60s));
}

BOOST_AUTO_TEST_CASE(any_reading_gives_the_same_bytes) {
  const auto began = clock_type::now();
  live_source source{.close_after_packets = 300, .torn = 77, .tables_first = true, .misaligned = 100};
  source.garbage_at = 20'000;
  const origin::live_body body(source, {.seed = 7, .began = began, .now = began});
  const std::uint64_t size = 302 * packet_size - 100 + 77 + 100;
  BOOST_TEST_REQUIRE(body.size() == size);
  const auto read = [&](std::size_t most) {
    std::string bytes;
    while (bytes.size() < size)
      bytes += body.at(bytes.size()).substr(0, most);
    return bytes;
  };
  const std::string whole = read(SIZE_MAX);
  BOOST_TEST(whole.size() == size);
  BOOST_TEST((read(1000) == whole));
  BOOST_TEST((read(187) == whole));
  BOOST_TEST(body.released(began + 1h) == size);
  BOOST_TEST(body.packets_end(size) == packets_in(60s) + 300);
  BOOST_TEST(body.first_packet() == packets_in(60s) + 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(origin_live, fixture)

BOOST_AUTO_TEST_CASE(a_broadcast_goes_on_in_real_time) {
  set("/live", {.bit_rate = 80'000'000});
  const auto start = clock_type::now();
  const auto answer = fetch("/live", 5'000'000);  // half a second
  BOOST_TEST(std::chrono::duration<double>(clock_type::now() - start).count() > 0.4);
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.header("Content-Type").value() == "video/mp2t");
  BOOST_TEST(answer.header("Connection").value() == "close");
  for (const char* name : {"Content-Length", "Transfer-Encoding", "ETag", "Last-Modified", "Accept-Ranges"})
    BOOST_TEST(!answer.header(name).has_value(), name);
  const auto seen = test::check_ts(std::string_view(answer.body).substr(0, 26'000 * packet_size));
  BOOST_TEST(seen.clean(), seen.summary());
  BOOST_TEST(seen.gaps().empty());
  BOOST_TEST(seen.only_seed(7));
  const auto asked = finished("/live");
  BOOST_TEST_REQUIRE(asked.packets.has_value());
  BOOST_TEST(asked.packets->end <= server.present_packet("/live"));
  BOOST_TEST(asked.packets->first <= seen.first_number().value());
  BOOST_TEST(asked.packets->end > seen.last_number().value());
}

BOOST_AUTO_TEST_CASE(connections_that_close_and_repeat) {
  constexpr std::uint64_t slow = 1'000'000;  // sanitizers take their time over each byte
  for (const auto begin : {live_source::beginning::present, live_source::beginning::last_end}) {
    set("/live", {.bit_rate = slow, .speed = 50, .begin = begin, .repeat = 20s, .close_after = 10s});
    server.reset_counters();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto answer = fetch("/live");
      BOOST_TEST(answer.complete);
      const auto seen = test::check_ts(answer.body);
      BOOST_TEST(seen.clean(), seen.summary());
      BOOST_TEST(seen.gaps().empty());
      const auto span = finished("/live", i).packets.value();
      BOOST_TEST(span.first <= seen.first_number().value());
      BOOST_TEST(span.end > seen.last_number().value());
      BOOST_TEST(span.end - span.first == seen.packets);
      BOOST_TEST(seen.packets + 1 >= packets_in(30s, slow));
      if (i == 0) continue;
      const auto before = finished("/live", i - 1).packets.value();
      if (begin == live_source::beginning::last_end) {
        BOOST_TEST(before.end - span.first == packets_in(20s, slow));
      } else {
        BOOST_TEST(before.first < span.first);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_gap_loses_is_never_sent) {
  set("/live", {.speed = 100, .gap = 5s, .close_after = 5s});
  const auto first = test::check_ts(fetch("/live").body);
  const auto second = test::check_ts(fetch("/live").body);
  BOOST_TEST(second.packets > 0U);
  BOOST_TEST(finished("/live", 1).packets->first >= finished("/live").packets->end + packets_in(5s));
  BOOST_TEST(second.first_number().value() > first.last_number().value() + packets_in(5s));
}

BOOST_AUTO_TEST_CASE(two_paths_serve_the_same_broadcast) {
  set("/primary", {.begin = live_source::beginning::present, .repeat = 20s, .close_after_packets = 40'000});
  set("/backup", {.begin = live_source::beginning::present, .repeat = 20s, .close_after_packets = 40'000});
  const auto primary = fetch("/primary").body;
  const auto backup = fetch("/backup").body;
  const auto a = finished("/primary").packets.value();
  const auto b = finished("/backup").packets.value();
  BOOST_TEST_REQUIRE(a.first <= b.first);
  BOOST_TEST_REQUIRE(b.first < a.end);
  const std::string_view common = std::string_view(primary).substr((b.first - a.first) * packet_size);
  BOOST_TEST((common == std::string_view(backup).substr(0, common.size())));

  set("/own", {.timeline = "later", .age = 0ms, .close_after_packets = 10});
  BOOST_TEST(test::check_ts(fetch("/own").body).first_number().value() < packets_in(1s));
}

BOOST_AUTO_TEST_CASE(ways_to_end) {
  using enum live_source::ending;
  struct row {
    live_source::ending end;
    origin::framing framing;
    ending seen;
    bool complete;
  };
  const std::vector<row> rows{{close, origin::framing::until_close, ending::closed, true},
                              {close, origin::framing::chunked, ending::none, true},
                              {cut, origin::framing::chunked, ending::closed, false},
                              {reset, origin::framing::chunked, ending::reset, false},
                              {reset, origin::framing::until_close, ending::reset, false}};
  for (const row& one : rows) {
    origin::behaviour rules{.seed = 7, .body_framing = one.framing};
    rules.live = live_source{.repeat = 1s, .close_after_packets = 100, .end = one.end, .torn = 50};
    server.set("/live", rules);
    const auto answer = fetch("/live");
    BOOST_TEST((ended == one.seen));
    BOOST_TEST(answer.complete == one.complete);
    if (one.end != reset) BOOST_TEST(answer.body.size() == 100 * packet_size + 50);
  }
  set("/stall", {.repeat = 1s, .close_after_packets = 100, .end = stall});
  raw_client client(server.port(), "127.0.0.1", {}, 1);
  client.get("/stall");
  BOOST_TEST(client.receive().body.size() == 100 * packet_size);
  BOOST_TEST((client.ended() == ending::timed_out));
  BOOST_TEST(!server.requests("/stall").back().finished);
}

BOOST_AUTO_TEST_CASE(only_some_connections_end) {
  set("/live", {.repeat = 1s, .close_after_packets = 100, .ends_when = {.times = 1}});
  BOOST_TEST(fetch("/live").complete);
  BOOST_TEST(fetch("/live", 200 * packet_size).body.size() == 200 * packet_size);
}

BOOST_AUTO_TEST_CASE(habits_of_the_beginning) {
  set("/tables", {.repeat = 1s, .close_after_packets = 1000, .tables_first = true});
  auto seen = test::check_ts(fetch("/tables").body);
  BOOST_TEST(seen.before_tables == 0U);
  BOOST_TEST(seen.unannounced_jumps() == 2U);
  BOOST_TEST(seen.packets == 1002U);
  BOOST_TEST(seen.gaps().empty());

  set("/misaligned", {.repeat = 1s, .close_after_packets = 1000, .misaligned = 100});
  seen = test::check_ts(fetch("/misaligned").body);
  BOOST_TEST(seen.leading == 88U);
  BOOST_TEST(seen.packets == 999U);
  BOOST_TEST(finished("/misaligned").packets->first <= seen.first_number().value());
  const auto span = finished("/misaligned").packets.value();
  BOOST_TEST(span.end - span.first == 999U);

  live_source noisy{.repeat = 1s, .close_after_packets = 1000};
  noisy.garbage_at = 500 * packet_size + 30;
  set("/noisy", noisy);
  seen = test::check_ts(fetch("/noisy").body);
  BOOST_TEST(seen.bytes == 1000 * packet_size + 100);
  BOOST_TEST(!seen.clean());
  BOOST_TEST(seen.packets + seen.damaged_marks >= 998U);
  BOOST_TEST(seen.increasing());
}

BOOST_AUTO_TEST_CASE(restamped_connections) {
  set("/live", {.begin = live_source::beginning::last_end,
                .repeat = 1s,
                .close_after_packets = 8000,
                .restamp = true});
  const auto first = fetch("/live").body;
  const auto second = fetch("/live").body;
  for (const auto& body : {first, second})
    BOOST_TEST(test::check_ts(body).clean());
  const auto both = test::check_ts(first + second);
  BOOST_TEST(!both.clean());
  BOOST_TEST(both.unannounced_clock_jumps() == 1U);
  BOOST_TEST(!both.increasing());
}

BOOST_AUTO_TEST_CASE(recordings_begin_anew) {
  set("/rec.ts", {.recording = 5000});
  const auto first = fetch("/rec.ts");
  BOOST_TEST(first.complete);
  BOOST_TEST(first.body.size() == 5000 * packet_size);
  BOOST_TEST((fetch("/rec.ts").body == first.body));
  BOOST_TEST(finished("/rec.ts").packets->first == 0U);
  BOOST_TEST(finished("/rec.ts").packets->end == 5000U);

  set("/paced.ts", {.bit_rate = 80'000'000, .recording = 20'000, .paced = true});
  const auto start = clock_type::now();
  BOOST_TEST(fetch("/paced.ts").body.size() == 20'000 * packet_size);
  BOOST_TEST(std::chrono::duration<double>(clock_type::now() - start).count() > 0.35);
}

BOOST_AUTO_TEST_CASE(ranges_on_a_broadcast) {
  struct row {
    live_source::range_reply what;
    int status;
    std::string content_range;
  };
  using enum live_source::range_reply;
  for (const row& one : {row{ignore, 200, ""}, row{unknown_total, 206, "bytes 0-*/*"},
                         row{unsatisfiable, 416, ""}, row{forbidden, 403, ""}}) {
    set("/live", {.repeat = 1s, .close_after_packets = 10, .ranges = one.what});
    const auto answer = fetch("/live", SIZE_MAX, "Range: bytes=0-\r\n");
    BOOST_TEST(answer.status == one.status);
    BOOST_TEST(answer.header("Content-Range").value_or("") == one.content_range);
    BOOST_TEST(fetch("/live").status == 200);
  }
  const auto lying =
      fetch("/x?live&close_after_packets=5&repeat=1s&lie=unknown_total", SIZE_MAX, "Range: bytes=5-\r\n");
  BOOST_TEST(lying.header("Content-Range").value_or("") == "bytes 5-*/*");
  raw_client client(server.port());
  client.get("/live", {}, "HEAD");
  const auto head = client.receive(true);
  BOOST_TEST(head.status == 200);
  BOOST_TEST(!head.header("Content-Length").has_value());
}

BOOST_AUTO_TEST_CASE(other_faults_work_with_it) {
  const std::string live = "/a.ts?live=80M&repeat=1s&seed=9&";
  BOOST_TEST(fetch(live + "truncate_at=1000").body.size() == 1000U);
  fetch(live + "reset_at=1000");
  BOOST_TEST((ended == ending::reset));
  BOOST_TEST(fetch(live + "framing=chunked&truncate_at=1000").body.size() <= 1000U);
  BOOST_TEST(fetch(live + "status=503&times=1").status == 503);
  BOOST_TEST(fetch(live + "status=503&times=1", 188).status == 200);
  BOOST_TEST(fetch(live + "redirect=302&location=/x").header("Location").value() == "/x");
  const auto start = clock_type::now();
  BOOST_TEST(fetch(live + "rate=100000", 40'000).body.size() == 40'000U);
  BOOST_TEST(std::chrono::duration<double>(clock_type::now() - start).count() > 0.3);

  raw_client first(server.port());
  first.get(live + "max_connections=1");
  BOOST_TEST(first.receive(false, 1000).body.size() == 1000U);
  BOOST_TEST(fetch(live + "max_connections=1").status == 503);
  BOOST_TEST(server.of(live + "max_connections=1").refused == 1U);
}

BOOST_AUTO_TEST_CASE(connections_of_a_path_are_counted) {
  set("/live", {.repeat = 1s});
  {
    raw_client one(server.port());
    raw_client two(server.port());
    for (raw_client* client : {&one, &two}) {
      client->get("/live");
      BOOST_TEST(client->receive(false, 188).status == 200);
    }
    BOOST_TEST(server.of("/live").active_requests == 2U);
  }
  BOOST_TEST(server.wait_until([&] { return server.of("/live").active_requests == 0; }, 2s));
  BOOST_TEST(server.of("/live").peak_requests == 2U);
  BOOST_TEST(server.of("/live").open_connections == 0U);
}

BOOST_AUTO_TEST_CASE(the_query_and_its_errors) {
  const auto answer = fetch(
      "/x?live=2M&speed=20&timeline=t&age=10s&begin=last_end&repeat=1s&gap=0&close_after=1s&"
      "end=close&torn=3&restamp&tables_first&misaligned=1&garbage_at=5000&garbage=7&"
      "ranges=403&framing=chunked&seed=4");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.complete);
  BOOST_TEST(test::check_ts(answer.body).only_seed(4));
  BOOST_TEST(fetch("/x?recording=100&paced&close_after_packets=50").body.size() == 50 * packet_size);
  for (const std::string wrong :
       {"live=10", "live&speed=0", "live&torn=188", "live&begin=never", "live&repeat=-1s"})
    BOOST_TEST(fetch("/x?" + wrong).status == 400, wrong);
  BOOST_TEST(fetch("/").body.find("close_after_packets=N") != std::string::npos);
  origin::behaviour rules;
  rules.live = live_source{.speed = 0};
  BOOST_CHECK_THROW(server.set("/wrong", rules), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
