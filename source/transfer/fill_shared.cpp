#include "transfer/fill_shared.hpp"

#include "async/task_group.hpp"
#include "transfer/delivery.hpp"
#include "transfer/memory_transport.hpp"
#include "transfer/whole_body.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

failure stopped() {
  return {.code = asio::error::operation_aborted, .detail = "the shared fetch was stopped"};
}

/// One fetch. A coroutine's argument, so that the readers learn of its end even when it never starts.
struct filling {
  ~filling() { into->body.end(std::move(outcome)); }

  std::shared_ptr<shared_resource> into;
  std::unique_ptr<upstream::remote_file> file;
  plan_limits plan;
  fill_limits limits;
  std::optional<failure> outcome = stopped();
};

/// All bytes are there, and what is left is to say so: a reader may be done sooner.
bool is_full(const shared_resource& it) {
  return it.range.end != shared_resource::unknown_end && it.body.size() == it.range.size();
}

/// Tells the fetch that nobody reads it any more.
struct unread_scope {
  unread_scope(shared_resource& watched, const async::executor& on, async::event& over)
      : body(watched.body), home(on) {
    body.on_unread(home, [&watched, &over] {
      if (!is_full(watched) && watched.body.end_if_unread(stopped())) over.notify();
    });
  }
  ~unread_scope() { body.on_unread(home, {}); }
  unread_scope(const unread_scope&) = delete;
  unread_scope& operator=(const unread_scope&) = delete;

  shared_body& body;
  async::executor home;
};

/// A 206: the rest of the range, in chunks.
async::awaitable<void> fill_chunks(filling& of, upstream::range_answer first, std::vector<std::byte> begun) {
  const async::executor on = co_await asio::this_coro::executor;
  of.into->body.append(begun);
  first.range.begin += begun.size();
  byte_range rest = of.into->range;
  rest.begin += std::min<byte_offset>(begun.size(), rest.size());
  if (rest.empty()) {
    of.outcome.reset();
    co_return;
  }
  memory_transport memory(on, of.into->body);
  // Memory is never slow.
  constexpr client_limits unused{.pause_after = std::chrono::hours(1), .send_timeout = std::chrono::hours(1)};
  delivery_job work{.file = *of.file,
                    .first = std::move(first),
                    .range = rest,
                    .head = {},
                    .plan = of.plan,
                    .limits = unused,
                    .on_sent = {}};
  auto result = co_await deliver(memory, std::move(work));
  if (result.complete) {
    of.outcome.reset();
  } else if (result.cause) {
    of.outcome = std::move(result.cause);
  } else {
    of.outcome = failure{.code = result.client_error, .detail = "the shared fetch found no memory"};
  }
}

/// Memory for so many bytes more; the failure when there is none, or when there may be no more.
std::optional<failure> make_room(filling& of, std::size_t bytes) {
  auto& body = of.into->body;
  const auto needed = body.size() + bytes;
  const bool known = of.into->range.end != shared_resource::unknown_end;
  if (!known && needed > of.limits.largest) {
    return failure{.code = make_error_code(boost::system::errc::file_too_large),
                   .detail = fmt::format("{} sends more than {} bytes without telling how many",
                                         of.into->location.host_header(), of.limits.largest)};
  }
  while (body.reserved() < needed) {
    const auto step = std::clamp<std::uint64_t>(body.reserved(), async::small_block, async::large_block);
    auto more = of.file->with.buffers.try_reserve(step);
    if (more.size() == 0) {
      return failure{.code = make_error_code(boost::system::errc::not_enough_memory),
                     .detail = "--max-memory is used up"};
    }
    body.extend(std::move(more));
  }
  return std::nullopt;
}

/// A 200: to its end, on one connection.
async::awaitable<void> fill_whole(filling& of, upstream::range_answer first, std::vector<std::byte> begun) {
  whole_body from(*of.file, std::move(first), std::move(begun));
  auto memory = of.file->with.blocks.take(async::small_block);
  for (;;) {
    auto count = co_await from.read(memory.bytes());
    if (!count) {
      of.outcome = count.error();
      co_return;
    }
    if (*count == 0) {
      of.outcome.reset();
      co_return;
    }
    auto refused = make_room(of, *count);
    if (refused) {
      of.outcome = std::move(refused);
      co_return;
    }
    of.into->body.append(memory.bytes().first(*count));
  }
}

async::awaitable<void> fetch(filling& of, upstream::range_answer first, std::vector<std::byte> begun,
                             async::event& over) {
  const bool in_chunks = first.partial;
  auto fetching = in_chunks ? fill_chunks(of, std::move(first), std::move(begun))
                            : fill_whole(of, std::move(first), std::move(begun));
  try {
    co_await std::move(fetching);
  } catch (...) {
    over.notify();
    throw;
  }
  over.notify();
}

async::awaitable<void> run_filling(std::unique_ptr<filling> work, upstream::range_answer first,
                                   std::vector<std::byte> begun) {
  const async::executor on = co_await asio::this_coro::executor;
  async::event over(on);
  const unread_scope watch(*work->into, on, over);
  std::function<async::awaitable<void>(async::task_group&)> run = [&](async::task_group& group) {
    group.spawn(fetch(*work, std::move(first), std::move(begun), over));
    return over.wait();
  };
  co_await async::with_task_group(std::move(run));
}

}  // namespace

async::awaitable<void> fill_shared(std::shared_ptr<shared_resource> into,
                                   std::unique_ptr<upstream::remote_file> file, upstream::range_answer first,
                                   std::vector<std::byte> begun, plan_limits plan, fill_limits limits) {
  auto work = std::make_unique<filling>(std::move(into), std::move(file), plan, limits);
  return run_filling(std::move(work), std::move(first), std::move(begun));
}

}  // namespace millrace::transfer
