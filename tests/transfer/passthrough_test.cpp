#include "transfer/passthrough.hpp"

#include "transfer/transfer_fixture.hpp"

namespace {

using namespace millrace;
using namespace millrace::transfer;
using namespace std::chrono_literals;

struct fixture : transfer_fixture {
  async::awaitable<void> pass(whole_body& from, client_framing framing) {
    passthrough_job work{.body = from,
                         .head = "HEAD\r\n\r\n",
                         .framing = framing,
                         .blocks = blocks,
                         .limits = limits,
                         .on_sent = [this](std::size_t bytes) { observed += bytes; }};
    result = co_await pass_through(*client, std::move(work));
  }

  /// The whole of a file, from the first of these sources.
  void open(const std::vector<std::string>& targets) {
    std::vector<url> sources;
    for (const auto& target : targets)
      sources.push_back(at(target));
    body.reset();
    file.emplace(with, here, profile(), std::move(sources));
    auto answer = run(upstream::open_source(*file, 0, upstream::wanted_all{}));
    BOOST_REQUIRE(answer.has_value());
    body.emplace(*file, std::move(*answer), std::vector<std::byte>());
  }

  /// One response from the origin to the client.
  void play(const std::string& target, client_framing framing) { play(std::vector{target}, framing); }
  void play(const std::vector<std::string>& targets, client_framing framing) {
    open(targets);
    bool done = false;
    loop.restart();
    boost::asio::co_spawn(loop, pass(*body, framing), [&](std::exception_ptr) { done = true; });
    step_until([&] {
      receive();
      return done;
    });
    BOOST_REQUIRE(result.has_value());
    client->shutdown_send();
    receive_rest();
  }

  /// The payload that the client got, its framing removed. Empty when that is broken.
  std::string payload(client_framing framing) {
    auto text = received.substr(std::min<std::size_t>(8, received.size()));
    if (framing != client_framing::chunked) return text;
    std::string out;
    for (std::size_t at = 0;;) {
      const auto line = text.find("\r\n", at);
      if (line == std::string::npos) return {};
      const auto size = std::stoul(text.substr(at, line - at), nullptr, 16);
      if (size == 0) return text.substr(line) == "\r\n\r\n" ? out : std::string();
      out += text.substr(line + 2, size);
      at = line + 2 + size + 2;
    }
  }

