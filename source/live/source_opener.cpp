#include "live/source_opener.hpp"

#include "async/combinators.hpp"
#include "async/event.hpp"
#include "async/task_group.hpp"

namespace millrace::live {

namespace {

using outcome = std::optional<fetch_result<connection>>;

struct race {
  upstream::remote_file& file;
  async::event changed;
  outcome first = {}, second = {};
  bool second_began = false;
  bool expired = false;
};

async::awaitable<void> run_first(race& in, std::size_t source) {
  auto opened = co_await open_live(in.file, source);
  in.first.emplace(std::move(opened));
  in.changed.notify();
}

async::awaitable<void> run_second(race& in, rival who) {
  co_await async::sleep_for(who.after);
  in.second_began = true;
  auto opened = co_await open_live(in.file, who.source);
  in.second.emplace(std::move(opened));
  in.changed.notify();
}

async::awaitable<void> run_deadline(race& in, std::chrono::steady_clock::time_point deadline) {
  co_await async::sleep_for(deadline - std::chrono::steady_clock::now());
  in.expired = true;
  in.changed.notify();
}

bool decided(const race& in) {
  if (in.expired) return true;
  if (in.first && in.first->has_value()) return true;
  if (in.second && in.second->has_value()) return true;
  return in.first && (!in.second_began || in.second);
}

async::awaitable<void> wait_decided(race& in) {
  while (!decided(in))
    co_await in.changed.wait();
}

}  // namespace

async::awaitable<fetch_result<connection>> open_live(upstream::remote_file& file, std::size_t source) {
  auto answer = co_await upstream::open_source(file, source, upstream::wanted_all{});
  if (!answer) co_return answer.error();
  co_return connection{.answer = std::move(*answer), .source = file.sources[source].original};
}

async::awaitable<fetch_result<connection>> open_with_rival(upstream::remote_file& file, std::size_t first,
                                                           std::optional<rival> second,
                                                           std::chrono::steady_clock::time_point deadline) {
  const async::executor on = co_await async::asio::this_coro::executor;
  race in{.file = file, .changed = async::event(on)};
  co_await async::with_task_group([&](async::task_group& group) {
    group.spawn(run_first(in, first));
    if (second) group.spawn(run_second(in, *second));
    group.spawn(run_deadline(in, deadline));
    return wait_decided(in);
  });
  if (in.first && in.first->has_value()) co_return std::move(*in.first);
  if (in.second && in.second->has_value()) co_return std::move(*in.second);
  if (in.first) co_return in.first->error();
  co_return failure{.code = errc::read_timeout, .detail = "no source answered in time"};
}

}  // namespace millrace::live
