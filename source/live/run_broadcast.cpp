#include "live/run_broadcast.hpp"

#include "async/combinators.hpp"
#include "async/task_group.hpp"
#include "core/log.hpp"
#include "live/packet_aligner.hpp"
#include "live/reconnect_plan.hpp"
#include "live/seam.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <random>

namespace millrace::live {

namespace asio = async::asio;

namespace {

using clock = std::chrono::steady_clock;

/// A connection that brought so much, or lasted so long, was worth having.
constexpr std::size_t fruitful_bytes = 256 * 1024;
constexpr std::chrono::seconds fruitful_time{2};
/// So many bytes without a packet are no transport stream.
constexpr std::size_t senseless_bytes = 64 * 1024;
/// With each client the packets are gathered a little longer: a wake-up and a system call for each of them is
/// what a broadcast costs.
constexpr std::chrono::microseconds gather_per_client{100};
constexpr std::chrono::milliseconds shortest_gather{1};

failure failed(error_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

double random_unit() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

/// In the frame of run_broadcast(); on the home loop only.
struct air {
  air(studio from, broadcast& what, const async::executor& on, upstream::request_profile asked)
      : in(from),
        show(what),
        profile(std::move(asked)),
        joint({.search_time = what.config().seam_search}),
        done(on),
        work(on),
        timer(on) {
    reload();
  }

  void reload() {
    auto now = show.stream()->definition();
    if (now == definition) return;
    definition = std::move(now);
    file = std::make_unique<upstream::remote_file>(in.with, done_on(), profile, definition->sources, show.stream());
  }
  async::executor done_on() { return timer.get_executor(); }

  studio in;
  broadcast& show;
  upstream::request_profile profile;
  std::shared_ptr<const registry::stream_definition> definition;
  std::unique_ptr<upstream::remote_file> file;

  packet_aligner aligner;
  seam joint;
  piece_builder gathered;
  std::optional<clock::time_point> publish_at;
  std::vector<std::byte> packets, out;  ///< scratch

  upstream::exchange* reading = nullptr;  ///< the body that is waited for
  std::optional<connection> moved;        ///< an operator's choice, to go on with
  clock::time_point last_byte = clock::now();
  std::optional<clock::time_point> gap_since;
  std::uint64_t published_of_connection = 0;
  unsigned fruitless = 0;  ///< connections in a row that brought next to nothing, the current one included
  ending end;

  async::event done, work;
  asio::steady_timer timer;
};

// Publishing.

void publish(air& on) {
  on.publish_at.reset();
  if (on.gathered.size() == 0) return;
  on.show.publish(on.gathered.take());
}

/// Packets that are to go out.
void gather(air& on) {
  if (on.out.empty()) return;
  const auto now = clock::now();
  on.last_byte = now;
  if (on.gap_since) on.in.with.counters.failover_gap.observe(now - *on.gap_since);
  on.gap_since.reset();
  on.gathered.append(on.out);
  on.published_of_connection += on.out.size();
  on.out.clear();
  const auto& config = on.show.config();
  const auto wish = gather_per_client * on.show.viewers();
  const auto time = std::min<clock::duration>(wish, config.gather);
  if (time < shortest_gather || on.gathered.size() >= config.piece) {
    publish(on);
  } else if (!on.publish_at) {
    on.publish_at = now + time;
    on.work.notify();
  }
}

std::optional<clock::time_point> next_deadline(const air& on) {
  const auto settle = on.joint.settle_at();
  if (settle && on.publish_at) return std::min(*settle, *on.publish_at);
  return settle ? settle : on.publish_at;
}

/// Beside the reader: what is to happen although no byte comes.
async::awaitable<void> keep_time(air& on) {
  for (;;) {
    const auto deadline = next_deadline(on);
    if (!deadline) {
      co_await on.work.wait();
      continue;
    }
    on.timer.expires_at(*deadline);
    co_await on.timer.async_wait(async::as_result);
    const auto now = clock::now();
    const auto settle = on.joint.settle_at();
    if (settle && now >= *settle) {
      on.joint.settle(now, on.out);
      gather(on);
    }
    if (on.publish_at && now >= *on.publish_at) publish(on);
  }
}

// Reading.

/// Where no client keeps up, the upstream is faster than life (a recording, say): it waits for the fastest of
/// them, but not for one that has stopped.
async::awaitable<void> keep_pace(air& on) {
  constexpr std::chrono::milliseconds look_again{10};
  const auto limit = on.show.config().buffer / 2;
  auto fastest = on.show.fastest();
  auto moved_at = clock::now();
  while (on.show.published() > fastest + limit && clock::now() - moved_at < on.show.config().stall) {
    co_await async::sleep_for(look_again);
    const auto now = on.show.fastest();
    if (now != fastest) moved_at = clock::now();
    fastest = now;
  }
}

/// True when the stream turned out to be a recording.
bool take(air& on, std::span<const std::byte> bytes) {
  const auto now = clock::now();
  on.packets.clear();
  on.aligner.append(bytes, on.packets);
  const bool was_waiting = on.joint.settle_at().has_value();
  const auto verdict = on.joint.take(on.packets, now, on.out);
  gather(on);
  if (!was_waiting && on.joint.settle_at()) on.work.notify();
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

/// Until the connection ends; errc::body_ended when it did so properly. complete: it was a recording.
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

// Going on with another connection.

bool may_try_again(const failure& why) {
  if (why.code == errc::unexpected_status) return upstream::is_transient_status(why.status);
  return why.code == condition::retry && why.code != condition::next_source_at_once;
}

std::size_t index_of(const air& on, const url& source) {
  const auto& all = on.definition->sources;
  const auto found = std::find(all.begin(), all.end(), source);
  return found == all.end() ? all.size() : static_cast<std::size_t>(found - all.begin());
}

void note_failover(air& on, const url& from, const url& to, const failure& why) {
  auto& stream = *on.show.stream();
  const auto cause = registry::cause_of(why);
  if (from == to) return;
  stream.failovers.fetch_add(1, std::memory_order_relaxed);
  on.in.with.counters.count_failover(cause);
  on.gap_since = on.last_byte;
  log::info("{}: {}; going on with {}", from.redacted(), to_string(why), to.redacted());
}

/// What an operator should see, though the clients may notice nothing.
void note_fault(air& on, const url& source, const failure& why, bool again) {
  auto& stream = *on.show.stream();
  log::info("{}: {}; reconnecting", source.redacted(), to_string(why));
  if (why.code != errc::body_ended) stream.record_error(to_string(why));
  if (!again) stream.source_failed(source, why);
}

std::chrono::milliseconds pause_of(const air& on, const reconnect_step& step, const failure& why) {
  const auto& config = on.in.with.config.upstream;
  if (!why.retry_after || *why.retry_after > config.retry_after_limit || step.another_left) return step.wait;
  return std::max<std::chrono::milliseconds>(step.wait, *why.retry_after);
}

/// A pause that an operator's choice ends. False when there was one.
async::awaitable<bool> pause(air& on, clock::time_point until) {
  constexpr std::chrono::milliseconds slice{50};
  while (!on.moved && clock::now() < until)
    co_await async::sleep_for(std::min<clock::duration>(slice, until - clock::now()));
  co_return !on.moved;
}

/// One step of the plan, with the following source as rival where there is one.
async::awaitable<fetch_result<connection>> open_step(air& on, reconnect_step step, std::size_t following) {
  if (!step.another_left) co_return co_await open_live(*on.file, step.source);
  co_return co_await open_with_rival(*on.file, step.source, following, on.show.config().rival_after);
}

/// The next connection after a fault of `lost`; the last failure when --live-grace has passed, or when
/// nothing has ever come and every source has been tried.
async::awaitable<fetch_result<connection>> reconnect(air& on, url lost, failure why) {
  on.reload();
  auto& stream = *on.show.stream();
  const auto given_up_at = on.last_byte + on.show.config().grace;
  const auto source = index_of(on, lost);
  const auto first_fault = why;
  const auto count = static_cast<unsigned>(on.definition->sources.size());
  // One retry, and when that brought next to nothing, too, another source.
  const bool again = may_try_again(why) && on.fruitless <= 1;
  const auto barren_rounds = (std::max(on.fruitless, 1U) - 1) / count;
  reconnect_plan plan(stream.source_order(on.definition->sources), source, again, barren_rounds);
  note_fault(on, lost, why, again || count == 1);
  for (;;) {
    // Nothing has ever come, neither by new connections nor by those that did answer.
    const bool hopeless = on.show.published() == 0 && (plan.rounds() > 0 || on.fruitless > count);
    if (hopeless || clock::now() >= given_up_at) co_return why;
    const auto step = plan.next(random_unit(), on.in.with.config.upstream);
    const bool waited = co_await pause(on, std::min(clock::now() + pause_of(on, step, why), given_up_at));
    if (!waited) co_return failed(asio::error::operation_aborted, {});
    if (step.source == source) on.in.with.counters.count_retry(registry::cause_of(why));
    auto opened = co_await open_step(on, step, plan.following());
    if (on.moved) co_return failed(asio::error::operation_aborted, {});
    if (opened) {
      note_failover(on, lost, opened->source, first_fault);
      co_return opened;
    }
    why = opened.error();
    const auto& tried = on.definition->sources[step.source];
    log::info("{}: {}", tried.redacted(), to_string(why));
    stream.source_failed(tried, why);
  }
}

async::awaitable<void> relay(air& on, connection current) {
  auto& stream = *on.show.stream();
  for (;;) {
    stream.source_answered(current.source);
    auto why = co_await read_connection(on, current);
    if (on.end.complete) break;
    const url lost = current.source;
    if (!on.moved) {
      auto next = co_await reconnect(on, lost, why);
      if (next) {
        current = std::move(*next);
        if (!(current.source == lost)) on.joint.change_source();
        continue;
      }
      why = next.error();
    }
    if (!on.moved) {
      on.end.cause = why;
      stream.record_error(to_string(why));
      log::warning("{}: live stream given up: {}", lost.redacted(), to_string(why));
      break;
    }
    current = std::move(*std::exchange(on.moved, std::nullopt));
    on.joint.change_source();
    on.fruitless = 0;
    on.gap_since = on.last_byte;
  }
  on.done.notify();
}

// What others want.

/// Tries a source beside the running one; its first bytes decide.
async::awaitable<fetch_result<connection>> try_source(air& on, url wanted) {
  on.reload();
  const auto index = index_of(on, wanted);
  if (index == on.definition->sources.size())
    co_return failed(errc::invalid_value, "the stream has no such source any more");
  auto opened = co_await open_live(*on.file, index);
  if (!opened) co_return opened;
  auto& body = opened->answer.body;
  body.limit_waits(on.show.config().stall);
  constexpr std::size_t enough = 8 * packet_size;
  std::vector<std::byte> first(16 * 1024);
  std::size_t have = 0;
  while (have < enough) {
    error_code ec;
    if (!body.ready()) ec = co_await body.wait_body();
    if (!ec) have += body.read_body(std::span(first).subspan(have), ec);
    if (ec && ec != asio::error::would_block && have < enough)
      co_return failed(ec, opened->answer.location.host_header() + " gave next to nothing");
  }
  first.resize(have);
  if (!looks_like_ts(first))
    co_return failed(errc::not_transport_stream,
                     opened->answer.location.host_header() + " sends no MPEG transport stream");
  opened->begun = std::move(first);
  co_return opened;
}

async::awaitable<void> obey(air& on, move_order order) {
  auto opened = co_await try_source(on, order.source);
  if (!opened) {
    order.reply(opened.error());
    co_return;
  }
  on.moved.emplace(std::move(*opened));
  if (on.reading) on.reading->cancel();
  order.reply(fetch_result<void>());
}

/// Orders, and the end when the last client has gone.
async::awaitable<void> attend(air& on) {
  for (;;) {
    for (auto& order : on.show.take_orders())
      co_await obey(on, std::move(order));
    if (on.show.viewers() == 0) {
      co_await async::sleep_for(on.show.config().linger);
      const bool closed = on.show.close_if_empty();
      if (closed) break;
    }
    co_await on.show.attention().wait();
  }
  on.done.notify();
}

/// Whatever happens, the hub forgets the broadcast and its clients learn of the end.
struct on_air_scope {
  ~on_air_scope() {
    on.in.on_air.remove(on.show);
    on.in.with.counters.bytes_wasted += on.joint.counters().packets_cut * packet_size;
    if (!on.end.complete && !on.end.cause.code)
      on.end.cause = failed(asio::error::operation_aborted, "the broadcast was stopped");
    on.show.finish(on.end);
  }
  air& on;
};

}  // namespace

async::awaitable<void> run_broadcast(studio in, std::shared_ptr<broadcast> what, connection first,
                                     upstream::request_profile profile) {
  const async::executor home = co_await asio::this_coro::executor;
  air on(in, *what, home, std::move(profile));
  const on_air_scope scope{on};
  log::info("stream {} on the air from {}", what->stream()->id(), first.source.redacted());
  co_await async::with_task_group([&](async::task_group& group) {
    group.spawn(keep_time(on));
    group.spawn(attend(on));
    group.spawn(relay(on, std::move(first)));
    return on.done.wait();
  });
  log::info("stream {} off the air", what->stream()->id());
}

}  // namespace millrace::live
