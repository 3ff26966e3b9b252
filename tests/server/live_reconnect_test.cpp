// A live stream whose provider closes, breaks, stalls and starts anew: what a viewer gets meanwhile.

#include "server/live_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

using from = live_source::beginning;
using end_by = live_source::ending;

BOOST_AUTO_TEST_SUITE(live_reconnect_test)

namespace {

/// Each connection ends after half a second and the next one repeats a quarter of a second.
live_source closing() {
  auto source = lively();
  source.begin = from::last_end;
  source.repeat = 2s;
  source.close_after = 4s;
  return source;
}

/// One past the last packet that the first so many requests got.
std::uint64_t packets_end(const live_fixture& on, const std::string& path, std::size_t requests) {
  std::uint64_t end = 0;
  for (const auto& each : on.origin.requests(path)) {
    if (requests-- == 0) break;
    if (each.packets) end = std::max(end, each.packets->end);
  }
  return end;
}

/// Watches until the provider has been asked that often, and has all that it sent before, and then some.
std::string watch_connections(const live_fixture& on, const std::string& path, const std::string& id,
                              std::size_t connections) {
  const auto viewer = on.watch(id);
  check_live_head(*viewer);
  BOOST_TEST(viewer->read_until([&] { return on.origin.requests(path).size() >= connections; }));
  const auto end = packets_end(on, path, connections - 1);
  bool more = true;
  while (more && check_ts(viewer->body).last_number().value_or(0) < end)
    more = viewer->read_to(viewer->received() + 200'000);
  BOOST_TEST(more);
  BOOST_TEST(!viewer->complete());
  return whole_packets(viewer->body);
}

/// From its first packet to its last the viewer has all that the provider sent on so many connections, and
/// something of the next one.
void check_nothing_lost(const live_fixture& on, const std::string& path, const std::string& body,
                        std::size_t connections) {
  check_seamless(body);
  const auto seen = check_ts(body);
  const auto all = on.origin.requests(path);
  BOOST_REQUIRE(!all.empty());
  BOOST_REQUIRE(seen.first_number().has_value());
  // Begins with what the first connection began with: up to a burst's worth before a key frame is left out.
  BOOST_TEST(*seen.first_number() >= all.front().packets->first);
  BOOST_TEST(*seen.first_number() < all.front().packets->end);
  BOOST_TEST(*seen.last_number() >= packets_end(on, path, connections));
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_lost_or_sent_twice_where_the_provider_repeats) {
  struct row {
    const char* name;
    end_by end;
    unsigned torn;
    origin::framing framing;
  };
  using origin::framing;
  for (const auto& [name, end, torn, framed] :
       {row{"proper end", end_by::close, 0, framing::until_close},
        row{"proper end, chunked", end_by::close, 0, framing::chunked},
        row{"in the middle of a packet", end_by::close, 77, framing::until_close},
        row{"cut, chunked", end_by::cut, 100, framing::chunked},
        row{"reset", end_by::reset, 50, framing::until_close},
        row{"stall", end_by::stall, 0, framing::chunked}}) {
    BOOST_TEST_CONTEXT(name) {
      live_fixture on;
      auto source = closing();
      source.end = end;
      source.torn = torn;
      auto rules = broadcasting(source);
      rules.body_framing = framed;
      const auto id = on.post_as("/a.ts", rules);
      check_nothing_lost(on, "/a.ts", watch_connections(on, "/a.ts", id, 4), 3);
      BOOST_TEST(on.origin.of("/a.ts").peak_requests <= 2U);
    }
  }
}

BOOST_AUTO_TEST_CASE(misaligned_tables_first_and_garbage) {
  for (const std::string what : {"misaligned", "tables first", "garbage"}) {
    BOOST_TEST_CONTEXT(what) {
      live_fixture on;
      auto source = closing();
      if (what == "misaligned") source.misaligned = 100;
      if (what == "tables first") source.tables_first = true;
      if (what == "garbage") source.garbage_at = 3'000 * origin::ts_packet_size;  // behind the repeats
      const auto id = on.post_as("/a.ts", broadcasting(source));
      const auto body = watch_connections(on, "/a.ts", id, 4);
      check_announced(body);
      const auto seen = check_ts(body);
      BOOST_TEST(seen.gaps().empty(), seen.summary());
      BOOST_TEST(seen.repeats().empty(), seen.summary());
    }
  }
}

// Noise in the middle of a packet that the last connection has already brought, and of the one before.
BOOST_FIXTURE_TEST_CASE(garbage_inside_what_repeats, live_fixture) {
  const auto id = post_as("/a.ts", broadcasting(closing()));
  const auto first = watch(id);
  BOOST_TEST(first->read_to(100'000));
  origin.update("/a.ts", [](auto& rules) { rules.live->garbage_at = 1'000 * origin::ts_packet_size + 50; });
  check_nothing_lost(*this, "/a.ts", watch_connections(*this, "/a.ts", id, 4), 3);
}

// The next connection begins before everything that was sent, and takes its time to get there.
BOOST_FIXTURE_TEST_CASE(a_provider_that_starts_far_back, live_fixture) {
  auto source = closing();
  source.repeat = 0s;
  const auto id = post_as("/a.ts", broadcasting(source));
  const auto first = watch(id);
  BOOST_TEST(first->read_to(100'000));
  origin.update("/a.ts", [](auto& rules) {
    rules.live->repeat = 6s;
    rules.rate = 6'000'000;
  });
  check_nothing_lost(*this, "/a.ts", watch_connections(*this, "/a.ts", id, 4), 3);
}

BOOST_AUTO_TEST_CASE(a_provider_that_answers_badly_in_between) {
  for (const std::string what : {"404", "503", "closed", "no answer", "garbage"}) {
    BOOST_TEST_CONTEXT(what) {
      live_fixture on;
      auto rules = broadcasting(closing());
      const origin::condition when{.from = 2, .times = 2};
      if (what == "404") rules.status = {{.status = 404, .when = when}};
      if (what == "503") rules.status = {{.status = 503, .when = when}};
      if (what == "closed") rules.head = {{.what = origin::head_fault::kind::close, .when = when}};
      if (what == "no answer") rules.head = {{.what = origin::head_fault::kind::never, .when = when}};
      if (what == "garbage") rules.head = {{.what = origin::head_fault::kind::garbage, .when = when}};
      const auto id = on.post_as("/a.ts", rules);
      check_nothing_lost(on, "/a.ts", watch_connections(on, "/a.ts", id, 6), 5);
    }
  }
}

// The provider's whole server goes away and comes back at the same place.
BOOST_FIXTURE_TEST_CASE(a_refused_connection, live_fixture) {
  auto second = std::make_unique<origin::server>();
  const auto port = second->port();
  second->set("/a.ts", broadcasting(lively()));
  const auto id = post_urls({second->url("/a.ts")});
  const auto viewer = watch(id);
  BOOST_TEST(viewer->read_to(500'000));
  second.reset();
  const auto came = [&] {
    return info(id).at("last_error").as_string().find("refused") != std::string::npos;
  };
  BOOST_TEST(eventually(came));
  second = std::make_unique<origin::server>(origin::server_options{.port = port});
  second->set("/a.ts", broadcasting(lively()));
  const auto before = viewer->received();
  BOOST_TEST(viewer->read_to(before + 1'000'000));
  check_announced(viewer->body);
  viewer->close();
  BOOST_TEST(quiet());
}

BOOST_AUTO_TEST_CASE(what_does_not_continue_is_announced) {
  for (const std::string what : {"restamped", "gap", "present"}) {
    BOOST_TEST_CONTEXT(what) {
      live_fixture on;
      auto source = closing();
      source.repeat = 0s;
      source.restamp = what == "restamped";
      if (what == "gap") source.gap = 1s;
      if (what == "present") source.begin = from::present;
      const auto id = on.post_as("/a.ts", broadcasting(source));
      const auto body = watch_connections(on, "/a.ts", id, 4);
      check_announced(body);
      const auto seen = check_ts(body);
      BOOST_TEST(seen.repeats().empty(), seen.summary());
      if (what != "present") BOOST_TEST(seen.indicators > 0U);
    }
  }
}

// A restamped provider that repeats: nobody can tell, but decoders know where it happens.
BOOST_FIXTURE_TEST_CASE(restamped_repeats_are_announced, live_fixture) {
  auto source = closing();
  source.restamp = true;
  const auto id = post_as("/a.ts", broadcasting(source));
  const auto body = watch_connections(*this, "/a.ts", id, 4);
  check_announced(body);
  BOOST_TEST(check_ts(body).indicators >= 3U);
}

BOOST_AUTO_TEST_CASE(a_recording_ends_the_response) {
  for (const bool paced : {false, true}) {
    for (const std::string version : {"1.1", "1.0"}) {
      live_fixture on;
      auto source = lively();
      source.recording = 5'000;
      source.paced = paced;
      const auto id = on.post_as("/a.ts", broadcasting(source));
      const auto viewer = on.watch(id, {.version = version});
      viewer->drain();
      BOOST_TEST_CONTEXT((paced ? "paced" : "at once") << " " << version) {
        BOOST_TEST(viewer->complete());
        const auto seen = check_ts(viewer->body);
        BOOST_TEST(seen.clean(), seen.summary());
        BOOST_TEST(seen.gaps().empty(), seen.summary());
        BOOST_TEST(seen.repeats().empty(), seen.summary());
        BOOST_TEST(seen.packets >= 4'000U);
        BOOST_TEST(*seen.last_number() >= 4'990U);
        BOOST_TEST(on.origin.requests("/a.ts").size() == 2U);
        BOOST_TEST(on.quiet());
        BOOST_TEST(on.served() == viewer->received());
      }
    }
  }
}

// A recording that breaks always at the same place brings nothing new for ever.
BOOST_AUTO_TEST_CASE(no_new_packets_are_no_life) {
  auto config = live_test_settings();
  config.live.grace = 1'500ms;
  live_fixture on(config);
  auto source = lively();
  source.recording = 5'000;
  source.end = end_by::cut;
  auto rules = broadcasting(source);
  rules.body_framing = origin::framing::chunked;
  const auto id = on.post_as("/a.ts", rules);
  const auto began = std::chrono::steady_clock::now();
  const auto viewer = on.watch(id);
  viewer->drain();
  BOOST_TEST(!viewer->complete());
  BOOST_TEST((viewer->ended() == ending::closed));
  BOOST_TEST(seconds_since(began) < 20);
  check_seamless(viewer->body);
  BOOST_TEST(on.quiet());
}

// The first connection breaks, the next one is whole.
BOOST_FIXTURE_TEST_CASE(a_cut_recording_goes_on, live_fixture) {
  auto source = lively();
  source.recording = 5'000;
  auto rules = broadcasting(source);
  rules.body_framing = origin::framing::chunked;
  rules.truncate_at = {{.after = 400'000, .when = {.times = 1}}};
  const auto id = post_as("/a.ts", rules);
  const auto viewer = watch(id);
  viewer->drain();
  BOOST_TEST(viewer->complete());
  BOOST_TEST(origin.requests("/a.ts").size() >= 3U);  // one more for each stall of a loaded machine
  const auto seen = check_ts(viewer->body);
  BOOST_TEST(seen.clean(), seen.summary());
  BOOST_TEST(seen.gaps().empty(), seen.summary());
  BOOST_TEST(seen.repeats().empty(), seen.summary());
}

BOOST_AUTO_TEST_SUITE_END()
