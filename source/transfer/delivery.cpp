#include "transfer/delivery.hpp"

#include "async/combinators.hpp"
#include "async/task_group.hpp"
#include "transfer/cache_use.hpp"
#include "transfer/chunk_fetcher.hpp"
#include "transfer/client_writer.hpp"
#include "transfer/page_keeper.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

enum class writer_end { complete, paused, upstream_failed, client_failed };

/// How often a waiting writer looks whether its chunk is late.
constexpr std::chrono::milliseconds lateness_tick{50};
/// Cached bytes never have to be waited for: after so many the event loop's others have their turn.
constexpr std::size_t fair_share = 1024 * 1024;

struct delivery {
  delivery(async::transport& to, delivery_job& given, const async::executor& where)
      : client(to),
        job(given),
        on(where),
        jobs(given.file, where, given.range, given.plan, std::move(given.cached)) {
    job.file.on_moved = [this] { jobs.stop_readers(); };
    job.file.had = [this] { return jobs.recent_bytes(job.file.with.config.upstream.join_check); };
  }
  ~delivery() {
    job.file.had = nullptr;
    job.file.on_moved = nullptr;
    const auto delivered = result.sent - from_cache;
    const auto fetched = std::max(jobs.fetched(), delivered);
    auto& counters = job.file.with.counters;
    counters.bytes_wasted.fetch_add(fetched - delivered, std::memory_order_relaxed);
    if (job.file.cache && from_cache == 0) ++counters.cache_misses;
    forget_changed(jobs.cached(), result.cause);
  }
  delivery(const delivery&) = delete;
  delivery& operator=(const delivery&) = delete;

  async::transport& client;
  delivery_job& job;
  async::executor on;
  scheduler jobs;
  page_keeper keeper{jobs.cached()};
  bool watching_lateness = false;
  delivery_result result;
  byte_offset from_cache = 0;    ///< of the bytes sent
  unsigned turn = 0;             ///< of the bytes sent, see byte_origin
  std::size_t at_a_stretch = 0;  ///< cached bytes sent since others had their turn
};

/// Beside a writer that waits: the others may become idle only later.
async::awaitable<void> watch_lateness(delivery& state) {
  do {
    co_await async::sleep_for(lateness_tick);
    state.jobs.race_if_late();
  } while (state.jobs.writer_waits());
  state.watching_lateness = false;
}

async::awaitable<void> wait_upstream(delivery& state, async::task_group& group) {
  auto& jobs = state.jobs;
  jobs.grow();
  if (!jobs.head()) {
    co_await jobs.wait_planned();
    co_return;
  }
  if (!state.watching_lateness && jobs.may_race()) {
    state.watching_lateness = true;
    group.spawn(watch_lateness(state));
  }
  if (jobs.head()->data().empty()) co_await jobs.wait_head();
}

writer_end client_failed(delivery& state, error_code ec) {
  const bool longest = state.job.limits.send_timeout <= state.job.limits.pause_after;
  if (ec == errc::read_timeout && !longest) return writer_end::paused;
  state.result.client_error = ec;
  return writer_end::client_failed;
}

/// Bytes of the head lane that the client took: those of the cache's source are kept, unless they come from
/// there.
void note_origin(delivery& state, std::span<const std::byte> sent) {
  auto& jobs = state.jobs;
  const auto origin = jobs.head()->origin();
  state.turn = std::max(state.turn, origin.turn);
  if (!jobs.head()->from_cache()) {
    if (origin.source == jobs.cached_source()) state.keeper.add(jobs.plan().delivered(), sent);
    return;
  }
  auto& counters = state.job.file.with.counters;
  if (state.from_cache == 0) ++counters.cache_hits;
  counters.cache_hit_bytes.fetch_add(sent.size(), std::memory_order_relaxed);
  state.from_cache += sent.size();
  state.at_a_stretch += sent.size();
}

/// Sends what is there in order. An error other than would_block ends the delivery.
error_code send_ready(delivery& state, client_writer& out) {
  const auto data = state.jobs.head() ? state.jobs.head()->data() : std::span<const std::byte>();
  const asio::const_buffer buffer(data.data(), data.size());
  error_code ec;
  const auto sent = out.send_now(std::span(&buffer, data.empty() ? 0U : 1U), ec);
  if (sent > 0) {
    note_origin(state, data.first(sent));
    state.jobs.delivered(sent);
    state.result.sent += sent;
    state.at_a_stretch += sent;
    if (state.job.on_sent) state.job.on_sent(sent);
  }
  return ec;
}

