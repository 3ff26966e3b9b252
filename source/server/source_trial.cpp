#include "server/source_trial.hpp"

#include "async/combinators.hpp"
#include "server/first_look.hpp"
#include "server/shared_state.hpp"
#include "server/stream_profile.hpp"
#include "upstream/range_fetch.hpp"

#include <algorithm>
#include <array>

namespace millrace::server {

namespace {

using clock = std::chrono::steady_clock;

/// To its end, so that the connection can be kept for the first play.
async::awaitable<void> read_rest(upstream::exchange& body) {
  std::array<std::byte, 64> scratch;
  while (!body.complete()) {
    error_code ec;
    if (!body.ready()) ec = co_await body.wait_body();
    if (!ec) body.read_body(scratch, ec);
    if (ec && ec != async::asio::error::would_block) co_return;
  }
}

async::awaitable<fetch_result<tried_source>> try_current(upstream::remote_file& file) {
  const auto source = file.order.current();
  auto answer = co_await upstream::open_range(file, byte_range{0, 1});
  if (!answer) {
    const auto& cause = answer.error();
    const bool empty = cause.code == errc::range_unsatisfiable && cause.total == byte_offset(0);
    if (!empty) co_return cause;
    co_return tried_source{.source = source, .total = 0, .kind = registry::stream_kind::file};
  }
  const bool playable = answer->partial || file.whole_will_do || answer->total == byte_offset(0);
  if (!playable) {
    co_return failure{
        .code = errc::range_unsupported,
        .detail = answer->location.host_header() +
                  " does not support Range requests. --no-range passthrough hands the whole through, and "
                  "so do streams posted to /streams"};
  }
  const tried_source found{
      .source = source, .total = answer->total, .kind = kind_told(file.sources.front().original, *answer)};
  if (answer->partial) {
    co_await read_rest(answer->body);
  } else {
    answer->body.discard();
  }
  co_return found;
}

async::awaitable<fetch_result<tried_source>> try_current(upstream::remote_file& file,
                                                         clock::duration patience) {
  auto tried = co_await async::with_timeout(patience, try_current(file));
  if (tried) co_return std::move(*tried);
  co_return failure{.code = errc::read_timeout,
                    .detail = file.current().original.host_header() + " did not answer in time"};
}

std::string tell(const url& source, const failure& cause) {
  return source.redacted() + ": " + (cause.detail.empty() ? cause.code.message() : cause.detail);
}

}  // namespace

async::awaitable<fetch_result<tried_source>> try_sources(worker& home,
                                                         const registry::stream_definition& what,
                                                         clock::time_point deadline) {
  const async::executor on = co_await async::asio::this_coro::executor;
  const auto& config = home.shared.config;
  upstream::remote_file file(home.upstream, on, profile_of(what, config), what.sources);
  file.whole_will_do = config.transfer.no_range == no_range_policy::passthrough;
  const auto least = config.task.try_timeout / 4;
  failure all;
  for (auto left = what.sources.size(); left > 0; --left) {
    const clock::duration time = deadline - clock::now();
    const auto source = file.order.current();
    const auto& original = file.sources[source].original;
    if (!all.detail.empty()) all.detail += "; ";
    if (time <= clock::duration::zero()) {
      all.detail += original.redacted() + ": not tried, the time was up";
      co_return all;
    }
    const auto share = std::max<clock::duration>(time / left, std::min<clock::duration>(time, least));
    auto tried = co_await try_current(file, share);
    if (tried) co_return tried;
    all.code = tried.error().code;
    all.status = tried.error().status;
    all.detail += tell(original, tried.error());
    file.order.leave(source);
  }
  co_return all;
}

}  // namespace millrace::server
