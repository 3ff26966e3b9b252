#include "live/orders.hpp"

namespace millrace::live {

namespace asio = async::asio;

namespace {

failure failed(error_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

/// Tries a source beside the running one; its first bytes decide.
async::awaitable<fetch_result<connection>> try_source(air& on, url wanted) {
  const auto sources = on.sources();
  const auto index = sources->index_of(wanted);
  if (index == sources->size())
    co_return failed(errc::invalid_value, "the stream has no such source any more");
  auto opened = co_await open_live(sources->file, index);
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

/// Whoever ordered gets an answer, also when the broadcast ends meanwhile.
struct answered {
  explicit answered(air& in, move_order taken) : on(in), order(std::move(taken)) {}
  ~answered() {
    order.reply(outcome);
    for (const auto& each : on.show.take_orders(order.source))
      each.reply(outcome);
  }
  answered(const answered&) = delete;
  answered& operator=(const answered&) = delete;

  air& on;
  move_order order;
  fetch_result<void> outcome = failed(errc::body_ended, "the broadcast has just ended");
};

async::awaitable<void> obey(air& on, move_order order) {
  answered reply(on, std::move(order));
  auto opened = co_await try_source(on, reply.order.source);
  if (!opened) {
    reply.outcome = opened.error();
    co_return;
  }
  on.moved.emplace(std::move(*opened));
  if (on.reading) on.reading->cancel();
  on.show.reader().notify();
  reply.outcome = fetch_result<void>();
}

}  // namespace

async::awaitable<void> run_orders(air& on) {
  for (;;) {
    auto order = on.show.take_order();
    if (order) {
      co_await obey(on, std::move(*order));
    } else {
      co_await on.show.ordered().wait();
    }
  }
}

}  // namespace millrace::live