async::awaitable<void> let_others(delivery& state) {
  state.at_a_stretch = 0;
  co_await asio::post(asio::use_awaitable);
}

async::awaitable<writer_end> write_in_order(delivery& state, client_writer& out, async::task_group& group) {
  auto& jobs = state.jobs;
  for (;;) {
    const auto* head = jobs.head();
    const bool has_data = head && !head->data().empty();
    if (state.at_a_stretch >= fair_share) co_await let_others(state);
    // Nobody knows that it fits to the bytes of the source after it.
    if (has_data && head->origin().turn < state.turn) {
      jobs.drop_older(state.turn);
      continue;
    }
    if (!has_data && !out.head_pending()) {
      if (jobs.plan().finished()) co_return writer_end::complete;
      if (head && head->broken()) {
        state.result.cause = head->broken();
        co_return writer_end::upstream_failed;
      }
      state.at_a_stretch = head ? 0 : state.at_a_stretch;
      co_await wait_upstream(state, group);
      continue;
    }
    auto ec = send_ready(state, out);
    if (ec == asio::error::would_block) {
      const auto began = scheduler::clock::now();
      ec = co_await out.wait();
      jobs.plan().client_was_slow(scheduler::clock::now() - began);
      state.at_a_stretch = 0;
    }
    if (ec) co_return client_failed(state, ec);
    if (state.at_a_stretch >= fair_share) co_await let_others(state);
  }
}

/// The chunk of the first answer. Its first bytes usually came with the response's head: they go out with
/// ours.
job adopt_first(delivery& state, upstream::range_answer& answer) {
  const auto begin = state.job.range.begin;
  const auto most = std::max<byte_offset>(state.job.plan.chunk_size, 1);
  auto first = state.jobs.adopt({begin, std::min({answer.range.end, state.job.range.end, begin + most})});
  error_code ec;
  const auto room = first.to->room(async::small_block, state.jobs.origin_of(answer.source));
  const auto count = answer.body.read_body(room, ec);
  first.to->commit(count);
  answer.range.begin += count;
  return first;
}

/// Starts fetchers and writes what they bring.
async::awaitable<void> fetch_and_write(delivery& state, client_writer& out,
                                       std::optional<upstream::range_answer>& first, async::task_group& group,
                                       writer_end& end) {
  auto& jobs = state.jobs;
  state.watching_lateness = false;
  jobs.start_fetcher = [&](job next) {
    group.spawn(run_fetcher(jobs, std::move(next), std::exchange(first, {})));
  };
  if (first) {
    jobs.launch(adopt_first(state, *first));
  } else {
    jobs.grow();
  }
  end = co_await write_in_order(state, out, group);
}

/// Fetchers and writer together, until the end or until the client pauses.
async::awaitable<writer_end> run(delivery& state, client_writer& out,
                                 std::optional<upstream::range_answer> first) {
  auto end = writer_end::client_failed;
  co_await async::with_task_group(
      [&](async::task_group& group) { return fetch_and_write(state, out, first, group, end); });
  co_return end;
}

/// A paused client: until it takes bytes again.
async::awaitable<error_code> wait_resumed(delivery& state) {
  const auto& limits = state.job.limits;
  upstream::speed_meter unmeasured;
  upstream::stall_guard guard(state.on, state.client, unmeasured, limits.send_timeout - limits.pause_after);
  co_return co_await guard.wait_writable();
}

}  // namespace

async::awaitable<delivery_result> deliver(async::transport& client, delivery_job work) {
  const async::executor on = co_await asio::this_coro::executor;
  if (work.first) work.cached = confirm_cached(work.file, *work.first);
  // Moved by hand meanwhile.
  if (work.first && work.first->source != work.file.order.current()) work.cached = {};
  delivery state(client, work, on);
  auto first = std::exchange(work.first, std::nullopt);
  std::string head = std::move(work.head);
  for (;;) {
    client_writer out(on, client, std::move(head),
                      std::min(work.limits.pause_after, work.limits.send_timeout));
    const auto end = co_await run(state, out, std::exchange(first, std::nullopt));
    state.result.complete = end == writer_end::complete;
    if (end != writer_end::paused) co_return std::move(state.result);
    state.jobs.park();
    state.keeper.flush();
    head = out.unsent_head();
    const auto ec = co_await wait_resumed(state);
    if (ec) {
      state.result.client_error = ec;
      co_return std::move(state.result);
    }
  }
}

}  // namespace millrace::transfer
