#pragma once
// send_shared() to a client, from a body that the test fills by hand.

#include "transfer/send_shared.hpp"
#include "transfer/shared_fixture.hpp"
#include "transfer/transfer_fixture.hpp"

namespace millrace::transfer {

/// One client of a body that the test fills by hand.
struct send_fixture : transfer_fixture {
  ~send_fixture() {
    if (started && !done) {
      shared->body.end();
      client->cancel();
      step_until([this] { return done; });
    }
  }

  void make(byte_range range) {
    shared = make_shared_resource(range, buffers.try_reserve(range.end == unknown_end ? 0 : range.size()));
  }

  /// The next bytes of the resource.
  void fill(std::size_t count) {
    const auto at = shared->range.begin + shared->body.size();
    shared->body.append(bytes_of(origin::content_of(seed, at, count)));
  }

  async::awaitable<void> send(byte_range part, client_framing framing) {
    sending_job work{.from = open_shared(shared, here),
                     .body_begin = shared->range.begin,
                     .part = part,
                     .head = head,
                     .framing = framing,
                     .limits = limits,
                     .on_sent = [this](std::size_t bytes) { observed += bytes; }};
    result = co_await send_shared(*client, std::move(work));
  }

  void start(byte_range part, client_framing framing = client_framing::length) {
    started = true;
    loop.restart();
    boost::asio::co_spawn(loop, send(part, framing), [this](std::exception_ptr) { done = true; });
  }

  void finish() {
    step_until([this] {
      receive();
      return done;
    });
    BOOST_REQUIRE(result.has_value());
  }

  /// What is still on its way.
  void receive_all() {
    client.reset();
    receive_rest();
  }

  /// Without head and framing; empty when that is broken. `ended` tells of a last chunk.
  std::string payload(client_framing framing, bool& ended) const {
    ended = framing != client_framing::chunked;
    auto text = received.substr(std::min(head.size(), received.size()));
    if (framing != client_framing::chunked) return text;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const auto line = text.find("\r\n", at);
      if (line == std::string::npos) return out;
      const auto size = std::stoul(text.substr(at, line - at), nullptr, 16);
      ended = size == 0 && text.substr(line) == "\r\n\r\n";
      if (size == 0) return out;
      out += text.substr(line + 2, size);
      at = line + 2 + size + 2;
    }
    return out;
  }

  static constexpr std::uint64_t seed = 3;
  static constexpr auto unknown_end = shared_resource::unknown_end;
  const std::string head = "HEAD\r\n\r\n";
  std::shared_ptr<shared_resource> shared;
  client_limits limits{.pause_after = std::chrono::seconds(10), .send_timeout = std::chrono::seconds(20)};
  std::optional<delivery_result> result;
  std::size_t observed = 0;
  bool started = false, done = false;
};

}  // namespace millrace::transfer
