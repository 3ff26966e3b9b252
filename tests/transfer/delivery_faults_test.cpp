// deliver() when the upstream fails: retry, overload, failover, versions, races.

#include "transfer/delivery.hpp"
#include "transfer/delivery_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

constexpr std::size_t K = 1024, M = 1024 * K;
constexpr byte_range whole{0, 4 * M};

origin::behaviour film() {
  return {.size = whole.end, .seed = 9, .delay = 1ms};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(delivery_faults_test, delivery_fixture)

BOOST_AUTO_TEST_CASE(what_breaks_is_resumed) {
  const std::vector<std::pair<std::string, std::function<void(origin::behaviour&)>>> rows{
      {"truncated bodies",
       [](auto& b) { b.truncate_at = origin::cut{.after = 50'000, .when = {.probability = 0.3}}; }},
      {"reset bodies",
       [](auto& b) { b.reset_at = origin::cut{.after = 50'000, .when = {.probability = 0.3}}; }},
      {"stalled bodies",
       [](auto& b) { b.stall_at = origin::cut{.after = 50'000, .when = {.from = 3, .times = 2}}; }},
      {"503 now and then",
       [](auto& b) { b.status = origin::status_reply{.when = {.from = 2, .probability = 0.3}}; }},
      {"closed without an answer",
       [](auto& b) {
         b.head = origin::head_fault{.what = origin::head_fault::kind::close, .when = {.probability = 0.2}};
       }},
      {"no HTTP", [](auto& b) { b.head = origin::head_fault{.when = {.from = 2, .times = 2}}; }},
      {"no keep-alive", [](auto& b) { b.keep_alive = false; }},
      {"HTTP/1.0", [](auto& b) { b.http_1_0 = true; }},
      {"chunked bodies", [](auto& b) { b.body_framing = origin::framing::chunked; }},
      {"bodies until close", [](auto& b) { b.body_framing = origin::framing::until_close; }},
      {"interim responses", [](auto& b) { b.interim = 3; }},
      {"shorter ranges once",
       [](auto& b) {
         b.lies = origin::lie{.about = origin::lie::kind::no_content_range, .when = {.from = 100}};
       }},
  };
  for (const auto& [name, edit] : rows) {
    BOOST_TEST_CONTEXT(name) {
      delivery_fixture each;
      each.config.upstream.read_timeout = 300ms;
      each.config.upstream.retries = 20;
      auto rules = film();
      edit(rules);
      each.server.set("/a", rules);
      each.play({"/a"}, whole);
      each.check_complete(9, whole);
    }
  }
}

BOOST_AUTO_TEST_CASE(retries_end) {
  auto rules = film();
  rules.truncate_at = origin::cut{.after = 2 * M + 5, .absolute = true};
  rules.status = origin::status_reply{.status = 500, .when = {.first_byte_from = 2 * M + 5}};
  config.upstream.retries = 2;
  server.set("/a", rules);
  play({"/a"}, whole);
  check_cut(9, whole, errc::unexpected_status);
  BOOST_TEST(result->sent == 2 * M + 5);
}

BOOST_AUTO_TEST_CASE(a_low_speed_connection_is_replaced) {
  auto rules = film();
  rules.slow_at = origin::slow_down{.after = 20'000, .rate = 1000, .when = {.from = 1, .times = 1}};
  config.upstream.min_speed = 50'000;
  config.upstream.min_speed_streak = 1;
  server.set("/a", rules);
  play({"/a"}, whole, {.plan = {.connections = 1, .chunk_size = 1 * M}});
  check_complete(9, whole);
  BOOST_TEST(server.totals().connections >= 2u);
}

BOOST_AUTO_TEST_CASE(a_late_chunk_at_the_head_is_raced) {
  auto rules = film();
  rules.rate = 8 * M;
  rules.slow_at = origin::slow_down{.after = 10'000, .rate = 1000, .when = {.from = 4, .times = 1}};
  server.set("/a", rules);
  const auto began = std::chrono::steady_clock::now();
  play({"/a"}, whole);
  check_complete(9, whole);
  // At 1000 bytes per second that chunk would take minutes, and the read time-out never strikes.
  BOOST_TEST((std::chrono::steady_clock::now() - began < 15s));
  // The origin may see a new connection before the end of the one that it replaces.
  BOOST_TEST(server.totals().peak_connections <= 5u);
}

BOOST_AUTO_TEST_CASE(overload_lowers_the_parallelism_and_is_remembered) {
  using refusal = origin::connection_limit::refusal;
  for (const auto over : {refusal::answer, refusal::reset, refusal::close}) {
    for (const int status : {503, 429, 403}) {
      if (over != refusal::answer && status != 503) continue;
      BOOST_TEST_CONTEXT(static_cast<int>(over) << " " << status) {
        delivery_fixture each;
        auto rules = film();
        rules.rate = 4 * M;
        rules.max_connections = origin::connection_limit{.most = 1, .over = over, .status = status};
        each.server.set("/a", rules);
        each.config.upstream.retries = 0;
        each.play({"/a"}, whole, {.plan = {.connections = 4, .chunk_size = 128 * K}});
        each.check_complete(9, whole);
        BOOST_TEST(each.budget.limit(each.at("/a").origin(), 4, std::chrono::steady_clock::now()) == 1u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_chunk_given_back_is_fetched_although_a_later_one_has_failed) {
  auto rules = film();
  rules.rate = 2 * M;
  rules.max_connections = origin::connection_limit{.most = 2};
  rules.status = origin::status_reply{.status = 404, .when = {.first_byte_from = 1 * M}};
  server.set("/a", rules);
  config.upstream.retries = 0;
  play({"/a"}, whole, {.plan = {.connections = 8, .chunk_size = 128 * K}});
  check_bytes(9, whole);
  BOOST_TEST(!result->complete);
  BOOST_TEST(result->sent >= 1 * M);
}

BOOST_AUTO_TEST_CASE(another_version_is_asked_for_again_and_then_cut) {
  for (const bool for_ever : {false, true}) {
    delivery_fixture each;
    auto rules = film();
    rules.changes = origin::change{.seed = 10, .when = {.from = 3, .times = for_ever ? 0U : 1U}};
    each.server.set("/a", rules);
    each.play({"/a"}, whole);
    if (for_ever) {
      each.check_cut(9, whole, errc::resource_changed);
      BOOST_TEST(!each.memory.find(each.file->key).has_value());
    } else {
      each.check_complete(9, whole);
      BOOST_TEST(each.memory.find(each.file->key).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(another_size_is_cut_and_forgotten) {
  auto rules = film();
  rules.changes = origin::change{.size = whole.end + 1, .when = {.from = 3}};
  server.set("/a", rules);
  play({"/a"}, whole);
  check_cut(9, whole, errc::resource_changed);
  BOOST_TEST(!memory.find(file->key).has_value());
}

BOOST_AUTO_TEST_CASE(goes_on_with_a_mirror_that_holds_the_same_bytes) {
  auto broken = film();
  broken.etag = "\"one\"";
  broken.truncate_at = origin::cut{.after = 1 * M + 3, .absolute = true};
  broken.status = origin::status_reply{.status = 410, .when = {.first_byte_from = 1 * M}};
  auto good = film();
  good.etag = "\"two\"";
  server.set("/a", broken);
  server.set("/b", good);
  play({"/a", "/b"}, whole);
  check_complete(9, whole);
  BOOST_TEST(server.of("/b").requests > 1u);
  const auto learnt = memory.find(file->key);
  BOOST_REQUIRE(learnt.has_value());
  BOOST_TEST(learnt->source == 1u);
}

BOOST_AUTO_TEST_CASE(a_mirror_that_differs_cuts_the_response) {
  auto broken = film();
  broken.status = origin::status_reply{.status = 410, .when = {.first_byte_from = 1 * M}};
  server.set("/a", broken);
  auto other_bytes = film(), other_size = film();
  other_bytes.seed = 10;
  other_size.size = whole.end + 1;
  server.set("/bytes", other_bytes);
  server.set("/size", other_size);
  for (const auto* mirror : {"/bytes", "/size"}) {
    BOOST_TEST_CONTEXT(mirror) {
      delivery_fixture each;
      each.play({server.url("/a"), server.url(mirror)}, whole);
      each.check_cut(9, whole, errc::source_differs);
      const auto learnt = each.memory.find(each.file->key);
      BOOST_TEST((!learnt || learnt->source == 0u));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_third_source_may_hold_what_the_second_does_not) {
  auto broken = film(), other = film();
  broken.status = origin::status_reply{.status = 404, .when = {.first_byte_from = 1 * M}};
  other.seed = 11;
  server.set("/a", broken);
  server.set("/b", other);
  server.set("/c", film());
  play({"/a", "/b", "/c"}, whole);
  check_complete(9, whole);
}

BOOST_AUTO_TEST_CASE(goes_back_to_the_primary_after_the_last_mirror) {
  auto first_half = film(), second_half = film();
  first_half.status = origin::status_reply{.status = 404, .when = {.first_byte_from = 2 * M}};
  second_half.status = origin::status_reply{.status = 404, .when = {.first_byte_from = 3 * M + 512 * K}};
  server.set("/a", first_half);
  server.set("/b", second_half);
  start({"/a", "/b"}, whole, {.plan = {.connections = 1, .chunk_size = 256 * K}});
  step_until([&] {
    receive();
    return server.of("/b").requests > 0;
  });
  server.set("/a", film());
  finish();
  check_complete(9, whole);
  BOOST_TEST(server.of("/a").requests >= 2u);
}

BOOST_AUTO_TEST_CASE(a_200_in_the_middle_is_no_answer) {
  auto rules = film();
  rules.lies = origin::lie{.about = origin::lie::kind::ignore_range, .when = {.from = 3}};
  server.set("/a", rules);
  play({"/a"}, whole);
  check_bytes(9, whole);
  BOOST_TEST(!result->complete);
}

BOOST_AUTO_TEST_SUITE_END()
