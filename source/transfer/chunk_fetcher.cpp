#include "transfer/chunk_fetcher.hpp"

#include <boost/asio/post.hpp>

#include <array>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

using answer_slot = std::optional<upstream::range_answer>;

/// One chunk on its way: the job, the response it comes in, and the job whose request was sent ahead behind
/// it.
struct fetch {
  scheduler& jobs;
  job work;
  answer_slot answer;
  std::optional<job> ahead;
  byte_offset position = 0;  ///< of the answer's next byte
  byte_offset gained = 0;    ///< bytes of this answer that were new
  scheduler::clock::time_point began = scheduler::clock::now();

  lane& to() { return *work.to; }
  void set_works(bool now) {
    jobs.count_working(int{now} - int{works});
    works = now;
  }

  bool works = false;  ///< see scheduler::count_working
};

/// A fetcher that ends works no more.
struct working_scope {
  explicit working_scope(fetch& counted) : state(counted) { state.set_works(state.answer.has_value()); }
  ~working_scope() { state.set_works(false); }
  working_scope(const working_scope&) = delete;
  working_scope& operator=(const working_scope&) = delete;
  fetch& state;
};

/// The request for the next chunk goes out while so many bytes of this one are still to come: what a
/// connection brings in a round trip.
byte_offset lead(const fetch& state) {
  constexpr std::chrono::milliseconds slack{5};
  const auto taken = scheduler::clock::now() - state.began;
  const double rate =
      static_cast<double>(state.gained) / std::max(std::chrono::duration<double>(taken).count(), 1e-6);
  const auto trip = state.answer->body.round_trip() + slack;
  return std::max<byte_offset>(
      async::small_block,
      static_cast<byte_offset>(rate * std::chrono::duration<double>(trip).count() * 1.25));
}

async::awaitable<void> ask_ahead(fetch& state) {
  auto& answer = *state.answer;
  const bool possible = !state.ahead && !state.work.race && answer.body.can_send_ahead() &&
                        state.to().chunk().end == answer.range.end &&
                        answer.range.end - state.position <= lead(state);
  if (!possible) co_return;
  auto following = state.jobs.try_next();
  if (!following) co_return;
  const byte_range rest{following->to->filled(), following->to->chunk().end};
  const bool sent = co_await upstream::request_ahead(state.jobs.file(), answer, rest);
  if (sent) {
    state.ahead = std::move(following);
  } else {
    state.jobs.requeue(std::move(*following));
  }
}

/// Bytes that another fetcher has appended already.
std::size_t skip(fetch& state, error_code& ec) {
  std::array<std::byte, 16 * 1024> scratch;
  const auto behind = std::min<byte_offset>(scratch.size(), state.to().filled() - state.position);
  const auto count =
      state.answer->body.read_body(std::span(scratch).first(static_cast<std::size_t>(behind)), ec);
  state.jobs.skipped(count);
  return count;
}

std::size_t append(fetch& state, std::span<std::byte> room, error_code& ec) {
  const auto count = state.answer->body.read_body(room, ec);
  state.to().commit(count);
  state.gained += count;
  state.jobs.received(state.work, state.answer->source, count);
  return count;
}

/// Moves bytes from the open answer into the lane until the chunk is complete. Any error means that this
/// connection will not bring the rest.
async::awaitable<error_code> copy_body(fetch& state) {
  auto& to = state.to();
  auto& body = state.answer->body;
  const scheduler::reader_scope scope(state.jobs, to, body);
  std::size_t block = async::small_block;
  while (!to.complete()) {
    error_code ec;
    if (!body.ready()) ec = co_await body.wait_body();
    if (to.complete()) break;
    if (ec) co_return ec;
    std::size_t count = 0;
    if (state.position < to.filled()) {
      count = skip(state, ec);
    } else {
      const auto room = to.room(block, state.jobs.origin_of(state.answer->source));
      if (room.empty()) {
        co_await to.wait_room();
        continue;
      }
      count = append(state, room, ec);
      // A socket that fills whole blocks is a fast one.
      block = count == room.size() && count >= async::small_block ? async::large_block : async::small_block;
    }
    state.position += count;
    if (ec == asio::error::eof && !to.complete()) co_return errc::connection_lost;
    if (ec && ec != asio::error::would_block && ec != asio::error::eof) co_return ec;
    co_await ask_ahead(state);
    // The writer sends while the bytes are still in the processor's cache.
    if (count > 0 && state.jobs.writer_waits() && state.jobs.is_head(to))
      co_await asio::post(asio::use_awaitable);
  }
  state.jobs.stop_other_readers(to, body);
  co_return error_code();
}

