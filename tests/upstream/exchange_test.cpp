#include "upstream/exchange.hpp"

#include "upstream/origin_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::upstream;
using namespace std::chrono_literals;
using fault = origin::head_fault::kind;

constexpr byte_range first_part{0, 1000}, second_part{1000, 3000};

/// Reads a body to its end and gives the answer up.
async::awaitable<void> fetch(const services& with, url target, std::string request) {
  auto answer = co_await send_request(with, target, request);
  if (!answer) throw std::runtime_error(to_string(answer.error()));
  error_code ec;
  co_await read_all(*answer, ec);
  if (ec) throw boost::system::system_error(ec);
}

/// The connection of `answer` brings the second part behind its body.
async::awaitable<fetch_result<exchange>> ask_ahead(exchange& answer, std::string request, std::string& body) {
  const auto sent = co_await answer.send_ahead(request);
  if (sent) co_return failure{.code = sent};
  error_code ec;
  body = co_await read_all(answer, ec);
  if (ec) co_return failure{.code = ec};
  co_return co_await answer.next();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(exchange_test, origin_fixture)

BOOST_AUTO_TEST_CASE(bodies_of_all_framings) {
  const struct {
    origin::framing framing;
    std::uint64_t size;
    std::size_t kept;
  } rows[]{
      {origin::framing::content_length, 0, 1},
      {origin::framing::content_length, 1, 1},
      {origin::framing::content_length, 300'000, 1},
      {origin::framing::chunked, 0, 1},
      {origin::framing::chunked, 1, 1},
      {origin::framing::chunked, 300'000, 1},
      {origin::framing::until_close, 0, 0},
      {origin::framing::until_close, 300'000, 0},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(static_cast<int>(row.framing) << " " << row.size) {
      config.upstream.read_timeout = 2s;
      pool.close_all();
      server.set("/a", {.size = row.size, .seed = 3, .body_framing = row.framing});
      {
        auto answer = ask("/a");
        BOOST_REQUIRE(answer.has_value());
        BOOST_TEST(answer->head().status == 200u);
        BOOST_TEST((body_of(*answer) == origin::content_of(3, 0, row.size)));
        BOOST_TEST(answer->complete());
        error_code ec;
        std::array<std::byte, 10> more;
        BOOST_TEST(answer->read_body(more, ec) == 0u);
        BOOST_TEST(ec == error_code(boost::asio::error::eof));
        BOOST_TEST(answer->remote().port() == server.port());
      }
      BOOST_TEST(pool.idle_count() == row.kept);
    }
  }
}

BOOST_AUTO_TEST_CASE(connections_are_used_again) {
  for (int i = 0; i < 5; ++i) {
    auto answer = ask("/a?size=1000&seed=2");
    BOOST_REQUIRE(answer.has_value());
    body_of(*answer);
  }
  BOOST_TEST(server.totals().connections == 1u);
  BOOST_TEST(server.totals().requests == 5u);
}

BOOST_AUTO_TEST_CASE(what_must_not_be_kept) {
  server.set("/closing", {.size = 10, .keep_alive = false});
  server.set("/old", {.size = 10, .http_1_0 = true});
  for (const auto* target : {"/closing", "/old"}) {
    auto answer = ask(target);
    BOOST_REQUIRE(answer.has_value());
    body_of(*answer);
  }
  {
    auto unread = ask("/a?size=100000");
  }
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_small_rest_is_read_so_that_the_connection_can_be_kept) {
  for (const auto* framing : {"length", "chunked"}) {
    BOOST_TEST_CONTEXT(framing) {
      pool.close_all();
      {
        auto answer = ask(std::string("/a?size=3000&framing=") + framing);
        BOOST_REQUIRE(answer.has_value());
        step_until([&] { return server.requests().back().finished; });
        answer->discard();
      }
      BOOST_TEST(pool.idle_count() == 1u);
    }
  }
  pool.close_all();
  {
    auto large = ask("/a?size=1M");
    large->discard();
  }
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(interim_responses_are_skipped) {
  server.set("/a", {.size = 100, .seed = 4, .interim = 3});
  auto answer = ask("/a");
  BOOST_REQUIRE(answer.has_value());
  BOOST_TEST(answer->head().status == 200u);
  BOOST_TEST((body_of(*answer) == origin::content_of(4, 0, 100)));
}

BOOST_AUTO_TEST_CASE(interim_responses_without_end) {
  server.set("/a", {.size = 100, .interim = 100'000});
  auto answer = ask("/a");
  BOOST_REQUIRE(!answer.has_value());
  BOOST_TEST(answer.error().code == error_code(errc::malformed_response));
}

BOOST_AUTO_TEST_CASE(a_head_byte_by_byte) {
  server.set("/a", {.size = 100, .seed = 4, .head = origin::head_fault{.what = fault::byte_by_byte}});
  auto answer = ask("/a");
  BOOST_REQUIRE(answer.has_value());
  BOOST_TEST((body_of(*answer) == origin::content_of(4, 0, 100)));
}

BOOST_AUTO_TEST_CASE(a_head_that_drips_is_cut_off) {
  config.upstream.read_timeout = 200ms;
  server.set("/a", {.head = origin::head_fault{.what = fault::byte_by_byte, .pause = 50ms}});
  auto answer = ask("/a");
  BOOST_REQUIRE(!answer.has_value());
  BOOST_TEST(answer.error().code == error_code(errc::read_timeout));
}

BOOST_AUTO_TEST_CASE(heads_that_fail) {
  const std::vector<std::pair<fault, errc>> rows{
      {fault::garbage, errc::malformed_response},     {fault::endless, errc::malformed_response},
      {fault::huge_header, errc::malformed_response}, {fault::never, errc::read_timeout},
      {fault::close, errc::connection_lost},          {fault::reset, errc::connection_lost},
  };
  config.upstream.read_timeout = 300ms;
  for (const auto& [what, expected] : rows) {
    BOOST_TEST_CONTEXT(static_cast<int>(what)) {
      server.reset_counters();
      server.set("/a", {.head = origin::head_fault{.what = what}});
      auto answer = ask("/a");
      BOOST_REQUIRE(!answer.has_value());
      BOOST_TEST(answer.error().code == error_code(expected), answer.error().code.message());
      BOOST_TEST(!answer.error().detail.empty());
      // A fresh connection that fails is no reason to ask again.
      BOOST_TEST(server.of("/a").requests == 1u);
    }
  }
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(nobody_listens) {
  const auto target = at("/");
  server.stop();
  const auto answer = run(send_request(with, target, request("/")));
  BOOST_REQUIRE(!answer.has_value());
  BOOST_TEST(answer.error().code == error_code(errc::connection_refused));
}

BOOST_AUTO_TEST_CASE(bodies_that_fail) {
  config.upstream.read_timeout = 300ms;
  const origin::cut here{.after = 5000};
  const struct {
    origin::behaviour rules;
    errc expected;
  } rows[]{
      {{.truncate_at = here}, errc::connection_lost},
      {{.reset_at = here}, errc::connection_lost},
      {{.stall_at = here}, errc::read_timeout},
      {{.body_framing = origin::framing::chunked, .truncate_at = here}, errc::connection_lost},
      {{.body_framing = origin::framing::chunked, .stall_at = here}, errc::read_timeout},
      {{.body_framing = origin::framing::until_close, .reset_at = here}, errc::connection_lost},
  };
  for (const auto& row : rows) {
    server.set("/a", row.rules);
    auto answer = ask("/a");
    BOOST_REQUIRE(answer.has_value());
    error_code ec;
    const auto text = run(read_all(*answer, ec));
    BOOST_TEST(ec == error_code(row.expected), ec.message());
    BOOST_TEST((origin::content_of(1, 0, text.size()) == text));
    BOOST_TEST(!answer->complete());
  }
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_slow_body) {
  config.upstream.min_speed = 10'000;
  config.upstream.min_speed_streak = 1;
  server.set("/a", {.slow_at = origin::slow_down{.after = 3000, .rate = 500}});
  auto answer = ask("/a");
  error_code ec;
  run(read_all(*answer, ec));
  BOOST_TEST(ec == error_code(errc::low_speed));
}

BOOST_AUTO_TEST_CASE(a_reused_connection_that_fails_at_once_is_replaced) {
  for (const auto what : {fault::close, fault::reset}) {
    server.reset_counters();
    server.set("/a", {.size = 100, .head = origin::head_fault{.what = what, .when = {.reused = true}}});
    for (int i = 0; i < 2; ++i) {
      auto answer = ask("/a");
      BOOST_REQUIRE(answer.has_value());
      body_of(*answer);
    }
    BOOST_TEST(server.of("/a").requests == 3u);
    pool.close_all();
  }
}

BOOST_AUTO_TEST_CASE(it_is_replaced_once) {
  server.set("/first", {.size = 100});
  {
    auto answer = ask("/first");
    body_of(*answer);
  }
  server.set("/a", {.head = origin::head_fault{.what = fault::close}});
  const auto answer = ask("/a");
  BOOST_REQUIRE(!answer.has_value());
  BOOST_TEST(answer.error().code == error_code(errc::connection_lost));
  BOOST_TEST(server.of("/a").requests == 2u);
}

BOOST_AUTO_TEST_CASE(connections_that_died_in_the_pool) {
  for (const bool reset : {false, true}) {
    {
      auto answer = ask("/a?size=100");
      body_of(*answer);
    }
    server.drop_connections(reset);
    auto again = ask("/a?size=100");
    BOOST_REQUIRE(again.has_value());
    body_of(*again);
  }
}

BOOST_AUTO_TEST_CASE(a_pin_is_kept) {
  origin::server two({.addresses = {"127.0.0.1", "127.0.0.2"}});
  const auto target = url::parse(two.url("/a?size=10")).value();
  const auto text = profile().compose(target, wanted_all{});
  const boost::asio::ip::tcp::endpoint second(boost::asio::ip::make_address("127.0.0.2"), two.port());
  for (int i = 0; i < 3; ++i) {
    auto answer = run(send_request(with, target, text, second));
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->remote() == second);
    body_of(*answer);
  }
  for (const auto& each : two.requests())
    BOOST_TEST(each.server == "127.0.0.2");
}

BOOST_AUTO_TEST_CASE(cancel_ends_a_wait_from_outside) {
  server.set("/a", {.size = 1000, .stall_at = origin::cut{.after = 10}});
  auto answer = ask("/a");
  BOOST_REQUIRE(answer.has_value());
  boost::asio::steady_timer timer(loop, 20ms);
  timer.async_wait([&](error_code) { answer->cancel(); });
  error_code ec;
  run(read_all(*answer, ec));
  BOOST_TEST(ec == error_code(boost::asio::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE(cancelled_in_the_middle_nothing_is_left) {
  server.set("/head", {.head = origin::head_fault{.what = fault::never}});
  server.set("/body", {.size = 1000, .stall_at = origin::cut{.after = 10}});
  for (const auto* target : {"/head", "/body"}) {
    const bool cancelled = run_and_cancel(fetch(with, at(target), request(target)),
                                          [&] { return server.of(target).requests == 1; });
    BOOST_TEST(cancelled);
    settle();
    BOOST_TEST(loop.stopped());
    BOOST_TEST(server.wait_until([&] { return server.totals().open_connections == 0; }, 1s));
  }
}

BOOST_AUTO_TEST_CASE(a_request_sent_ahead) {
  const std::string target = "/a?size=3000&seed=5";
  {
    auto answer = ask(target, first_part);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->can_send_ahead());
    std::string body;
    auto next = run(ask_ahead(*answer, request(target, second_part), body));
    BOOST_REQUIRE(next.has_value());
    BOOST_TEST((body == origin::content_of(5, 0, 1000)));
    BOOST_TEST(next->head().status == 206u);
    BOOST_TEST((body_of(*next) == origin::content_of(5, 1000, 2000)));
  }
  BOOST_TEST(server.totals().connections == 1u);
  BOOST_TEST(pool.idle_count() == 1u);
}

BOOST_AUTO_TEST_CASE(only_one_and_only_where_it_is_proven) {
  auto whole = ask("/a?size=3000&seed=5");
  BOOST_TEST(!whole->can_send_ahead());
  server.set("/chunked", {.size = 3000, .body_framing = origin::framing::chunked});
  auto chunked = ask("/chunked", first_part);
  BOOST_TEST(!chunked->can_send_ahead());
  server.set("/closing", {.size = 3000, .keep_alive = false});
  auto closing = ask("/closing", first_part);
  BOOST_TEST(!closing->can_send_ahead());
  auto partial = ask("/a?size=3000&seed=5", first_part);
  BOOST_TEST(partial->can_send_ahead());
  const auto sent = run(partial->send_ahead(request("/a?size=3000&seed=5", second_part)));
  BOOST_TEST(!sent);
  BOOST_TEST(!partial->can_send_ahead());
}

BOOST_AUTO_TEST_CASE(a_response_that_was_asked_for_ahead_is_never_left_in_the_pool) {
  {
    auto answer = ask("/a?size=3000", first_part);
    const auto sent = run(answer->send_ahead(request("/a?size=3000", second_part)));
    BOOST_TEST(!sent);
    body_of(*answer);
    BOOST_TEST(answer->complete());
  }
  BOOST_TEST(pool.idle_count() == 0u);
}

BOOST_AUTO_TEST_CASE(the_answer_to_a_request_sent_ahead_may_fail) {
  config.upstream.read_timeout = 300ms;
  for (const auto what : {fault::close, fault::reset, fault::never, fault::garbage}) {
    server.set("/a",
               {.size = 3000, .seed = 5, .head = origin::head_fault{.what = what, .when = {.reused = true}}});
    auto answer = ask("/a", first_part);
    BOOST_REQUIRE(answer.has_value());
    std::string body;
    auto next = run(ask_ahead(*answer, request("/a", second_part), body));
    BOOST_TEST((body == origin::content_of(5, 0, 1000)));
    BOOST_TEST(!next.has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
