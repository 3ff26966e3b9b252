#include "upstream/range_fetch.hpp"

#include "upstream/range_fetch_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;
using lie = origin::lie::kind;
using redirect_to = origin::redirection::kind;

/// The answer to a request sent ahead behind `answer`, and the body before it.
async::awaitable<fetch_result<range_answer>> go_on(remote_file& file, range_answer answer, byte_range bytes,
                                                   bool& sent) {
  sent = co_await request_ahead(file, answer, bytes);
  if (!sent) co_return failure{.code = errc::connection_lost};
  error_code ec;
  co_await read_all(answer.body, ec);
  co_return co_await next_answer(file, std::move(answer), bytes);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(range_fetch_test, range_fetch_fixture)

BOOST_AUTO_TEST_CASE(ranges_that_fit) {
  server.set("/a", film());
  const struct {
    wanted bytes;
    byte_range expected;
  } rows[]{
      {byte_range{0, 1}, {0, 1}},
      {head_part, head_part},
      {byte_range{film_size - 1, film_size}, {film_size - 1, film_size}},
      {byte_range{film_size - 10, film_size + 1000}, {film_size - 10, film_size}},
      {byte_range{5, std::numeric_limits<byte_offset>::max()}, {5, film_size}},
      {wanted_suffix{10}, {film_size - 10, film_size}},
      {wanted_suffix{film_size * 2}, {0, film_size}},
  };
  for (const auto& row : rows) {
    open({"/a"});
    auto answer = get(row.bytes);
    BOOST_TEST((answer && answer->total == film_size));
    check(std::move(answer), row.expected);
    BOOST_TEST((file->total == film_size));
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
  BOOST_TEST((whole->total == film_size));
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
  for (const auto& [target, total] : {std::pair("/a", film_size), std::pair("/empty", std::uint64_t(0))}) {
    open({target});
    const auto answer = get(byte_range{film_size, film_size + 1});
    check_failed(answer, errc::range_unsatisfiable);
    BOOST_TEST((answer.error().total == total));
  }
}

BOOST_AUTO_TEST_CASE(a_range_outside_is_an_answer_also_with_mirrors) {
  server.set("/a", film());
  open({"/a", "/b?size=200000"});
  check_failed(insist(byte_range{film_size, film_size + 1}), errc::range_unsatisfiable);
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
      {"another size", bare, {.size = film_size + 1}, false},
      {"another size under the same tag", strong, {.size = film_size - 1, .etag = "\"one\""}, false},
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
  BOOST_TEST((file->known_total == film_size));
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
  server.set(
      "/final",
      {.size = film_size, .seed = 3, .status = origin::status_reply{.status = 403, .when = {.from = 2}}});
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
      {{.size = film_size, .seed = 3, .lies = origin::lie{.about = lie::wrong_start, .when = {.from = 2}}},
       errc::wrong_range},
      {{.size = film_size, .seed = 3, .changes = origin::change{.seed = 4, .when = {.from = 2}}},
       errc::resource_changed},
      {{.size = film_size, .seed = 3, .status = origin::status_reply{.status = 503, .when = {.from = 2}}},
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

BOOST_AUTO_TEST_SUITE_END()