  client_limits limits{.pause_after = 10s, .send_timeout = 20s};
  std::optional<delivery_result> result;
  std::size_t observed = 0;
  std::optional<upstream::remote_file> file;
  std::optional<whole_body> body;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(passthrough_test, fixture)

BOOST_AUTO_TEST_CASE(all_framings_of_both_sides) {
  for (const auto* from : {"", "&framing=chunked", "&framing=close"}) {
    for (const auto to : {client_framing::length, client_framing::chunked, client_framing::until_close}) {
      for (const std::size_t size : {0UL, 1UL, 64UL * 1024, 500'000UL}) {
        BOOST_TEST_CONTEXT(from << " to " << static_cast<int>(to) << ", " << size << " bytes") {
          fixture each;
          each.config.upstream.read_timeout = 2s;
          each.play("/a?seed=3&size=" + std::to_string(size) + from, to);
          BOOST_TEST(each.result->complete);
          BOOST_TEST(!each.result->cause.has_value());
          BOOST_TEST(each.result->sent == size);
          BOOST_TEST(each.observed == size);
          BOOST_TEST((each.payload(to) == origin::content_of(3, 0, size)));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_off_is_cut) {
  config.upstream.read_timeout = 300ms;
  const origin::cut here{.after = 70'000};
  const struct {
    origin::behaviour rules;
    errc expected;
  } rows[]{
      {{.truncate_at = here}, errc::connection_lost},
      {{.reset_at = here}, errc::connection_lost},
      {{.stall_at = here}, errc::read_timeout},
      {{.body_framing = origin::framing::chunked, .truncate_at = here}, errc::connection_lost},
  };
  for (const auto& row : rows) {
    for (const auto to : {client_framing::length, client_framing::chunked}) {
      fixture each;
      each.config.upstream.read_timeout = 300ms;
      each.config.upstream.retries = 0;
      each.server.set("/a", row.rules);
      each.play("/a", to);
      BOOST_TEST(!each.result->complete);
      BOOST_REQUIRE(each.result->cause.has_value());
      BOOST_TEST(each.result->cause->code == error_code(row.expected));
      BOOST_TEST(each.result->sent == each.observed);
      BOOST_TEST(each.result->sent <= 70'000u);
      // No end mark: the client must not take it for the whole.
      BOOST_TEST(!each.received.ends_with("0\r\n\r\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_goes_on_at_the_missing_byte) {
  const origin::cut here{.after = 70'000, .when = {.times = 2}};
  const origin::lie no_ranges{.about = origin::lie::kind::ignore_range};
  const origin::behaviour rows[]{
      {.truncate_at = here, .lies = no_ranges},
      {.reset_at = here, .lies = no_ranges},
      {.stall_at = here, .lies = no_ranges},
      {.reset_at = here},
  };
  for (const auto& rules : rows) {
    fixture each;
    each.config.upstream.read_timeout = 300ms;
    each.config.upstream.backoff_first = 5ms;
    each.server.set("/a", rules);
    each.play("/a", client_framing::length);
    BOOST_TEST(each.result->complete);
    BOOST_TEST((each.payload(client_framing::length) == origin::content_of(rules.seed, 0, rules.size)));
  }
}

BOOST_AUTO_TEST_CASE(another_source_must_hold_the_same_bytes) {
  const origin::lie no_ranges{.about = origin::lie::kind::ignore_range};
  const origin::behaviour broken{.seed = 3, .truncate_at = origin::cut{.after = 70'000}, .lies = no_ranges};
  const struct {
    origin::behaviour second;
    bool complete;
  } rows[]{
      {{.seed = 3, .lies = no_ranges}, true},
      {{.seed = 3}, true},
      {{.seed = 4, .lies = no_ranges}, false},
      {{.size = 1024 * 1024 + 1, .seed = 3, .lies = no_ranges}, false},
  };
  for (const auto& row : rows) {
    fixture each;
    each.config.upstream.retries = 0;
    each.server.set("/a", broken);
    each.server.set("/b", row.second);
    each.play(std::vector<std::string>{"/a", "/b"}, client_framing::length);
    BOOST_TEST(each.result->complete == row.complete);
    const auto payload = each.payload(client_framing::length);
    BOOST_TEST((payload == origin::content_of(3, 0, payload.size())));
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read) {
  limits.send_timeout = 300ms;
  server.set("/a", {.size = 20 << 20});
  open({"/a"});
  run(pass(*body, client_framing::length));
  BOOST_TEST(!result->complete);
  BOOST_TEST(!result->cause.has_value());
  BOOST_TEST(result->client_error == error_code(errc::read_timeout));
  BOOST_TEST(result->sent == observed);
}

BOOST_AUTO_TEST_CASE(a_client_that_closes) {
  server.set("/a", {.size = 20 << 20});
  open({"/a"});
  far.reset();
  run(pass(*body, client_framing::length));
  BOOST_TEST(!result->complete);
  BOOST_TEST(result->client_error.failed());
}

BOOST_AUTO_TEST_CASE(cancelled_while_the_client_does_not_read) {
  server.set("/a", {.size = 20 << 20});
  open({"/a"});
  const auto soon = std::chrono::steady_clock::now() + 200ms;
  BOOST_TEST(run_and_cancel(pass(*body, client_framing::length),
                            [&] { return std::chrono::steady_clock::now() > soon; }));
  BOOST_TEST(blocks.in_use() == 0u);
  // What the socket accepted is counted, to the byte.
  client.reset();
  receive_rest();
  BOOST_TEST(observed == received.size() - 8);
}

BOOST_AUTO_TEST_CASE(cancelled_while_the_upstream_is_silent) {
  server.set("/a", {.stall_at = origin::cut{.after = 1000}});
  open({"/a"});
  BOOST_TEST(run_and_cancel(pass(*body, client_framing::length), [&] { return observed >= 1000; }));
}

BOOST_AUTO_TEST_CASE(one_block_is_enough) {
  server.set("/a", {.size = 2 << 20});
  open({"/a"});
  bool done = false;
  std::size_t most = 0;
  loop.restart();
  boost::asio::co_spawn(loop, pass(*body, client_framing::chunked), [&](std::exception_ptr) { done = true; });
  step_until([&] {
    receive();
    most = std::max(most, blocks.in_use());
    return done;
  });
  BOOST_TEST(most == async::small_block);
}

BOOST_AUTO_TEST_SUITE_END()
