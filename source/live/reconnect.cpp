#include "live/reconnect.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "live/reconnect_plan.hpp"

#include <algorithm>
#include <random>

namespace millrace::live {

namespace asio = async::asio;

namespace {

using clock = air::clock;

failure failed(error_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

double random_unit() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

bool may_try_again(const failure& why) {
  if (why.code == errc::unexpected_status) return upstream::is_transient_status(why.status);
  return why.code == condition::retry && why.code != condition::next_source_at_once;
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
  while (!on.moved && clock::now() < until)
    co_await async::with_timeout(until - clock::now(), on.show.reader().try_wait());
  co_return !on.moved;
}

/// One step of the plan, with the following source as rival where there is one.
async::awaitable<fetch_result<connection>> open_step(air& on, source_set& from, reconnect_step step,
                                                     std::size_t following, clock::time_point given_up_at) {
  std::optional<rival> other;
  if (step.another_left) other = rival{following, on.show.config().rival_after};
  co_return co_await open_with_rival(from.file, step.source, other, given_up_at);
}

}  // namespace

async::awaitable<fetch_result<connection>> reconnect(air& on, url lost, failure why) {
  const auto sources = on.sources();
  auto& stream = *on.show.stream();
  const auto given_up_at = on.last_byte + on.show.config().grace;
  const auto source = sources->index_of(lost);
  const auto first_fault = why;
  const auto count = static_cast<unsigned>(sources->size());
  // One retry, and when that brought next to nothing, too, another source.
  const bool again = may_try_again(why) && on.fruitless <= 1;
  const auto barren_rounds = (std::max(on.fruitless, 1U) - 1) / count;
  reconnect_plan plan(stream.source_order(sources->urls()), source, again, barren_rounds);
  note_fault(on, lost, why, again || count == 1);
  for (;;) {
    // Nothing has ever come, neither by new connections nor by those that did answer.
    const bool hopeless = on.show.published() == 0 && (plan.rounds() > 0 || on.fruitless > count);
    if (hopeless || clock::now() >= given_up_at) co_return why;
    const auto step = plan.next(random_unit(), on.in.with.config.upstream);
    const bool waited = co_await pause(on, std::min(clock::now() + pause_of(on, step, why), given_up_at));
    if (!waited) co_return failed(asio::error::operation_aborted, {});
    if (step.source == source) on.in.with.counters.count_retry(registry::cause_of(why));
    auto opened = co_await open_step(on, *sources, step, plan.following(), given_up_at);
    if (on.moved) co_return failed(asio::error::operation_aborted, {});
    if (opened) {
      note_failover(on, lost, opened->source, first_fault);
      co_return opened;
    }
    why = opened.error();
    const auto& tried = sources->urls()[step.source];
    log::info("{}: {}", tried.redacted(), to_string(why));
    stream.source_failed(tried, why);
  }
}

}  // namespace millrace::live
