#include "server/request_reader.hpp"

#include "http/chunked_decoder.hpp"
#include "server/shared_state.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace millrace::server {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_bytes = 1024 * 1024;
constexpr std::size_t anything = static_cast<std::size_t>(-1);

const listen_settings& limits_of(const client_link& link) {
  return link.home.shared.config.listen;
}

/// Spares the parser: it sees a head when its first line has come (garbage is refused early) and when it has
/// ended.
class head_scanner {
 public:
  bool is_worth_parsing(std::string_view input, std::size_t limit) {
    const auto from = std::exchange(seen_, input.size());
    if (input.size() > limit) return true;
    const auto fresh = input.substr(from);
    if (!has_line_ && fresh.find('\n') != std::string_view::npos) return has_line_ = true;
    if (from == 0 && !input.empty() && static_cast<unsigned char>(input.front()) < ' ') return true;
    // The empty line may have begun in what came before.
    const auto around = input.substr(from - std::min<std::size_t>(from, 3));
    return around.find("\n\r\n") != std::string_view::npos || around.find("\n\n") != std::string_view::npos;
  }

 private:
  std::size_t seen_ = 0;
  bool has_line_ = false;
};

std::optional<incoming_head> parse(client_link& link) {
  auto parsed = http::parse_request_head(link.input, limits_of(link).max_head);
  switch (parsed.state) {
    case http::head_state::incomplete:
      return std::nullopt;
    case http::head_state::malformed:
      return incoming_head{.outcome = read_outcome::malformed, .reason = std::move(parsed.reason)};
    case http::head_state::too_large:
      return incoming_head{.outcome = read_outcome::too_large};
    case http::head_state::complete:
      break;
  }
  link.input.erase(0, parsed.consumed);
  return incoming_head{.outcome = read_outcome::complete, .head = std::move(parsed.head)};
}

/// Takes the body's bytes out of what has arrived. `done` is reached at the body's last byte.
class body_taker {
 public:
  body_taker(const http::request_head& head, std::size_t limit, std::string* into)
      : chunked_(head.body == http::framing::chunked),
        left_(head.content_length),
        limit_(limit),
        into_(into) {}

  read_outcome take(std::string& input, bool& done) {
    if (!chunked_) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      keep(std::string_view(input).substr(0, size));
      input.erase(0, size);
      left_ -= size;
      done = left_ == 0;
      return read_outcome::complete;
    }
    const auto step = decoder_.decode(std::as_writable_bytes(std::span(input)));
    if (step.malformed) return read_outcome::malformed;
    taken_ += step.payload;
    if (taken_ > limit_) return read_outcome::too_large;
    keep(std::string_view(input).substr(0, step.payload));
    input.erase(0, step.consumed);
    done = step.done;
    return read_outcome::complete;
  }

 private:
  void keep(std::string_view bytes) {
    if (into_) into_->append(bytes);
  }

  bool chunked_;
  std::uint64_t left_;
  std::size_t limit_;
  std::string* into_;
  std::size_t taken_ = 0;
  http::chunked_decoder decoder_;
};

void count(const client_link& link, registry::limit which) {
  link.home.shared.statistics.count_limit(which);
}

read_outcome count_failed_body(const client_link& link, read_outcome outcome) {
  if (outcome == read_outcome::timeout) count(link, registry::limit::body_time);
  if (outcome == read_outcome::too_large) count(link, registry::limit::body_size);
  return outcome;
}

async::awaitable<bool> invite_body(client_link& link) {
  constexpr std::string_view invitation = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::array buffers{asio::const_buffer(invitation.data(), invitation.size())};
  const auto failure = co_await async::write_all(link.socket, buffers);
  co_return !failure;
}

}  // namespace

async::awaitable<incoming_head> read_head(client_link& link) {
  const auto& limits = limits_of(link);
  const bool may_be_idle = link.requests > 0;
  const auto is_idle = [&] { return may_be_idle && link.input.empty(); };
  link.deadline.set(is_idle() ? limits.keep_alive_timeout : limits.head_timeout);
  head_scanner scanner;
  for (;;) {
    if (scanner.is_worth_parsing(link.input, limits.max_head)) {
      auto parsed = parse(link);
      if (parsed && parsed->outcome == read_outcome::too_large) count(link, registry::limit::head_size);
      if (parsed) co_return std::move(*parsed);
    }
    const bool was_idle = is_idle();
    error_code ec;
    read_arrived(link, anything, ec);
    if (ec == asio::error::would_block) {
      const bool more = co_await wait_for_input(link);
      if (more) continue;
      if (!link.deadline.expired()) co_return incoming_head{};
      count(link, was_idle ? registry::limit::keep_alive : registry::limit::head_time);
      co_return incoming_head{.outcome = was_idle ? read_outcome::closed : read_outcome::timeout};
    }
    if (ec) co_return incoming_head{};
    if (was_idle) link.deadline.set(limits.head_timeout);
  }
}

namespace {

async::awaitable<read_outcome> read_whole_body(client_link& link, const http::request_head& head,
                                               std::string* into) {
  const auto& limits = limits_of(link);
  if (head.body == http::framing::none) co_return read_outcome::complete;
  if (head.body == http::framing::length && head.content_length > limits.max_body)
    co_return read_outcome::too_large;
  link.deadline.set(limits.body_timeout);
  if (head.expects_continue && head.version >= 11 && link.input.empty()) {
    const bool invited = co_await invite_body(link);
    if (!invited) co_return link.deadline.expired() ? read_outcome::timeout : read_outcome::closed;
  }
  body_taker taker(head, limits.max_body, into);
  for (bool done = false; !done;) {
    const auto taken = taker.take(link.input, done);
    if (taken != read_outcome::complete) co_return taken;
    if (done) break;
    error_code ec;
    read_arrived(link, anything, ec);
    if (ec == asio::error::would_block) {
      const bool more = co_await wait_for_input(link);
      if (!more) co_return link.deadline.expired() ? read_outcome::timeout : read_outcome::closed;
      continue;
    }
    if (ec) co_return read_outcome::closed;
  }
  co_return read_outcome::complete;
}

}  // namespace

async::awaitable<read_outcome> read_body(client_link& link, const http::request_head& head,
                                         std::string* into) {
  const auto outcome = co_await read_whole_body(link, head, into);
  co_return count_failed_body(link, outcome);
}

async::awaitable<void> linger(client_link& link) {
  link.socket.shutdown_send();
  link.deadline.set(linger_time);
  for (std::size_t dropped = 0; dropped < linger_bytes;) {
    link.input.clear();
    error_code ec;
    dropped += read_arrived(link, anything, ec);
    if (!ec) continue;
    if (ec != asio::error::would_block) break;
    const bool more = co_await wait_for_input(link);
    if (!more) break;
  }
}

}  // namespace millrace::server
