#include "hls/source_round.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "core/random.hpp"

#include <utility>

namespace millrace::hls {

using action = upstream::retry_decision::action;

source_round::source_round(const upstream::services& with, std::shared_ptr<registry::stream> stream,
                           blame whom)
    : with_(with),
      stream_(std::move(stream)),
      definition_(stream_->definition()),
      order_(stream_->source_order(definition_->sources)),
      whom_(whom) {}

void source_round::succeeded() {
  if (first_left_ && whom_ == blame::resource) {
    stream_->source_failed(first_left_->source, first_left_->cause);
    stream_->failovers.fetch_add(1, std::memory_order_relaxed);
    with_.counters.count_failover(registry::cause_of(first_left_->cause));
  }
  if (first_left_ || whom_ == blame::source) stream_->source_answered(current());
}

/// What was asked for, as far as the log may tell; the source where nothing says so.
std::string source_round::place_of(const failure& cause) const {
  const auto where = url::parse(cause.location);
  return (where ? *where : current()).redacted();
}

/// A source that offers other things than the first one does is not broken.
bool source_round::is_to_blame(const failure& cause) const {
  return whom_ == blame::source && cause.code != errc::source_differs;
}

void source_round::leave(const failure& cause) {
  const url source = current();
  const auto where = place_of(cause);
  order_.leave(order_.current());
  log::info("{}: {}; going on with {}", where, to_string(cause), current().redacted());
  if (is_to_blame(cause)) {
    stream_->source_failed(source, cause);
    stream_->failovers.fetch_add(1, std::memory_order_relaxed);
    with_.counters.count_failover(registry::cause_of(cause));
  }
  if (!first_left_) first_left_ = left_source{source, cause};
}

async::awaitable<fetch_result<void>> source_round::recover(failure cause, bool once) {
  const auto decision =
      tried_.decide(cause, order_.current(), 0, order_.another_left(), random_unit(), with_.config.upstream);
  auto what = decision.what;
  if (once && what == action::retry) what = order_.another_left() ? action::next_source : action::give_up;
  if (cause.code == errc::source_differs) unfit_ = cause;
  if (what == action::give_up) {
    if (is_to_blame(cause)) stream_->source_failed(current(), cause);
    co_return unfit_.value_or(std::move(cause));
  }
  if (what == action::next_source) {
    leave(cause);
    co_return fetch_result<void>();
  }
  with_.counters.count_retry(registry::cause_of(cause));
  log::info("{}: {}; trying again in {} ms", place_of(cause), to_string(cause), decision.wait.count());
  co_await async::sleep_for(decision.wait);
  co_return fetch_result<void>();
}

}  // namespace millrace::hls
