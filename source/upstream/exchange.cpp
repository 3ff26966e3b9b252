#include "upstream/exchange.hpp"

#include "http/message_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace millrace::upstream {

namespace asio = async::asio;

/// Owned by the exchange that is under way.
struct exchange::line {
  line(const services& used, async::executor where, connection taken)
      : with(used),
        on(std::move(where)),
        value(std::move(taken)),
        link(value.link.get()),
        meter(used.config.upstream.min_speed, used.config.upstream.min_speed_streak),
        guard(on, *link, meter, used.config.upstream.read_timeout) {}

  const services& with;
  async::executor on;
  connection value;
  async::transport* link;
  speed_meter meter;
  stall_guard guard;

  bool answered = false;  ///< a byte of the current response has arrived
};

namespace {

failure failed(error_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

/// Errors of the socket in terms of HTTP.
error_code lost(error_code ec) {
  if (!ec || ec == asio::error::operation_aborted || ec.category() == error_category()) return ec;
  return errc::connection_lost;
}

std::string describe(const error_code& code, const url& target) {
  const auto host = target.host_header();
  if (code == errc::read_timeout) return host + " sent nothing for too long";
  if (code == errc::connection_lost) return "the connection to " + host + " broke";
  return host + ": " + code.message();
}

async::awaitable<error_code> send(async::transport& link, stall_guard& guard, std::string_view text) {
  while (!text.empty()) {
    error_code ec;
    const asio::const_buffer rest(text.data(), text.size());
    const auto sent = link.write_now(std::span(&rest, 1), ec);
    text.remove_prefix(sent);
    if (ec == asio::error::would_block) ec = co_await guard.wait_writable();
    if (ec) co_return lost(ec);
  }
  co_return error_code();
}

}  // namespace

exchange::exchange(std::unique_ptr<line> on, http::response_head head)
    : line_(std::move(on)), head_(std::move(head)) {
  left_ = head_.content_length;
  if (head_.body == http::framing::none || (head_.body == http::framing::length && left_ == 0))
    complete_ = true;
}

exchange::exchange(exchange&& other) noexcept = default;

exchange& exchange::operator=(exchange&& other) noexcept {
  std::swap(line_, other.line_);
  std::swap(head_, other.head_);
  std::swap(decoder_, other.decoder_);
  std::swap(left_, other.left_);
  std::swap(ready_, other.ready_);
  std::swap(complete_, other.complete_);
  std::swap(ahead_, other.ahead_);
  return *this;
}

exchange::~exchange() {
  if (!line_ || !complete_ || ahead_ || !head_.keep_alive || !line_->value.input.empty()) return;
  ++line_->value.served;
  line_->with.pool.put(std::move(line_->value), line_->on);
}

async::awaitable<error_code> exchange::wait_body() {
  auto& guard = line_->guard;
  const auto ec = co_await guard.wait_readable();
  if (!ec) ready_ = true;
  co_return lost(ec);
}

std::size_t exchange::take_input(std::span<std::byte> into) noexcept {
  auto& input = line_->value.input;
  const auto count = std::min(into.size(), input.size());
  std::memcpy(into.data(), input.data(), count);
  input.erase(0, count);
  return count;
}

std::size_t exchange::read_raw(std::span<std::byte> into, error_code& ec) {
  if (!line_->value.input.empty()) return take_input(into);
  const auto count = line_->link->read_now(into, ec);
  // A short read has emptied the socket: wait before asking again.
  ready_ = !ec && count == into.size();
  return count;
}

std::size_t exchange::read_body(std::span<std::byte> into, error_code& ec) {
  ec = {};
  if (complete_) {
    ec = asio::error::eof;
    return 0;
  }
  if (into.empty()) return 0;
  const auto count = head_.body == http::framing::chunked ? read_chunked(into, ec) : read_sized(into, ec);
  line_->guard.received(count);
  line_->with.counters.bytes_fetched.fetch_add(count, std::memory_order_relaxed);
  // The end is known: asking again tells it, waiting would be for the next response.
  if (complete_) ready_ = true;
  return count;
}

std::size_t exchange::read_sized(std::span<std::byte> into, error_code& ec) {
  const bool sized = head_.body == http::framing::length;
  if (sized && left_ < into.size()) into = into.first(static_cast<std::size_t>(left_));
  const auto count = read_raw(into, ec);
  if (sized) {
    left_ -= count;
    complete_ = left_ == 0;
  } else if (ec == asio::error::eof) {
    complete_ = true;
    head_.keep_alive = false;
    return 0;
  }
  if (ec && ec != asio::error::would_block) ec = lost(ec);
  return count;
}

std::size_t exchange::read_chunked(std::span<std::byte> into, error_code& ec) {
  const auto raw = read_raw(into, ec);
  if (ec) {
    if (ec != asio::error::would_block) ec = lost(ec);
    return 0;
  }
  const auto step = decoder_.decode(into.first(raw));
  if (step.malformed) {
    ec = errc::malformed_response;
    return step.payload;
  }
  if (step.done) {
    complete_ = true;
    // Bytes behind an unpipelined response are not ours: the connection is not kept.
    if (step.consumed < raw || !line_->value.input.empty()) head_.keep_alive = false;
    if (step.payload == 0) ec = asio::error::eof;
    return step.payload;
  }
  if (step.payload == 0) ec = asio::error::would_block;
  if (!line_->value.input.empty()) ready_ = true;
  return step.payload;
}

const asio::ip::tcp::endpoint& exchange::remote() const noexcept {
  return line_->link->remote();
}

std::chrono::microseconds exchange::round_trip() const noexcept {
  return line_->value.round_trip;
}

async::awaitable<std::span<const std::byte>> exchange::peek(std::size_t count) {
  auto& input = line_->value.input;
  if (head_.body != http::framing::length) co_return std::span<const std::byte>();
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
  std::array<std::byte, 64> scratch;
  while (input.size() < count) {
    auto ec = co_await line_->guard.wait_readable();
    if (ec) break;
    const auto room = std::min(scratch.size(), count - input.size());
    const auto got = line_->link->read_now(std::span(scratch).first(room), ec);
    input.append(reinterpret_cast<const char*>(scratch.data()), got);
    if (ec && ec != asio::error::would_block) break;
  }
  co_return std::as_bytes(std::span(input).first(std::min(input.size(), count)));
}

void exchange::limit_waits(std::chrono::milliseconds limit) noexcept {
  line_->guard.limit_waits(limit);
}

void exchange::cancel() noexcept {
  if (line_) line_->link->cancel();
}

void exchange::discard() {
  constexpr std::size_t worth_reading = 64 * 1024;
  std::array<std::byte, 4096> scratch;
  std::size_t read = 0;
  while (!complete_ && read < worth_reading) {
    error_code ec;
    read += read_body(scratch, ec);
    // A piece of chunked framing alone brings no byte, and yet more may be there.
    const bool more_there = ec == asio::error::would_block && ready_;
    if (ec && !more_there) return;
  }
}

bool exchange::can_send_ahead() const noexcept {
  return line_ && !ahead_ && line_->value.proved && head_.keep_alive && head_.status == 206 &&
         head_.body == http::framing::length;
}

async::awaitable<error_code> exchange::send_ahead(const std::string& request) {
  ahead_ = true;
  co_return co_await send(*line_->link, line_->guard, request);
}

async::awaitable<fetch_result<exchange>> exchange::next() {
  auto on = std::exchange(line_, nullptr);
  ++on->value.served;
  on->answered = false;
  co_return co_await read_head(std::move(on), clock::time_point());
}

async::awaitable<fetch_result<exchange>> exchange::read_head(std::unique_ptr<line> on,
                                                             clock::time_point asked) {
  auto& input = on->value.input;
  const auto& config = on->with.config.upstream;
  const auto deadline = clock::now() + config.read_timeout;
  unsigned interims = 0;
  std::array<std::byte, 4 * 1024> scratch;
  for (;;) {
    auto parsed = http::parse_response_head(input, config.max_head, false);
    if (parsed.state == http::head_state::complete) {
      input.erase(0, parsed.consumed);
      // 101 is never asked for; other interim responses are skipped (RFC 9110 §15.2).
      const bool interim = parsed.head.status / 100 == 1 && parsed.head.status != 101;
      if (interim && ++interims <= config.max_interim) continue;
      if (interim)
        co_return failed(errc::malformed_response, "the upstream sends interim responses without end");
      const bool measured = asked != clock::time_point();
      if (measured) {
        const auto took = clock::now() - asked;
        on->value.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(took);
        on->with.counters.upstream_latency.observe(took);
      }
      if (parsed.head.status == 206 && parsed.head.keep_alive) on->value.proved = true;
      co_return exchange(std::move(on), std::move(parsed.head));
    }
    if (parsed.state != http::head_state::incomplete) {
      const auto why =
          parsed.state == http::head_state::too_large ? "its response head is too large" : parsed.reason;
      co_return failed(errc::malformed_response, "the upstream does not speak HTTP: " + why);
    }
    error_code ec;
    const auto count = on->link->read_now(scratch, ec);
    if (count > 0) {
      on->answered = true;
      input.append(reinterpret_cast<const char*>(scratch.data()), count);
      continue;
    }
    if (ec == asio::error::would_block) ec = co_await on->guard.wait_readable();
    // Byte by byte is no way around the time-out.
    if (!ec && clock::now() >= deadline) ec = errc::read_timeout;
    if (ec) co_return failed(lost(ec), on->answered ? "mid-head" : "");
  }
}

async::awaitable<fetch_result<exchange>> send_request(const services& with, const url& target,
                                                      const std::string& request,
                                                      std::optional<asio::ip::tcp::endpoint> pin,
                                                      bool fresh) {
  const async::executor here = co_await asio::this_coro::executor;
  std::optional<connection> idle;
  if (!fresh) idle = with.pool.take_idle(target, here, pin);
  for (;;) {
    const bool reused = idle.has_value();
    if (!idle) {
      auto opened = co_await with.pool.open(target, pin);
      if (!opened) {
        if (opened.error().code == errc::connection_refused) ++with.counters.upstream_refused;
        co_return opened.error();
      }
      idle = std::move(*opened);
      idle->open = registry::statistics::gauge_entry(with.counters.upstream_open);
      ++with.counters.upstream_opened;
    }
    auto on = std::make_unique<exchange::line>(with, here, std::move(*idle));
    idle.reset();
    const auto asked = exchange::clock::now();
    const auto ec = co_await send(*on->link, on->guard, request);
    fetch_result<exchange> answer = failed(ec, {});
    if (!ec) answer = co_await exchange::read_head(std::move(on), asked);
    if (answer) co_return answer;
    auto cause = answer.error();
    const bool before_any_byte = cause.code == errc::connection_lost && cause.detail.empty();
    if (reused && before_any_byte) continue;
    if (cause.code != errc::malformed_response) cause.detail = describe(cause.code, target);
    co_return cause;
  }
}

}  // namespace millrace::upstream
