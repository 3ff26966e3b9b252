#include "live/run_broadcast.hpp"

#include "async/combinators.hpp"
#include "async/task_group.hpp"
#include "core/log.hpp"
#include "live/orders.hpp"
#include "live/read_connection.hpp"
#include "live/reconnect.hpp"

namespace millrace::live {

namespace {

/// Connection after connection, until there is none left.
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

/// The end when the last client has gone.
async::awaitable<void> attend(air& on) {
  for (;;) {
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
      on.end.cause =
          failure{.code = async::asio::error::operation_aborted, .detail = "the broadcast was stopped"};
    on.show.finish(on.end);
  }
  air& on;
};

}  // namespace

async::awaitable<void> run_broadcast(studio in, std::shared_ptr<broadcast> what, connection first,
                                     upstream::request_profile profile) {
  const async::executor home = co_await async::asio::this_coro::executor;
  air on(in, *what, home, std::move(profile));
  const on_air_scope scope{on};
  log::info("stream {} on the air from {}", what->stream()->id(), first.source.redacted());
  co_await async::with_task_group([&](async::task_group& group) {
    group.spawn(keep_time(on));
    group.spawn(attend(on));
    group.spawn(run_orders(on));
    group.spawn(relay(on, std::move(first)));
    return on.done.wait();
  });
  log::info("stream {} off the air", what->stream()->id());
}

}  // namespace millrace::live
