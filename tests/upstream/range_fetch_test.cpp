#include "upstream/range_fetch.hpp"

#include "upstream/origin_fixture.hpp"

#include <memory>

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;
using lie = origin::lie::kind;
using redirect_to = origin::redirection::kind;

constexpr std::uint64_t size = 200'000;
constexpr byte_range head_part{0, 1000}, next_part{1000, 3000};

origin::behaviour film(std::uint64_t seed = 3) {
  return {.size = size, .seed = seed};
}

/// The answer to a request sent ahead behind `answer`, and the body before it.
async::awaitable<fetch_result<range_answer>> go_on(remote_file& file, range_answer answer, byte_range bytes,
                                                   bool& sent) {
  sent = co_await request_ahead(file, answer, bytes);
  if (!sent) co_return failure{.code = errc::connection_lost};
  error_code ec;
  co_await read_all(answer.body, ec);
  co_return co_await next_answer(file, std::move(answer), bytes);
}

struct fixture : origin_fixture {
  remote_file& open(const std::vector<std::string>& targets) {
    std::vector<url> urls;
    for (const auto& target : targets)
      urls.push_back(target.starts_with("http:") ? url::parse(target).value() : at(target));
    file = std::make_unique<remote_file>(with, here, profile(), std::move(urls));
    return *file;
  }
  void forget(const std::vector<std::string>& targets) { memory.forget(open(targets).key); }
  fetch_result<range_answer> get(const wanted& bytes) { return run(open_range(*file, bytes)); }
  fetch_result<range_answer> insist(const wanted& bytes) {
    tried = attempts();
    return run(open_range_persistently(*file, bytes, tried));
  }
  void check(fetch_result<range_answer> answer, byte_range expected, std::uint64_t seed = 3) {
    BOOST_REQUIRE_MESSAGE(answer.has_value(), to_string(answer.error()));
    BOOST_TEST(answer->partial);
    BOOST_TEST(answer->range.begin == expected.begin);
    BOOST_TEST(answer->range.end == expected.end);
    BOOST_TEST((body_of(answer->body) == origin::content_of(seed, expected.begin, expected.size())));
  }
  void check_failed(const fetch_result<range_answer>& answer, errc expected) {
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().code == error_code(expected), to_string(answer.error()));
  }
  /// Every next source must hold these bytes.
  void have(byte_range range, std::uint64_t seed = 3) {
    file->had = [range, seed] {
      const auto text = origin::content_of(seed, range.begin, range.size());
      const auto* first = reinterpret_cast<const std::byte*>(text.data());
      return byte_sample{range.begin, {first, first + text.size()}};
    };
  }

  std::unique_ptr<remote_file> file;
  attempts tried;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(range_fetch_test, fixture)

BOOST_AUTO_TEST_CASE(ranges_that_fit) {
  server.set("/a", film());
  const struct {
    wanted bytes;
    byte_range expected;
  } rows[]{
      {byte_range{0, 1}, {0, 1}},
      {head_part, head_part},
      {byte_range{size - 1, size}, {size - 1, size}},
      {byte_range{size - 10, size + 1000}, {size - 10, size}},
      {byte_range{5, std::numeric_limits<byte_offset>::max()}, {5, size}},
      {wanted_suffix{10}, {size - 10, size}},
      {wanted_suffix{size * 2}, {0, size}},
  };
  for (const auto& row : rows) {
    open({"/a"});
    auto answer = get(row.bytes);
    BOOST_TEST((answer && answer->total == size));
    check(std::move(answer), row.expected);
    BOOST_TEST((file->total == size));
  }
}

