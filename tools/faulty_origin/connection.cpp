#include "connection.hpp"

#include "query.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>

#include <fmt/format.h>

namespace millrace::origin {
namespace {

using namespace std::chrono_literals;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_head = 64UL * 1024;
constexpr auto closing_limit = 2s;

/// Leaves the counters of active requests with the scope.
class active_request {
 public:
  active_request(journal& seen, const request_record& asked, const std::optional<connection_limit>& limit)
      : seen_(seen), asked_(asked), admitted_(seen.begin(asked, limit)) {}
  active_request(const active_request&) = delete;
  active_request& operator=(const active_request&) = delete;
  ~active_request() {
    if (admitted_) seen_.end(asked_);
  }
  bool admitted() const { return admitted_; }

 private:
  journal& seen_;
  const request_record& asked_;
  bool admitted_;
};

}  // namespace

connection::connection(asio::ip::tcp::socket socket, const connection_context& context)
    : context_(context),
      wire_(std::move(socket)),
      timer_(wire_.socket().get_executor()),
      closing_(wire_.socket().get_executor()),
      id_(context.with.seen.connection_opened()) {
  error_code error;
  if (const auto remote = wire_.socket().remote_endpoint(error); !error) {
    client_ = remote.address().to_string();
    client_port_ = remote.port();
  }
  if (const auto local = wire_.socket().local_endpoint(error); !error) server_ = local.address().to_string();
}

connection::~connection() {
  context_.with.seen.connection_closed();
}

void connection::abort(bool reset) {
  gone_ = true;
  if (reset) {
    wire_.reset();
  } else {
    wire_.close();
  }
  timer_.cancel();
  closing_.cancel();
}

awaitable<> connection::run() {
  using namespace asio::experimental::awaitable_operators;
  bool ready = !gone_;
  if (ready && context_.connect_delay > 0ms)
    ready = co_await sleep_until(opened_ + context_.connect_delay, false);
  if (ready && context_.tls != nullptr) {
    const error_code error = co_await wire_.handshake(context_.tls);
    context_.with.seen.handshake_done(!error, wire_.resumed());
    ready = !error;
  }
  if (ready) co_await (read_requests() && write_replies());
  wire_.close();
}

awaitable<> connection::read_requests() {
  std::string buffer;
  std::array<char, 16UL * 1024> block{};
  while (!gone_) {
    const auto end = buffer.find("\r\n\r\n");
    if (end == buffer.npos) {
      const transferred part = co_await wire_.receive(block);
      if (part.error) {
        if (part.error != asio::error::eof) gone_ = true;
        break;
      }
      if (!shut_) buffer.append(block.data(), part.count);
      if (buffer.size() > most_head) break;
      continue;
    }
    const auto seen = parse_request(std::string_view(buffer).substr(0, end + 4));
    buffer.erase(0, end + 4);
    if (!seen) break;
    const bool whole = co_await skip_body(buffer, seen->content_length());
    if (!whole) break;
    note(*seen);
  }
  peer_ended();
}

awaitable<bool> connection::skip_body(std::string& buffer, std::uint64_t length) {
  std::array<char, 16UL * 1024> block{};
  while (length > buffer.size()) {
    length -= buffer.size();
    buffer.clear();
    const transferred part = co_await wire_.receive(block);
    if (part.error) co_return false;
    buffer.append(block.data(), part.count);
  }
  buffer.erase(0, static_cast<std::size_t>(length));
  co_return true;
}

void connection::note(const request& seen) {
  request_record record;
  static_cast<request&>(record) = seen;
  record.path = path_of(seen.target);
  record.key = without_own_parameters(seen.target);
  if (!context_.with.seen.known(record.key) && context_.with.seen.known(record.path))
    record.key = record.path;
  record.client = client_;
  record.client_port = client_port_;
  record.server = server_;
  record.connection = id_;
  record.index = ++asked_;
  record.arrived = clock::now();
  waiting_.push_back(context_.with.seen.arrived(std::move(record)));
  if (heed_peer_ && waiting_.size() == 1) timer_.cancel();
}

void connection::peer_ended() {
  peer_done_ = true;
  if (heed_peer_ || gone_) timer_.cancel();
  closing_.cancel();
}

awaitable<bool> connection::sleep_until(clock::time_point due, bool heed_peer) {
  heed_peer_ = heed_peer;
  while (!gone_ && !(heed_peer && peer_done_) && clock::now() < due) {
    timer_.expires_at(due);
    co_await timer_.async_wait(as_result);
  }
  heed_peer_ = false;
  co_return !gone_ && !(heed_peer && peer_done_);
}

awaitable<connection::after_reply> connection::wait_for_peer() {
  co_await sleep_until(clock::time_point::max(), true);
  co_return after_reply::gone;
}

awaitable<> connection::write_replies() {
  auto next = after_reply::next;
  while (next == after_reply::next && !gone_) {
    if (waiting_.empty()) {
      if (peer_done_) break;
      heed_peer_ = true;
      timer_.expires_at(clock::time_point::max());
      co_await timer_.async_wait(as_result);
      heed_peer_ = false;
      continue;
    }
    const auto asked = waiting_.front();
    next = co_await answer(*asked);
    context_.with.seen.finished(*asked);
    waiting_.pop_front();
  }
  if (next == after_reply::shut && !peer_done_ && !gone_) {
    // Closing at once would reset the connection when the client has sent more, and it would lose our last
    // bytes.
    shut_ = true;
    closing_.expires_after(closing_limit);
    co_await closing_.async_wait(as_result);
  }
  gone_ = true;
  wire_.close();
}

reply connection::own_reply(const request_record& asked) const {
  std::string type = "text/plain";
  std::string page = context_.own_page(asked.path, type);
  if (page.empty()) return compose_text(asked, 404, "nothing here; try /a.bin?size=1M, or / for help\n");
  return compose_text(asked, 200, std::move(page), {}, type);
}

awaitable<connection::after_reply> connection::answer(request_record& asked) {
  journal& seen = context_.with.seen;
  auto rules = seen.rules_of(asked.key);
  const auto query = query_of(asked.key);
  if (!rules && (query.empty() || !context_.query_behaviour))
    co_return co_await send_reply(asked, own_reply(asked));
  if (!rules) {
    auto parsed = behaviour_from_query(query, context_.file_root);
    if (const auto* wrong = std::get_if<query_error>(&parsed)) {
      co_return co_await send_reply(asked, compose_text(asked, 400, wrong->message + "\n"));
    }
    rules = std::make_shared<const behaviour>(std::get<behaviour>(std::move(parsed)));
  }
  const active_request active(seen, asked, rules->max_connections);
  const auto delay = rules->delay + (asked.index == 1 ? rules->connect_delay : 0ms);
  const bool here = co_await sleep_until(asked.arrived + delay, delay > 0ms);
  if (!here) co_return after_reply::gone;
  const reply made = active.admitted() ? compose_reply(context_.with, asked, *rules)
                                       : compose_refusal(asked, *rules->max_connections);
  pacer_.begin(clock::now());
  co_return co_await send_reply(asked, made);
}

awaitable<connection::after_reply> connection::send_reply(request_record& asked, const reply& made) {
  const after_reply head = co_await send_head(asked, made);
  if (head != after_reply::next) co_return head;
  if (made.content) {
    const after_reply body = co_await send_body(asked, made);
    if (body != after_reply::next) co_return body;
  }
  if (made.keep_alive) co_return after_reply::next;
  wire_.shutdown(true);
  co_return after_reply::shut;
}

awaitable<connection::after_reply> connection::send_head(request_record& asked, const reply& made) {
  using kind = head_fault::kind;
  const auto what = made.fault ? made.fault->what : kind::huge_header;
  error_code error;
  switch (what) {
    case kind::never:
      co_return co_await wait_for_peer();
    case kind::close:
      wire_.shutdown(true);
      co_return after_reply::shut;
    case kind::reset:
      wire_.reset();
      co_return after_reply::gone;
    case kind::garbage:
      error = co_await wire_.send("\x01\x02 this is no HTTP \xff\xfe\r\n\r\n\r\n");
      wire_.shutdown(true);
      co_return after_reply::shut;
    case kind::endless:
      error = co_await send_endless_head();
      co_return after_reply::gone;
    case kind::byte_by_byte:
      context_.with.seen.answered(asked, made.status);
      for (const char& byte : made.head) {
        error = co_await wire_.send({&byte, 1});
        if (error) co_return after_reply::gone;
        co_await sleep_until(clock::now() + made.fault->pause, true);
      }
      co_return gone_ ? after_reply::gone : after_reply::next;
    case kind::huge_header:
      break;
  }
  context_.with.seen.answered(asked, made.status);
  error = co_await wire_.send(made.head);
  co_return error ? after_reply::gone : after_reply::next;
}

awaitable<error_code> connection::send_endless_head() {
  error_code error = co_await wire_.send("HTTP/1.1 200 OK\r\n");
  for (std::uint64_t i = 0; !error && !gone_; ++i) {
    const std::string field = fmt::format("X-Endless-{}: {:x>200}\r\n", i, "");
    error = co_await wire_.send(field);
  }
  co_return error;
}

awaitable<connection::after_reply> connection::send_body(request_record& asked, const reply& made) {
  std::uint64_t sent = 0;
  std::uint64_t rate = made.rate;
  if (made.live) context_.with.seen.packets_sent(asked, made.live->first_packet(), made.live->first_packet());
  auto event = made.events.begin();
  while (sent < made.length) {
    while (event != made.events.end() && event->after == sent) {
      if (event->what != body_event::kind::slow) co_return co_await happen(*event);
      rate = event->rate;
      ++event;
    }
    std::uint64_t most = (event != made.events.end() ? event->after : made.length) - sent;
    if (made.live) {
      const std::uint64_t ready = made.live->released(clock::now());
      if (ready <= sent) {
        const bool here = co_await sleep_until(made.live->due(sent), true);
        if (!here) co_return after_reply::gone;
        continue;
      }
      most = std::min(most, ready - sent);
    }
    if (rate > 0) {
      const bool here = co_await sleep_until(pacer_.due(), false);
      if (!here) co_return after_reply::gone;
      most = std::min<std::uint64_t>(most, pacer::quantum(rate));
    }
    const std::string_view piece = made.content->at(made.offset + sent).substr(0, most);
    const error_code error = co_await send_piece(asked, made, piece);
    if (error) co_return after_reply::gone;
    sent += piece.size();
    if (rate > 0) pacer_.sent(piece.size(), rate, clock::now());
  }
  if (made.body_framing == framing::chunked) {
    const error_code error = co_await wire_.send("0\r\n\r\n");
    if (error) co_return after_reply::gone;
  }
  co_return after_reply::next;
}

awaitable<error_code> connection::send_piece(request_record& asked, const reply& made,
                                             std::string_view piece) {
  error_code error;
  const bool chunked = made.body_framing == framing::chunked;
  if (chunked) error = co_await wire_.send(fmt::format("{:x}\r\n", piece.size()));
  while (!error && !piece.empty()) {
    const transferred part = co_await wire_.send_some(piece);
    if (part.count > 0) context_.with.seen.body_bytes(asked, part.count);
    if (made.live) {
      const live_body& live = *made.live;
      context_.with.seen.packets_sent(asked, live.first_packet(), live.packets_end(asked.body_sent));
    }
    piece.remove_prefix(part.count);
    error = part.error;
  }
  if (chunked && !error) error = co_await wire_.send("\r\n");
  co_return error;
}

awaitable<connection::after_reply> connection::happen(const body_event& event) {
  switch (event.what) {
    case body_event::kind::stall:
      co_return co_await wait_for_peer();
    case body_event::kind::reset:
      wire_.reset();
      co_return after_reply::gone;
    case body_event::kind::truncate:
      wire_.shutdown(false);
      co_return after_reply::shut;
    case body_event::kind::slow:
      break;
  }
  co_return after_reply::next;
}

}  // namespace millrace::origin
