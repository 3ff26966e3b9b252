#pragma once
// deliver() from a scripted origin to a client, step by step.

#include "transfer/transfer_fixture.hpp"

#include <algorithm>

namespace millrace::transfer {

/// How a test delivers.
struct delivery_options {
  plan_limits plan{.connections = 4, .chunk_size = 256 * 1024};
  client_limits limits{.pause_after = std::chrono::seconds(20), .send_timeout = std::chrono::seconds(25)};
  std::string head = "HEAD\r\n\r\n";
};

struct delivery_fixture : transfer_fixture {
  /// A test that failed half-way leaves a delivery behind: it ends before what it stands on.
  ~delivery_fixture() {
    if (started) ask_to_end();
    for (int i = 0; i < 5000 && started && !(done && told); ++i) {
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(2));
    }
    file.reset();
  }

  async::awaitable<void> run_delivery(byte_range range, delivery_options options) {
    upstream::attempts tried;
    const auto first = chunk_plan::first_chunk(range.begin, range.end, options.plan);
    auto answer = co_await upstream::open_range_persistently(*file, first, tried);
    if (!answer) throw std::runtime_error(to_string(answer.error()));
    delivery_job work{.file = *file,
                      .first = std::move(*answer),
                      .range = range,
                      .head = options.head,
                      .plan = options.plan,
                      .limits = options.limits,
                      .on_sent = [this](std::size_t bytes) { observed += bytes; }};
    result = co_await deliver(*client, std::move(work));
  }

  /// Begins to deliver that range of these sources; step_until() goes on with it.
  void start(const std::vector<std::string>& targets, byte_range range,
             const delivery_options& options = {}) {
    std::vector<url> sources;
    for (const auto& target : targets)
      sources.push_back(target.starts_with("http:") ? url::parse(target).value() : at(target));
    file.emplace(with, here, profile(), std::move(sources));
    head = options.head;
    loop.restart();
    boost::asio::co_spawn(
        loop, run_delivery(range, options),
        boost::asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr error) {
          failure = error;
          done = true;
        }));
  }

  /// Until the delivery has ended, with a client that reads all the time.
  void finish() {
    step_until([this] {
      receive();
      most_in_use = std::max(most_in_use, blocks.in_use());
      return done;
    });
    if (failure) std::rethrow_exception(failure);
    if (client) client->shutdown_send();
    // What is still on its way through the client's socket.
    step_until([this] {
      receive();
      return !far || received.size() >= head.size() + result->sent;
    });
  }

  /// A client that reads as fast as it can.
  void play(const std::vector<std::string>& targets, byte_range range, const delivery_options& options = {}) {
    start(targets, range, options);
    finish();
  }

  void cancel() {
    ask_to_end();
    step_until([this] { return done && told; });
  }

  /// The client has exactly this range of the generated content, or its beginning when the delivery was cut.
  void check_bytes(std::uint64_t seed, byte_range range) {
    BOOST_REQUIRE(result.has_value());
    const auto sent = static_cast<std::size_t>(result->sent);
    BOOST_TEST(observed == sent);
    BOOST_TEST(received.size() == head.size() + sent);
    BOOST_TEST(received.substr(0, head.size()) == head);
    BOOST_TEST((received.substr(head.size()) == origin::content_of(seed, range.begin, sent)));
    BOOST_TEST(result->complete == (sent == range.size()));
  }

  void check_complete(std::uint64_t seed, byte_range range) {
    check_bytes(seed, range);
    BOOST_TEST(result->complete);
    BOOST_TEST(!result->cause.has_value());
    BOOST_TEST(!result->client_error, result->client_error.message());
  }

  /// The delivery was cut because of the upstream.
  void check_cut(std::uint64_t seed, byte_range range, errc why) {
    check_bytes(seed, range);
    BOOST_TEST(!result->complete);
    BOOST_REQUIRE(result->cause.has_value());
    BOOST_TEST(result->cause->code == error_code(why), to_string(*result->cause));
  }

  /// From inside the loop: emitted outside, the cancellation would be posted and could come after the end.
  void ask_to_end() {
    told = false;
    boost::asio::post(loop, [this] {
      told = true;
      if (!done) signal.emit(boost::asio::cancellation_type::terminal);
    });
  }

  std::optional<upstream::remote_file> file;
  std::optional<delivery_result> result;
  std::string head;
  std::exception_ptr failure;
  boost::asio::cancellation_signal signal;
  std::size_t observed = 0, most_in_use = 0;
  bool started = false, done = false, told = false;
};

}  // namespace millrace::transfer
