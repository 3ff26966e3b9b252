// /stream/{id} of an upstream without ranges: bodies with a known length, and bodies without an end.

#include "server/live_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using origin::head_fault;

BOOST_AUTO_TEST_SUITE(live_body_test)

namespace {

constexpr std::uint64_t size = 2'000'003;

origin::behaviour no_ranges(std::uint64_t seed = 5) {
  return {.size = size, .seed = seed, .lies = {{.about = origin::lie::kind::ignore_range}}};
}

settings hasty() {
  auto config = live_test_settings();
  config.upstream.read_timeout = 500ms;
  return config;
}

void check_body(const raw_response& answer, std::uint64_t seed = 5) {
  check_whole(answer, seed, size);
  BOOST_TEST(answer.header("Accept-Ranges").value_or("") == "none");
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(known_length, live_fixture) {
  const auto id = post_as("/a.mkv", no_ranges());
  check_body(get(id));
  check_body(get(id, "Range: bytes=5-9\r\n"));
  check_body(get(id, "Range: bytes=99999999-\r\n"));
  const auto head = get(id, {}, "HEAD");
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(size));
  BOOST_TEST(head.header("Accept-Ranges").value_or("") == "none");
  BOOST_TEST(quiet());
  BOOST_TEST(served() == 3 * size);
}

BOOST_AUTO_TEST_CASE(goes_on_behind_a_break) {
  for (const std::string what : {"truncated", "reset", "stall", "503 in between", "refuses ranges with 403",
                                 "refuses ranges with 416", "unknown total"}) {
    for (const std::uint64_t at : {10'000U, 1'500'000U}) {
      BOOST_TEST_CONTEXT(what << " at " << at) {
        live_fixture on(hasty());
        auto rules = no_ranges();
        const origin::cut cut{.after = at, .when = {.times = 1}};
        (what == "reset" ? rules.reset_at : what == "stall" ? rules.stall_at : rules.truncate_at) = cut;
        if (what == "503 in between") rules.status = {{.status = 503, .when = {.from = 2, .times = 1}}};
        if (what.starts_with("refuses"))
          rules.status = {
              {.status = std::stoi(what.substr(what.size() - 3)), .when = {.first_byte_from = 1}}};
        if (what == "unknown total") {
          rules.lies = {{.about = origin::lie::kind::unknown_total}};
          rules.truncate_at = {{.after = at, .when = {.from = 2, .times = 1}}};
        }
        const auto id = on.post_as("/a.mkv", rules);
        check_body(on.get(id));
        BOOST_TEST(on.quiet());
        BOOST_TEST(on.served() == size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(only_a_source_with_equal_bytes_goes_on) {
  struct row {
    const char* name;
    origin::behaviour rules;
    bool fits;
  };
  auto longer = no_ranges();
  longer.size = size + 1;
  for (const auto& [name, rules, fits] :
       {row{"equal", no_ranges(), true}, row{"equal, with ranges", {.size = size, .seed = 5}, true},
        row{"other bytes", no_ranges(6), false}, row{"longer", longer, false}}) {
    BOOST_TEST_CONTEXT(name) {
      live_fixture on(hasty());
      auto dying = no_ranges();
      dying.truncate_at = {{.after = 1'000'000}};
      dying.status = {{.status = 404, .when = {.from = 2}}};
      on.origin.set("/a.mkv", dying);
      on.origin.set("/b.mkv", rules);
      const auto id = on.post({"/a.mkv", "/b.mkv"});
      const auto answer = on.get(id);
      if (fits) {
        check_body(answer);
        BOOST_TEST(count_of(on.info(id), "current_failover_index") == 1U);
        BOOST_TEST(count_of(on.info(id), "error_count") == 0U);
      } else {
        check_cut(answer, 5);
        BOOST_TEST(count_of(on.info(id), "error_count") == 1U);
        BOOST_TEST(!text_of(on.info(id), "last_error").empty());
      }
      BOOST_TEST(on.quiet());
      BOOST_TEST(on.served() == answer.body.size());
    }
  }
}

// Without length and without packets: passed through to its end.
BOOST_AUTO_TEST_CASE(unknown_length) {
  using origin::framing;
  for (const auto framed : {framing::chunked, framing::until_close}) {
    for (const std::string version : {"1.1", "1.0"}) {
      BOOST_TEST_CONTEXT((framed == framing::chunked ? "chunked " : "until close ") << version) {
        live_fixture on;
        auto rules = no_ranges();
        rules.body_framing = framed;
        const auto id = on.post_as("/a.mp3", rules);
        const auto viewer = on.watch(id, {.lines = "Range: bytes=5-9\r\n", .version = version});
        BOOST_TEST(viewer->status() == 200);
        BOOST_TEST(viewer->header("Accept-Ranges").value_or("") == "none");
        BOOST_TEST(viewer->header("Content-Type").value_or("") == "audio/mpeg");
        BOOST_TEST(!viewer->header("Content-Length"));
        viewer->drain();
        BOOST_TEST(viewer->complete());
        BOOST_TEST((viewer->body == origin::content_of(5, 0, size)));
        BOOST_TEST(on.quiet());
        BOOST_TEST(on.served() == size);
        const auto head = on.get(id, {}, "HEAD");
        BOOST_TEST(head.status == 200);
        BOOST_TEST(!head.header("Content-Length"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_broken_body_without_length_is_cut) {
  for (const std::string version : {"1.1", "1.0"}) {
    live_fixture on;
    auto rules = no_ranges();
    rules.body_framing = origin::framing::chunked;
    rules.truncate_at = {{.after = 600'000}};
    const auto id = on.post_as("/a.mp3", rules);
    const auto viewer = on.watch(id, {.version = version});
    viewer->drain();
    BOOST_TEST(!viewer->complete());
    BOOST_TEST((viewer->ended() == (version == "1.0" ? ending::reset : ending::closed)));
    BOOST_TEST((viewer->body == origin::content_of(5, 0, viewer->body.size())));
    BOOST_TEST(on.quiet());
    BOOST_TEST(count_of(on.info(id), "error_count") == 1U);
    BOOST_TEST(!text_of(on.info(id), "last_error").empty());
  }
}

// Bytes are passed on as they arrive, also while it is not known yet what they are.
BOOST_AUTO_TEST_CASE(no_byte_waits) {
  for (const std::string type : {"audio/mpeg", ""}) {
    BOOST_TEST_CONTEXT(type) {
      live_fixture on;
      auto rules = no_ranges();
      rules.content_type = type;
      rules.body_framing = origin::framing::chunked;
      rules.stall_at = {{.after = 5'000}};
      const auto id = on.post_as("/radio", rules);
      const auto viewer = on.watch(id);
      BOOST_TEST(viewer->read_to(5'000));
      BOOST_TEST((viewer->body == origin::content_of(5, 0, 5'000)));
      viewer->close();
      BOOST_TEST(on.origin.wait_until([&] { return on.open("/radio") == 0; }, promptly));
      BOOST_TEST(on.quiet());
    }
  }
}

// Each client of such a body has a connection of its own, and its pace.
BOOST_FIXTURE_TEST_CASE(a_slow_client_slows_the_upstream, live_fixture) {
  auto rules = no_ranges();
  rules.size = 1ULL << 34U;
  const auto id = post_as("/a.mkv", rules);
  const auto viewer = watch(id, {.receive_buffer = 16 * 1024});
  BOOST_TEST(viewer->read_to(100'000));
  const auto sent = [&] { return origin.of("/a.mkv").bytes_sent; };
  auto last = sent();
  auto since = std::chrono::steady_clock::now();
  const bool stands = eventually([&] {
    const auto now = sent();
    if (now != last) since = std::chrono::steady_clock::now();
    last = now;
    return std::chrono::steady_clock::now() - since > 300ms;
  });
  BOOST_TEST(stands);
  BOOST_TEST(last < 40 * mebi);  // what kernels hold
  viewer->close();
  BOOST_TEST(origin.wait_until([&] { return open("/a.mkv") == 0; }, promptly));
  BOOST_TEST(quiet());
}

BOOST_AUTO_TEST_SUITE_END()
