#include "live/read_connection.hpp"

#include "async/combinators.hpp"

#include <boost/asio/post.hpp>

namespace millrace::live {

namespace asio = async::asio;

namespace {

using clock = air::clock;

/// A connection that brought so much, or lasted so long, was worth having.
constexpr std::size_t fruitful_bytes = 256 * 1024;
constexpr std::chrono::seconds fruitful_time{2};
/// So many bytes without a packet are no transport stream.
constexpr std::size_t senseless_bytes = 64 * 1024;

failure failed(error_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

/// Where no client keeps up, the upstream is faster than life (a recording, say): it waits for the fastest of
/// them. While that one does not move at all, it goes on by one read each --live-stall.
async::awaitable<void> keep_pace(air& on) {
  const auto& config = on.show.config();
  const auto far_ahead = [&] { return on.show.published() > on.fastest + config.buffer / 2; };
  if (!far_ahead()) co_return;
  on.fastest = on.show.fastest();
  while (far_ahead() && !on.moved) {
    on.show.watch_beyond(on.fastest);
    if (on.show.fastest() == on.fastest) {
      const auto woken = co_await async::with_timeout(config.stall, on.show.reader().try_wait());
      if (!woken) co_return;
    }
    on.fastest = on.show.fastest();
  }
}

/// True when the stream turned out to be a recording.
bool take(air& on, std::span<const std::byte> bytes) {
  const auto now = clock::now();
  on.packets.clear();
  on.aligner.append(bytes, on.packets);
  const auto deadline = on.joint.settle_at();
  const auto verdict = on.joint.take(on.packets, now, on.out);
  gather(on);
  if (on.joint.settle_at() != deadline) on.alarm.cancel();
  return verdict == seam::verdict::recording;
}

void end_connection(air& on, bool properly) {
  if (properly) {
    on.packets.clear();
    on.aligner.finish(on.packets);
    on.joint.take(on.packets, clock::now(), on.out);
  }
  on.joint.end_connection(properly, on.out);
  gather(on);
  publish(on);
}

struct reading_scope {
  reading_scope(air& of, upstream::exchange& body) : on(of) { on.reading = &body; }
  ~reading_scope() { on.reading = nullptr; }
  reading_scope(const reading_scope&) = delete;
  reading_scope& operator=(const reading_scope&) = delete;
  air& on;
};

/// Bytes that mean a source works.
void judge_progress(air& on, const connection& from, clock::time_point began, bool& good) {
  if (good || on.published_of_connection == 0) return;
  if (on.published_of_connection < fruitful_bytes && on.last_byte - began < fruitful_time) return;
  good = true;
  on.fruitless = 0;
  on.show.stream()->source_worked(from.source);
}

}  // namespace

async::awaitable<failure> read_connection(air& on, connection& from) {
  auto& body = from.answer.body;
  const auto host = from.answer.location.host_header();
  const reading_scope scope(on, body);
  const auto began = clock::now();
  bool good = false;
  on.aligner.reset();
  on.joint.begin_connection(began);
  on.published_of_connection = 0;
  ++on.fruitless;
  body.limit_waits(on.show.config().stall);
  auto memory = on.in.with.blocks.take(async::small_block);
  on.end.complete = take(on, from.begun);
  while (!on.end.complete) {
    error_code ec;
    if (!body.ready()) ec = co_await body.wait_body();
    std::size_t count = 0;
    if (!ec) count = body.read_body(memory.bytes(), ec);
    if (count > 0) on.end.complete = take(on, memory.bytes().first(count));
    if (on.moved) {
      end_connection(on, false);
      co_return failed(asio::error::operation_aborted, "another source was chosen");
    }
    if (count > 0) judge_progress(on, from, began, good);
    if (ec == asio::error::eof) {
      end_connection(on, true);
      co_return failed(errc::body_ended, host + " ended the stream");
    }
    if (ec && ec != asio::error::would_block) {
      end_connection(on, false);
      co_return failed(ec, ec == errc::read_timeout ? host + " sent nothing for too long"
                                                    : "the stream of " + host + " broke off");
    }
    if (on.published_of_connection == 0 && on.aligner.dropped() >= senseless_bytes)
      co_return failed(errc::not_transport_stream, host + " sends no MPEG transport stream");
    if (body.ready()) co_await asio::post(asio::use_awaitable);
    co_await keep_pace(on);
  }
  publish(on);
  co_return failed({}, {});
}

}  // namespace millrace::live