BOOST_AUTO_TEST_CASE(answers_that_do_not_fit) {
  const std::vector<std::pair<lie, errc>> rows{
      {lie::wrong_start, errc::wrong_range},
      {lie::shorter, errc::wrong_range},
      {lie::no_content_range, errc::wrong_range},
      {lie::unknown_total, errc::range_unsupported},
  };
  for (const auto& [about, expected] : rows) {
    BOOST_TEST_CONTEXT(static_cast<int>(about)) {
      auto rules = film();
      rules.lies = origin::lie{.about = about};
      server.set("/a", rules);
      open({"/a"});
      check_failed(get(head_part), expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_whole_answer_counts_only_before_the_first_partial_one) {
  auto rules = film();
  rules.lies = origin::lie{.about = lie::ignore_range};
  server.set("/a", rules);
  open({"/a"});
  const auto whole = get(head_part);
  BOOST_REQUIRE(whole.has_value());
  BOOST_TEST(!whole->partial);
  BOOST_TEST((whole->total == size));
  rules.body_framing = origin::framing::chunked;
  server.set("/a", rules);
  const auto unknown = get(head_part);
  BOOST_REQUIRE(unknown.has_value());
  BOOST_TEST(!unknown->total.has_value());
  server.set("/a", film());
  BOOST_REQUIRE(get(head_part).has_value());
  server.set("/a", rules);
  check_failed(get(next_part), errc::range_unsupported);
}

BOOST_AUTO_TEST_CASE(statuses) {
  for (const int status : {400, 401, 403, 404, 410, 429, 500, 503}) {
    server.set("/a", {.status = origin::status_reply{.status = status,
                                                     .retry_after = "7",
                                                     .headers = {{"WWW-Authenticate", "Basic realm=x"}}}});
    open({"/a"});
    const auto answer = get(head_part);
    check_failed(answer, errc::unexpected_status);
    BOOST_TEST(answer.error().status == status);
    BOOST_TEST((answer.error().retry_after == 7s));
    BOOST_TEST(answer.error().authenticate == (status == 401 ? "Basic realm=x" : ""));
    BOOST_TEST(answer.error().location == server.url("/a"));
  }
}

BOOST_AUTO_TEST_CASE(retry_after_is_seconds_or_a_date) {
  const auto soon = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + 100s;
  const struct {
    std::string sent;
    std::optional<std::chrono::seconds> least, most;
  } rows[]{
      {"0", 0s, 0s},
      {"120", 120s, 120s},
      {http::format_http_date(soon), 80s, 100s},
      {"Wed, 21 Oct 2015 07:28:00 GMT", 0s, 0s},
      {"-1", {}, {}},
      {"soon", {}, {}},
      {"", {}, {}},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.sent) {
      server.set("/a", {.status = origin::status_reply{.status = 503, .retry_after = row.sent}});
      open({"/a"});
      const auto answer = get(head_part);
      BOOST_REQUIRE(!answer.has_value());
      const auto& given = answer.error().retry_after;
      BOOST_TEST(given.has_value() == row.least.has_value());
      if (given) BOOST_TEST((given >= row.least && given <= row.most));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_range_outside_tells_the_size) {
  server.set("/a", film());
  server.set("/empty", {.size = 0});
  for (const auto& [target, total] : {std::pair("/a", size), std::pair("/empty", std::uint64_t(0))}) {
    open({target});
    const auto answer = get(byte_range{size, size + 1});
    check_failed(answer, errc::range_unsatisfiable);
    BOOST_TEST((answer.error().total == total));
  }
}

BOOST_AUTO_TEST_CASE(a_range_outside_is_an_answer_also_with_mirrors) {
  server.set("/a", film());
  open({"/a", "/b?size=200000"});
  check_failed(insist(byte_range{size, size + 1}), errc::range_unsatisfiable);
  BOOST_TEST(server.totals().requests == 1u);
}

BOOST_AUTO_TEST_CASE(versions) {
  auto strong = film(), weak = film(), dated = film(), bare = film();
  strong.etag = "\"one\"";
  weak.etag = "W/\"one\"";
  dated.etag = "";
  bare.etag = bare.last_modified = "";
  const origin::change other_tag{.etag = "\"two\""},
      other_date{.last_modified = "Wed, 21 Oct 2015 07:28:00 GMT"};
  const struct {
    std::string name;
    origin::behaviour first;
    origin::change then;
    bool same;
  } rows[]{
      {"another strong tag", strong, other_tag, false},
      {"the strong tag counts alone", strong, other_date, true},
      {"a weak tag does not count, the date does", weak, other_date, false},
      {"no tag but another date", dated, other_date, false},
      {"nothing to compare", bare, {}, true},
      {"another size", bare, {.size = size + 1}, false},
      {"another size under the same tag", strong, {.size = size - 1, .etag = "\"one\""}, false},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      auto rules = row.first;
      rules.changes = row.then;
      rules.changes->when.from = 2;
      server.set("/a", rules);
      open({"/a"});
      BOOST_REQUIRE(get(head_part).has_value());
      const auto second = get(next_part);
      BOOST_TEST(second.has_value() == row.same);
      if (!row.same) {
        check_failed(second, errc::resource_changed);
        BOOST_TEST(!memory.find(file->key).has_value());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(another_version_is_asked_for_at_the_first_address) {
  auto rules = film();
  // The other edge holds another version under the same name.
  rules.changes = origin::change{.seed = 4, .when = {.server = "127.0.0.2"}};
  origin::server edges({.addresses = {"127.0.0.1", "127.0.0.2"}});
  edges.set("/a", rules);
  const auto other_edge = edges.url("/a", "127.0.0.2");
  server.set("/a", {.redirect = origin::redirection{.location = edges.url("/a")}});
  open({"/a"});
  check(get(head_part), head_part);
  server.set("/a", {.redirect = origin::redirection{.location = other_edge}});
  file->sources[0].location = file->sources[0].original;
  check(get(next_part), next_part);
  BOOST_TEST(edges.requests().back().server == "127.0.0.1");
  BOOST_TEST(edges.requests().size() == 3u);
  edges.update("/a", [](auto& now) { now.changes->when.server.clear(); });
  file->sources[0].location = file->sources[0].original;
  check_failed(get(next_part), errc::resource_changed);
}

BOOST_AUTO_TEST_CASE(the_final_url_is_remembered) {
  server.set("/a", {.redirect = origin::redirection{.location = "/final"}});
  server.set("/final", film());
  open({"/a"});
  check(get(head_part), head_part);
  check(get(next_part), next_part);
  BOOST_TEST(server.of("/a").requests == 1u);
  open({"/a"});
  check(get(head_part), head_part);
  BOOST_TEST(server.of("/a").requests == 1u);
  BOOST_TEST((file->known_total == size));
}

BOOST_AUTO_TEST_CASE(other_headers_know_nothing_of_it) {
  server.set("/a", film());
  open({"/a"});
  BOOST_REQUIRE(get(head_part).has_value());
  auto as = profile();
  as.given.add("Referer", "http://r/");
  const remote_file other(with, here, as, {at("/a")});
  BOOST_TEST(!other.known_total.has_value());
}

BOOST_AUTO_TEST_CASE(each_time_the_final_url_expires_the_original_is_resolved_again) {
  for (const int status : {401, 403, 404, 410}) {
    auto rules = film();
    rules.redirect = origin::redirection{.to = redirect_to::expiring, .uses = 2, .expired_status = status};
    server.set("/a", rules);
    open({"/a"});
    for (byte_offset i = 0; i < 6; ++i)
      check(get(byte_range{i * 10, i * 10 + 10}), {i * 10, i * 10 + 10});
  }
}

BOOST_AUTO_TEST_CASE(an_original_that_refuses_as_well_is_given_up) {
  server.set("/a", {.redirect = origin::redirection{.location = "/final", .when = {.times = 1}}});
  server.set("/final",
             {.size = size, .seed = 3, .status = origin::status_reply{.status = 403, .when = {.from = 2}}});
  server.update("/a",
                [](auto& now) { now.status = origin::status_reply{.status = 404, .when = {.from = 2}}; });
  open({"/a"});
  check(get(head_part), head_part);
  const auto answer = get(next_part);
  check_failed(answer, errc::unexpected_status);
  BOOST_TEST(answer.error().status == 404);
  BOOST_TEST(server.totals().requests == 4u);
}

BOOST_AUTO_TEST_CASE(the_next_answer_on_the_connection) {
  server.set("/a", film());
  open({"/a"});
  auto answer = get(head_part);
  BOOST_REQUIRE(answer.has_value());
  bool sent = false;
  check(run(go_on(*file, std::move(*answer), next_part, sent)), next_part);
  BOOST_TEST(sent);
  BOOST_TEST(server.totals().connections == 1u);
}

BOOST_AUTO_TEST_CASE(the_next_answer_is_judged_as_well) {
  const std::vector<std::pair<origin::behaviour, errc>> rows{
      {{.size = size, .seed = 3, .lies = origin::lie{.about = lie::wrong_start, .when = {.from = 2}}},
       errc::wrong_range},
      {{.size = size, .seed = 3, .changes = origin::change{.seed = 4, .when = {.from = 2}}},
       errc::resource_changed},
      {{.size = size, .seed = 3, .status = origin::status_reply{.status = 503, .when = {.from = 2}}},
       errc::unexpected_status},
  };
  for (const auto& [rules, expected] : rows) {
    server.set("/a", rules);
    open({"/a"});
    auto answer = get(head_part);
    BOOST_REQUIRE(answer.has_value());
    bool sent = false;
    check_failed(run(go_on(*file, std::move(*answer), next_part, sent)), expected);
    BOOST_TEST(sent);
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_ahead_to_a_source_that_was_left) {
  server.set("/a", film());
  open({"/a", "/b"});
  auto answer = get(head_part);
  BOOST_REQUIRE(answer.has_value());
  file->order.leave(0);
  bool sent = true;
  BOOST_TEST(!run(go_on(*file, std::move(*answer), next_part, sent)).has_value());
  BOOST_TEST(!sent);
}

BOOST_AUTO_TEST_CASE(insisting) {
  auto rules = film();
  rules.status = origin::status_reply{.when = {.times = 3}};
  server.set("/a", rules);
  open({"/a"});
  check(insist(head_part), head_part);
  BOOST_TEST(server.totals().requests == 4u);
  config.upstream.retries = 2;
  server.set("/a", rules);
  server.reset_counters();
  const auto answer = insist(head_part);
  check_failed(answer, errc::unexpected_status);
  BOOST_TEST(answer.error().status == 503);
  BOOST_TEST(server.totals().requests == 3u);
}

BOOST_AUTO_TEST_CASE(retry_after_is_waited_for) {
  auto rules = film();
  rules.status = origin::status_reply{.retry_after = "1", .when = {.times = 1}};
  server.set("/a", rules);
  open({"/a"});
  const auto began = std::chrono::steady_clock::now();
  check(insist(head_part), head_part);
  BOOST_TEST((std::chrono::steady_clock::now() - began >= 1s));
}

BOOST_AUTO_TEST_CASE(a_longer_retry_after_moves_on_or_comes_back) {
  server.set("/a", {.status = origin::status_reply{.status = 429, .retry_after = "31"}});
  server.set("/b", film());
  open({"/a"});
  const auto alone = insist(head_part);
  check_failed(alone, errc::unexpected_status);
  BOOST_TEST((alone.error().retry_after == 31s));
  BOOST_TEST(server.of("/a").requests == 1u);
  open({"/a", "/b"});
  check(insist(head_part), head_part);
  BOOST_TEST(server.of("/a").requests == 2u);
}

BOOST_AUTO_TEST_CASE(failover_before_the_first_byte) {
  origin::server gone;
  const auto dead = gone.url("/x");
  gone.stop();
  server.set("/good", film());
  server.set("/404", {.status = origin::status_reply{.status = 404}});
  server.set("/503", {.status = origin::status_reply{.status = 503}});
  const struct {
    std::vector<std::string> sources;
    std::size_t works;
  } rows[]{
      {{"/404", "/good"}, 1},
      {{dead, "/good"}, 1},
      {{"/503", "/good"}, 1},
      {{"/404", dead, "/503", "/good"}, 3},
  };
  for (const auto& row : rows) {
    forget(row.sources);
    open(row.sources);
    server.reset_counters();
    check(insist(head_part), head_part);
    BOOST_TEST(server.of("/404").requests <= 1u);
    // One retry before the next source.
    BOOST_TEST(server.of("/503").requests <= 2u);
    // The next request begins with the one that worked.
    open(row.sources);
    BOOST_TEST(file->order.current() == row.works);
  }
}

BOOST_AUTO_TEST_CASE(the_primary_comes_after_the_last_mirror) {
  server.set("/a", film());
  server.set("/b", film());
  open({"/a", "/b"});
  file->order.leave(0);
  BOOST_REQUIRE(get(head_part).has_value());
  server.set("/b", {.status = origin::status_reply{.status = 404}});
  open({"/a", "/b"});
  BOOST_TEST(file->order.current() == 1u);
  check(insist(head_part), head_part);
  BOOST_TEST(file->order.current() == 0u);
}

BOOST_AUTO_TEST_CASE(one_fruitless_round_is_the_end) {
  for (const auto* target : {"/a", "/b", "/c"})
    server.set(target, {.status = origin::status_reply{.status = 404}});
  open({"/a", "/b", "/c"});
  check_failed(insist(head_part), errc::unexpected_status);
  BOOST_TEST(server.totals().requests == 3u);
}

BOOST_AUTO_TEST_CASE(a_mirror_is_compared_before_it_continues) {
  auto other_tag = film();
  other_tag.etag = "\"of the mirror\"";
  const struct {
    std::string name;
    origin::behaviour mirror;
    std::optional<errc> fails;
  } rows[]{
      {"the same bytes", film(), {}},
      {"the same bytes under another validator", other_tag, {}},
      {"other bytes", film(4), errc::source_differs},
      {"another size", {.size = size + 1, .seed = 3}, errc::source_differs},
      {"no Range support", {.size = size, .seed = 3, .lies = origin::lie{}}, errc::source_differs},
      {"gone", {.status = origin::status_reply{.status = 404}}, errc::unexpected_status},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      server.set("/a", film());
      server.set("/b", row.mirror);
      forget({"/a", "/b"});
      open({"/a", "/b"});
      server.reset_counters();
      check(get(head_part), head_part);
      have(head_part);
      file->order.leave(0);
      auto answer = get(next_part);
      if (!row.fails) {
        check(std::move(answer), next_part);
        BOOST_TEST(memory.find(file->key)->source == 1u);
        // Compared once.
        check(get(byte_range{5, 6}), {5, 6});
        BOOST_TEST(server.of("/b").requests == 3u);
      } else {
        BOOST_TEST(!answer.has_value());
        // The source that worked last is still the first one.
        BOOST_TEST(memory.find(file->key)->source == 0u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mirror_that_breaks_off_while_it_is_compared) {
  config.upstream.read_timeout = 200ms;
  for (const bool stalls : {false, true}) {
    server.set("/a", film());
    auto mirror = film();
    const origin::cut here{.after = 100, .when = {.times = 1}};
    (stalls ? mirror.stall_at : mirror.truncate_at) = here;
    server.set("/b", mirror);
    forget({"/a", "/b"});
    open({"/a", "/b"});
    check(get(head_part), head_part);
    have(head_part);
    file->order.leave(0);
    BOOST_TEST(!get(next_part).has_value());
    BOOST_TEST(!file->joining);
    check(get(next_part), next_part);
  }
}

BOOST_AUTO_TEST_CASE(cancelled_in_the_middle_nothing_is_left) {
  auto slow = film();
  slow.head = origin::head_fault{.what = origin::head_fault::kind::never};
  server.set("/a", slow);
  server.set("/503", {.status = origin::status_reply{.retry_after = "20"}});
  for (const auto* target : {"/a", "/503"}) {
    open({target});
    std::optional<fetch_result<range_answer>> answer;
    tried = attempts();
    const bool cancelled = run_and_cancel(store(open_range_persistently(*file, head_part, tried), answer),
                                          [&] { return server.of(target).requests == 1; });
    BOOST_TEST(cancelled);
    BOOST_TEST(!answer.has_value());
    settle();
    BOOST_TEST(loop.stopped());
  }
}

BOOST_AUTO_TEST_CASE(cancelled_while_joining_others_may_join) {
  server.set("/a", film());
  auto mirror = film();
  mirror.head = origin::head_fault{.what = origin::head_fault::kind::never, .when = {.times = 1}};
  server.set("/b", mirror);
  open({"/a", "/b"});
  check(get(head_part), head_part);
  have(head_part);
  file->order.leave(0);
  std::optional<fetch_result<range_answer>> answer;
  run_and_cancel(store(open_range(*file, next_part), answer), [&] { return server.of("/b").requests == 1; });
  BOOST_TEST(!file->joining);
  check(get(next_part), next_part);
}

BOOST_AUTO_TEST_SUITE_END()