enum class outcome {
  complete,
  going_on,  ///< the chunk is not complete yet
  dropped,   ///< this fetcher does without the chunk and takes another
  leave,     ///< the fetcher itself is to end
};

/// After a failure: back-off or another source, unless there is nothing left to try.
async::awaitable<outcome> recover(fetch& state, failure cause, std::size_t source) {
  auto& jobs = state.jobs;
  state.set_works(false);
  auto recovered =
      co_await upstream::recover(jobs.file(), state.work.tried, std::move(cause), source, state.gained);
  state.gained = 0;
  if (recovered) co_return outcome::going_on;
  jobs.give_up(state.work, recovered.error());
  co_return outcome::dropped;
}

/// Opens the rest of the chunk.
async::awaitable<outcome> open_rest(fetch& state) {
  auto& jobs = state.jobs;
  const auto source = jobs.file().order.current();
  const auto begun = jobs.mark();
  const byte_range rest{state.to().filled(), state.to().chunk().end};
  auto opened = co_await upstream::open_range(jobs.file(), rest);
  if (opened && !opened->partial)
    opened = failure{.code = errc::range_unsupported, .detail = "no partial response"};
  if (opened) {
    state.position = opened->range.begin;
    state.answer.emplace(std::move(*opened));
    state.set_works(true);
    co_return outcome::going_on;
  }
  if (jobs.overloaded(opened.error(), begun, state.works)) {
    if (!jobs.too_many()) co_return outcome::going_on;
    if (!state.work.race) jobs.requeue(state.work);
    co_return outcome::leave;
  }
  co_return co_await recover(state, opened.error(), source);
}

/// A broken answer: what was asked ahead on its connection goes back, and the policy decides about the rest.
async::awaitable<outcome> answer_broke(fetch& state, error_code ec) {
  const auto source = state.answer->source;
  failure cause{.code = ec,
                .detail = "the response of " + state.answer->location.host_header() + " broke off"};
  state.answer.reset();
  if (state.ahead) state.jobs.requeue(std::move(*state.ahead));
  state.ahead.reset();
  co_return co_await recover(state, std::move(cause), source);
}

/// One step of the chunk: opens its rest, or reads what is open.
async::awaitable<outcome> advance_chunk(fetch& state) {
  if (!state.answer) co_return co_await open_rest(state);
  const auto ec = co_await copy_body(state);
  if (ec) co_return co_await answer_broke(state, ec);
  co_return outcome::complete;
}

/// Fetches the chunk's rest, whatever it takes.
async::awaitable<outcome> fetch_chunk(fetch& state) {
  while (!state.to().complete()) {
    const auto step = co_await advance_chunk(state);
    if (step != outcome::going_on) co_return step;
  }
  co_return outcome::complete;
}

/// Goes over to the chunk that was asked for ahead.
async::awaitable<void> advance(fetch& state) {
  auto behind = std::exchange(state.answer, std::nullopt);
  auto next = std::exchange(state.ahead, std::nullopt);
  state.work = std::move(*next);
  state.gained = 0;
  if (!behind || !behind->body.complete()) co_return;
  const byte_range rest{state.to().filled(), state.to().chunk().end};
  auto answer = co_await upstream::next_answer(state.jobs.file(), std::move(*behind), rest);
  state.began = scheduler::clock::now();
  if (!answer || !answer->partial) co_return;
  state.position = answer->range.begin;
  state.answer.emplace(std::move(*answer));
}

void count_finished(fetch& state) {
  if (!state.answer) return;
  auto& body = state.answer->body;
  // The end mark of a chunked body is still to be read before the connection can be kept.
  if (state.answer->range.end == state.to().chunk().end) body.discard();
  state.jobs.finished(state.gained, scheduler::clock::now() - state.began, body.round_trip());
}

}  // namespace

async::awaitable<void> run_fetcher(scheduler& jobs, job first, answer_slot answer) {
  const scheduler::fetcher_scope scope(jobs);
  fetch state{.jobs = jobs, .work = std::move(first), .answer = std::move(answer), .ahead = {}};
  const working_scope working(state);
  if (state.answer) state.position = state.answer->range.begin;
  for (;;) {
    const auto end = co_await fetch_chunk(state);
    if (end == outcome::leave) co_return;
    if (end == outcome::complete) count_finished(state);
    if (state.ahead) {
      co_await advance(state);
      continue;
    }
    state.answer.reset();
    auto next = jobs.try_next();
    if (!next) {
      state.set_works(false);
      next = co_await jobs.next();
    }
    if (!next) co_return;
    state.work = std::move(*next);
    state.gained = 0;
    state.began = scheduler::clock::now();
  }
}

}  // namespace millrace::transfer
