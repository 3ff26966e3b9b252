#include "live/viewer.hpp"

#include "core/log.hpp"
#include "live/discontinuity.hpp"
#include "upstream/stall_guard.hpp"

#include <boost/container/small_vector.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace millrace::live {

namespace asio = async::asio;

namespace {

using clock = std::chrono::steady_clock;

/// What is being sent: framing and payload, with what keeps the payload alive.
struct batch {
  std::string before, after;
  std::vector<std::byte> prologue;
  boost::container::small_vector<piece_ptr, 8> held;
  boost::container::small_vector<asio::const_buffer, 12> left;
  std::size_t framing_before = 0;  ///< bytes in front of the payload that are not sent yet
  std::size_t payload = 0;         ///< likewise of the payload
};

/// One client response; in the frame of view().
struct viewer {
  viewer(async::transport& to, seat& at, viewing& how, const async::executor& on)
      : client(to), place(at), job(how), guard(on, to, unmeasured, how.send_timeout) {}

  async::transport& client;
  seat& place;
  viewing& job;
  upstream::speed_meter unmeasured;
  upstream::stall_guard guard;
  position next = 0;
  batch sending;
};

void seal(viewer& of, std::size_t payload) {
  auto& to = of.sending;
  to.payload = payload;
  if (of.job.chunked) {
    to.before += fmt::format("{:x}\r\n", payload);
    to.after = "\r\n";
  }
  to.framing_before = to.before.size();
  if (!to.before.empty()) to.left.insert(to.left.begin(), asio::buffer(to.before));
  if (!to.after.empty()) to.left.push_back(asio::buffer(to.after));
}

/// The next packets from `of.next` on, up to a piece's worth; the prologue first.
void fill(viewer& of) {
  auto& to = of.sending;
  const auto& from = of.place.from();
  const auto most = of.place.in().config().piece;
  std::size_t payload = to.prologue.size();
  if (payload > 0) to.left.push_back(asio::buffer(to.prologue));
  while (of.next < from.end() && payload < most && to.held.size() < 8) {
    const auto& found = from.at(of.next);
    const auto rest = std::span(found->packets).subspan(static_cast<std::size_t>(of.next - found->begin.at));
    to.left.push_back(asio::buffer(rest.data(), rest.size()));
    payload += rest.size();
    of.next = found->end();
    to.held.push_back(found);
  }
  if (payload > 0) seal(of, payload);
}

bool fell_behind(const viewer& of) {
  const auto& from = of.place.from();
  return of.next < from.begin() || from.end() - of.next > of.place.in().config().buffer;
}

void skip_ahead(viewer& of) {
  const auto& from = of.place.from();
  const auto entry = from.join_point(of.place.in().config().burst);
  log::debug("a client skips {} bytes ahead", entry.at - of.next);
  of.next = entry.at;
  if (entry.counters) of.sending.prologue = resync_prologue(*entry.counters);
  ++of.job.counters.clients_skipped;
}

/// What the socket took, from the front of the batch.
void advance(viewer& of, std::size_t bytes) {
  auto& to = of.sending;
  const auto framing = std::min(bytes, to.framing_before);
  const auto payload = std::min(bytes - framing, to.payload);
  to.framing_before -= framing;
  to.payload -= payload;
  if (payload > 0) of.job.on_sent(payload);
  std::size_t whole = 0;
  while (whole < to.left.size() && bytes >= to.left[whole].size())
    bytes -= to.left[whole++].size();
  to.left.erase(to.left.begin(), to.left.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!to.left.empty()) to.left.front() += bytes;
}

/// All of the batch: chunks are never left unfinished, so that skipping happens between packets.
async::awaitable<error_code> send_batch(viewer& of) {
  auto& to = of.sending;
  while (!to.left.empty()) {
    error_code ec;
    const auto sent = of.client.write_now(std::span(to.left.data(), to.left.size()), ec);
    advance(of, sent);
    if (ec == asio::error::would_block) ec = co_await of.guard.wait_writable();
    if (ec) co_return ec;
  }
  to = {};
  co_return error_code();
}

async::awaitable<void> wait_news(viewer& of) {
  const auto began = clock::now();
  co_await of.place.from().wait();
  const auto waited = clock::now() - began;
  if (waited >= registry::noticeable_stall) of.job.counters.count_stall(waited);
}

/// The last chunk, or what a cut looks like in this framing.
async::awaitable<viewing_result> conclude(viewer& of, const ending& how) {
  viewing_result result{.complete = how.complete};
  if (!how.complete) {
    result.cause = how.cause;
    if (!of.job.chunked) async::reset_on_close(of.client);
    co_return result;
  }
  if (of.job.chunked) {
    of.sending.before = "0\r\n\r\n";
    of.sending.framing_before = of.sending.before.size();
    of.sending.left.push_back(asio::buffer(of.sending.before));
    result.client_error = co_await send_batch(of);
  }
  co_return result;
}

}  // namespace

async::awaitable<std::optional<failure>> wait_first_piece(seat& at) {
  while (at.from().empty()) {
    if (at.from().ended()) co_return at.from().ended()->cause;
    co_await at.from().wait();
  }
  co_return std::nullopt;
}

async::awaitable<viewing_result> view(async::transport& client, seat& at, viewing how) {
  const async::executor on = co_await asio::this_coro::executor;
  viewer of(client, at, how, on);
  const auto entry = at.from().join_point(at.in().config().burst);
  of.next = entry.at;
  at.advance(entry.at);
  of.sending.before = std::move(how.head);
  if (entry.tables) of.sending.prologue = *entry.tables;
  for (;;) {
    if (fell_behind(of)) skip_ahead(of);
    fill(of);
    if (of.sending.left.empty()) {
      const auto& ended = at.from().ended();
      if (ended) co_return co_await conclude(of, *ended);
      co_await wait_news(of);
      continue;
    }
    const auto ec = co_await send_batch(of);
    if (ec) co_return viewing_result{.client_error = ec};
    at.advance(of.next);
  }
}

}  // namespace millrace::live
