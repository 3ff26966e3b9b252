// Range, If-Range and If-None-Match of the client (RFC 9110 §13, §14).

#include "server/stream_support.hpp"

#include <atomic>
#include <optional>
#include <random>
#include <thread>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_range_test)

namespace {

constexpr std::uint64_t size = 700'001;
constexpr std::uint64_t seed = 5;

struct span {
  std::uint64_t begin;
  std::uint64_t end;
};

struct asked {
  std::string field;
  std::optional<span> part;  ///< absent: 200 with the whole
};

const std::vector<asked> satisfiable{
    {"bytes=0-0", span{0, 1}},
    {"bytes=0-1", span{0, 2}},
    {"bytes=0-", span{0, size}},
    {"bytes=0-700000", span{0, size}},
    {"bytes=0-700001", span{0, size}},
    {"bytes=0-99999999999", span{0, size}},
    {"bytes=0-18446744073709551615", span{0, size}},
    {"bytes=0-99999999999999999999999", span{0, size}},
    {"bytes=65536-131071", span{65'536, 131'072}},
    {"bytes=65535-65536", span{65'535, 65'537}},
    {"bytes=123-", span{123, size}},
    {"bytes=699999-", span{699'999, size}},
    {"bytes=700000-", span{700'000, size}},
    {"bytes=700000-700000", span{700'000, size}},
    {"bytes=500000-800000", span{500'000, size}},
    {"bytes=-1", span{size - 1, size}},
    {"bytes=-65536", span{size - 65'536, size}},
    {"bytes=-300000", span{size - 300'000, size}},
    {"bytes=-700000", span{1, size}},
    {"bytes=-700001", span{0, size}},
    {"bytes=-999999999", span{0, size}},
    {"bytes=-18446744073709551616", span{0, size}},
    {"BYTES=1-2", span{1, 3}},
    {"bytes=0001-0002", span{1, 3}},
};

const std::vector<std::string> ignored{
    "bytes=5-3",   "bytes=",    "bytes=-",     "bytes=a-b",  "bytes=1-2-3",   "bytes=1",
    "bytes 0-1",   "0-1",       "items=0-1",   "bytes=-a",   "bytes=0-1,2-3", "bytes=0-1, 5-6",
    "bytes=0x1-2", "bytes=--1", "bytes=1.5-2", "bytes=+1-2", "bytes=0-1,-1",  "=0-1",
};

const std::vector<std::string> unsatisfiable{
    "bytes=700001-",
    "bytes=700001-700002",
    "bytes=999999999999-",
    "bytes=18446744073709551615-",
    "bytes=99999999999999999999999-",
    "bytes=-0",
};

struct fixture : stream_fixture {
  fixture() { origin.set("/a.mkv", {.size = size, .seed = seed, .etag = "\"v1\""}); }
};

void check_part(const raw_response& response, const span& part) {
  BOOST_TEST(response.status == 206);
  BOOST_TEST(response.complete);
  BOOST_TEST(response.header("Content-Length").value_or("") == std::to_string(part.end - part.begin));
  BOOST_TEST(response.header("Content-Range").value_or("") == "bytes " + std::to_string(part.begin) + "-" +
                                                                  std::to_string(part.end - 1) + "/" +
                                                                  std::to_string(size));
  BOOST_TEST(has_content(response, seed, part.begin, part.end - part.begin), "the bytes differ");
}

void check_unsatisfiable(const raw_response& response) {
  check_problem(response, 416, "range");
  BOOST_TEST(response.header("Content-Range").value_or("") == "bytes */" + std::to_string(size));
}

}  // namespace

// Both what is asked first, with nothing known, and what is asked once the size has been seen.
BOOST_AUTO_TEST_CASE(ranges_that_can_be_satisfied) {
  for (const bool known : {false, true}) {
    const fixture on;
    if (known) BOOST_TEST(on.play("/a.mkv", "Range: bytes=0-0\r\n").status == 206);
    for (const auto& each : satisfiable) {
      const fixture fresh_or_not;
      const auto& where = known ? on : fresh_or_not;
      BOOST_TEST_CONTEXT(each.field << (known ? ", size known" : ", first request")) {
        check_part(where.play("/a.mkv", "Range: " + each.field + "\r\n"), *each.part);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(malformed_and_multiple_ranges_are_ignored, fixture) {
  for (const auto& field : ignored) {
    BOOST_TEST_CONTEXT(field) {
      const auto response = play("/a.mkv", "Range: " + field + "\r\n");
      check_whole(response, seed, size);
      BOOST_TEST(!response.header("Content-Range").has_value());
    }
  }
  check_whole(play("/a.mkv", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n"), seed, size);
}

BOOST_AUTO_TEST_CASE(ranges_beyond_the_end) {
  for (const bool known : {false, true}) {
    const fixture on;
    if (known) BOOST_TEST(on.play("/a.mkv", "Range: bytes=0-0\r\n").status == 206);
    for (const auto& field : unsatisfiable) {
      BOOST_TEST_CONTEXT(field << (known ? ", size known" : "")) {
        check_unsatisfiable(on.play("/a.mkv", "Range: " + field + "\r\n"));
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(head_of_a_range, fixture) {
  for (const auto& each : satisfiable) {
    BOOST_TEST_CONTEXT(each.field) {
      const auto whole = play("/a.mkv", "Range: " + each.field + "\r\n");
      const auto response = play("/a.mkv", "Range: " + each.field + "\r\n", {}, "HEAD");
      BOOST_TEST(response.status == 206);
      for (const std::string name :
           {"Content-Length", "Content-Range", "Content-Type", "Accept-Ranges", "ETag", "Last-Modified",
            "Content-Disposition", "X-Client-ID", "X-Stream-ID"})
        BOOST_TEST(response.header(name).value_or("-") == whole.header(name).value_or("-"), name);
    }
  }
  BOOST_TEST(play("/a.mkv", "Range: bytes=700001-\r\n", {}, "HEAD").status == 416);
}

BOOST_AUTO_TEST_CASE(if_range) {
  struct expectation {
    std::string field;
    bool holds;
  };
  const std::vector<expectation> table{
      {"\"v1\"", true},
      {"\"v2\"", false},
      {"W/\"v1\"", false},
      {"Tue, 02 Jan 2024 03:04:05 GMT", true},
      {"Tue, 02 Jan 2024 03:04:06 GMT", false},
      {"Mon, 01 Jan 2024 03:04:05 GMT", false},
      {"nonsense", false},
  };
  for (const auto& each : table) {
    for (const std::string range : {"bytes=1000-1999", "bytes=-1000", "bytes=600000-"}) {
      const fixture on;
      BOOST_TEST_CONTEXT(each.field << " with " << range) {
        const auto response = on.play("/a.mkv", "Range: " + range + "\r\nIf-Range: " + each.field + "\r\n");
        if (each.holds) {
          BOOST_TEST(response.status == 206);
          BOOST_TEST(response.complete);
        } else {
          check_whole(response, seed, size);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(if_range_decides_before_416) {
  const fixture on;
  check_whole(on.play("/a.mkv", "Range: bytes=900000-\r\nIf-Range: \"old\"\r\n"), seed, size);
  check_unsatisfiable(on.play("/a.mkv", "Range: bytes=900000-\r\nIf-Range: \"v1\"\r\n"));
}

BOOST_FIXTURE_TEST_CASE(if_none_match, fixture) {
  for (const std::string hit : {"\"v1\"", "W/\"v1\"", "\"a\", \"v1\"", "*"}) {
    BOOST_TEST_CONTEXT(hit) {
      for (const std::string range : {"", "Range: bytes=5-9\r\n"}) {
        const auto response = play("/a.mkv", range + "If-None-Match: " + hit + "\r\n");
        BOOST_TEST(response.status == 304);
        BOOST_TEST(response.header("ETag").value_or("") == "\"v1\"");
        BOOST_TEST(response.body.empty());
      }
    }
  }
  for (const std::string miss : {"\"v2\"", "\"a\", \"b\"", "v1"}) {
    BOOST_TEST_CONTEXT(miss) {
      check_whole(play("/a.mkv", "If-None-Match: " + miss + "\r\n"), seed, size);
    }
  }
  BOOST_TEST(play("/a.mkv", "If-None-Match: \"v1\"\r\n", {}, "HEAD").status == 304);
}

BOOST_AUTO_TEST_CASE(an_empty_resource) {
  for (const std::string field : {"", "Range: bytes=0-\r\n", "Range: bytes=5-9\r\n", "Range: bytes=-5\r\n"}) {
    for (const std::string method : {"GET", "HEAD"}) {
      stream_fixture on;
      on.origin.set("/416.mp4", {.size = 0});
      on.origin.set("/200.mp4", {.size = 0, .lies = {{.about = origin::lie::kind::ignore_range}}});
      for (const std::string path : {"/416.mp4", "/200.mp4"}) {
        BOOST_TEST_CONTEXT(method << " " << path << " " << field) {
          const auto response = on.play(path, field, {}, method);
          BOOST_TEST(response.status == 200);
          BOOST_TEST(response.header("Content-Length").value_or("") == "0");
          BOOST_TEST(response.header("Content-Type").value_or("") == "video/mp4");
          BOOST_TEST(response.header("Content-Disposition").has_value());
          BOOST_TEST(!response.header("Content-Range").has_value());
          BOOST_TEST(response.complete);
        }
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(random_ranges_of_many_clients, fixture) {
  constexpr std::size_t clients = 16;
  constexpr std::size_t each = 7;
  std::atomic<int> right{0};
  std::vector<std::jthread> running;
  for (std::size_t n = 0; n < clients; ++n) {
    running.emplace_back([&, n] {
      std::minstd_rand dice(static_cast<unsigned>(n) + 1);
      for (std::size_t i = 0; i < each; ++i) {
        const auto a = std::uniform_int_distribution<std::uint64_t>(0, size - 1)(dice);
        const auto b = std::uniform_int_distribution<std::uint64_t>(0, size - 1)(dice);
        const span part{std::min(a, b), std::max(a, b) + 1};
        const auto response = play("/a.mkv", "Range: bytes=" + std::to_string(part.begin) + "-" +
                                                 std::to_string(part.end - 1) + "\r\n");
        if (response.status == 206 && has_content(response, seed, part.begin, part.end - part.begin)) ++right;
      }
    });
  }
  running.clear();
  BOOST_TEST(right == static_cast<int>(clients * each));
}

BOOST_AUTO_TEST_SUITE_END()
