#include "upstream/retry_policy.hpp"

#include <algorithm>
#include <array>

namespace millrace::upstream {

using action = retry_decision::action;

bool is_transient_status(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status / 100 == 5;
}

bool is_refusing_status(int status) noexcept {
  constexpr std::array refusing{401, 403, 404, 410};
  return std::ranges::find(refusing, status) != refusing.end();
}

bool refuses_ranges(const failure& cause) noexcept {
  constexpr std::array refusing{400, 403, 405, 406, 416, 501};
  if (cause.code == errc::range_unsupported) return true;
  if (cause.code == errc::range_unsatisfiable) return !cause.total;
  return cause.code == errc::unexpected_status && std::ranges::find(refusing, cause.status) != refusing.end();
}

bool looks_like_overload(const failure& cause) noexcept {
  if (cause.code == errc::unexpected_status) {
    return cause.status == 401 || cause.status == 403 ||
           (is_transient_status(cause.status) && cause.status != 425);
  }
  return cause.code == errc::connection_refused || cause.code == errc::connection_lost;
}

std::chrono::milliseconds backoff(unsigned n, double jitter, const upstream_settings& config) noexcept {
  const auto doubled = config.backoff_first * (1LL << std::min(n, 20U));
  const auto base = std::min<std::chrono::milliseconds>(doubled, config.backoff_limit);
  const auto spread =
      std::chrono::milliseconds(static_cast<long long>(static_cast<double>(base.count()) * jitter / 4));
  return std::min(base + spread, config.backoff_limit);
}

retry_decision attempts::decide(const failure& cause, std::size_t source, std::uint64_t gained,
                                bool another_left, double jitter, const upstream_settings& config) noexcept {
  if (source != source_) *this = attempts();
  source_ = source;
  ++failures_;
  fruitless_ = gained > 0 ? 1 : fruitless_ + 1;

  if (cause.code == condition::fatal) return {};
  const retry_decision elsewhere{another_left ? action::next_source : action::give_up};
  const bool transient = cause.code == errc::unexpected_status ? is_transient_status(cause.status)
                                                               : cause.code == condition::retry;
  if (!transient) return elsewhere;
  if (cause.retry_after && *cause.retry_after > config.retry_after_limit) return elsewhere;
  if (another_left && (failures_ > 1 || cause.code == condition::next_source_at_once)) return elsewhere;
  if (fruitless_ > config.retries) return elsewhere;
  if (cause.retry_after) return {action::retry, *cause.retry_after};
  return {action::retry, backoff(fruitless_ - 1, jitter, config)};
}

}  // namespace millrace::upstream
