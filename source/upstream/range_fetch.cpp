#include "upstream/range_fetch.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "upstream/answer_judgement.hpp"

#include <algorithm>
#include <utility>

namespace millrace::upstream {

namespace asio = async::asio;

namespace {

failure failed(error_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

http::validator validator_of(const http::response_head& head) {
  return {std::string(head.fields.get("ETag")), std::string(head.fields.get("Last-Modified"))};
}

bool refuses(const fetch_result<located_exchange>& found) {
  return found && is_refusing_status(static_cast<int>(found->answer.head().status));
}

/// At the remembered location; when that has expired, at the original URL once more.
async::awaitable<fetch_result<located_exchange>> locate(remote_file& file, std::size_t index, wanted bytes) {
  const url original = file.sources[index].original;
  const url location = file.sources[index].location;
  const bool fresh = std::exchange(file.wary, false);
  auto found = co_await follow_redirects(file.with, file.profile, location, bytes, std::nullopt, fresh);
  if (refuses(found) && !(location == original)) {
    found->answer.discard();
    found = co_await follow_redirects(file.with, file.profile, original, bytes);
  }
  co_return found;
}

void remember(remote_file& file, std::size_t index) {
  auto& source = file.sources[index];
  const bool moved = !(source.location == source.original);
  file.remembered = index;
  file.with.memory.keep(file.key, {moved ? source.location.text() : std::string(), index, file.total});
  if (file.stream) file.stream->source_answered(source.original);
}

/// Fixes version and total with the first answer and compares every later one.
error_code check_version(remote_file& file, file_source& source, const range_answer& answer) {
  if (file.total && answer.total != file.total) {
    return source.version ? errc::resource_changed : errc::source_differs;
  }
  const auto version = validator_of(answer.body.head());
  if (source.version && !http::same_version(*source.version, version)) return errc::resource_changed;
  if (!source.version) {
    source.version = version;
    source.peer = answer.body.remote();
    source.peer_location = source.location;
  }
  file.total = answer.total;
  return {};
}

/// Content delivery networks may hold different versions at different addresses: asks the one that answered
/// first.
async::awaitable<fetch_result<range_answer>> ask_first_peer(remote_file& file, std::size_t index,
                                                            wanted bytes) {
  auto& source = file.sources[index];
  const url location = source.peer_location.value_or(source.location);
  auto found = co_await follow_redirects(file.with, file.profile, location, bytes, source.peer);
  if (!found) co_return found.error();
  auto answer = judge(std::move(*found), bytes, index, file.total.has_value());
  if (!answer) co_return answer.error();
  if (check_version(file, source, *answer)) {
    file.with.memory.forget(file.key);
    co_return failed(errc::resource_changed,
                     location.host_header() + " holds another version of the resource now");
  }
  co_return answer;
}

/// Holds an answer against what is known of the file.
async::awaitable<fetch_result<range_answer>> accept(remote_file& file, std::size_t index,
                                                    located_exchange found, wanted bytes) {
  auto answer = judge(std::move(found), bytes, index, file.total.has_value());
  if (answer) answer->works = registry::working_connection(file.stream);
  if (!answer || !answer->partial) co_return answer;
  auto& source = file.sources[index];
  const bool first = !source.version;
  const auto changed = check_version(file, source, *answer);
  if (changed == errc::resource_changed && answer->total == file.total) {
    co_return co_await ask_first_peer(file, index, bytes);
  }
  if (changed) {
    file.with.memory.forget(file.key);
    co_return failed(changed, answer->location.host_header() + " holds a resource of another size");
  }
  const bool news = first || file.remembered != index;
  if (news && source.joined) remember(file, index);
  co_return answer;
}

async::awaitable<fetch_result<range_answer>> ask_once(remote_file& file, std::size_t index, wanted bytes) {
  auto found = co_await locate(file, index, bytes);
  auto& source = file.sources[index];
  if (!found) {
    source.location = source.original;
    co_return found.error();
  }
  source.location = found->location;
  co_return co_await accept(file, index, std::move(*found), bytes);
}

/// One try with a certain source, whether it has been joined or not.
async::awaitable<fetch_result<range_answer>> ask(remote_file& file, std::size_t index, wanted bytes) {
  auto answer = co_await ask_once(file, index, bytes);
  const bool ranged = !std::holds_alternative<wanted_all>(bytes);
  if (answer || !ranged || !file.whole_will_do || file.total || !refuses_ranges(answer.error()))
    co_return answer;
  auto whole = co_await ask_once(file, index, wanted_all{});
  if (!whole) co_return answer;
  co_return whole;
}

/// Reads as many bytes as `into` holds.
async::awaitable<error_code> read_exactly(exchange& from, std::span<std::byte> into) {
  while (!into.empty()) {
    error_code ec;
    if (!from.ready()) ec = co_await from.wait_body();
    if (ec) co_return ec;
    const auto count = from.read_body(into, ec);
    into = into.subspan(count);
    if (ec == asio::error::eof) co_return into.empty() ? error_code() : error_code(errc::connection_lost);
    if (ec && ec != asio::error::would_block) co_return ec;
  }
  co_return error_code();
}

/// Fetches bytes that were had before from a new source and compares.
async::awaitable<fetch_result<void>> compare(remote_file& file, std::size_t index) {
  const auto sample = file.had ? file.had() : byte_sample();
  if (sample.bytes.empty()) co_return fetch_result<void>();
  const byte_range range{sample.begin, sample.begin + sample.bytes.size()};
  auto answer = co_await ask(file, index, range);
  if (!answer) co_return answer.error();
  const auto host = file.sources[index].location.host_header();
  if (!answer->partial) co_return failed(errc::source_differs, host + " does not support Range requests");
  std::vector<std::byte> theirs(sample.bytes.size());
  const auto ec = co_await read_exactly(answer->body, theirs);
  if (ec) co_return failed(ec, host + " broke off while its bytes were compared");
  if (theirs != sample.bytes) co_return failed(errc::source_differs, host + " holds other bytes");
  co_return fetch_result<void>();
}

/// While one does it, the others wait; it ends whatever happens.
struct settling_scope {
  settling_scope(remote_file& settled, bool& flag) : file(settled), busy(flag) { busy = true; }
  ~settling_scope() {
    busy = false;
    file.settled.notify_all();
  }
  settling_scope(const settling_scope&) = delete;
  settling_scope& operator=(const settling_scope&) = delete;

  remote_file& file;
  bool& busy;
};

async::awaitable<fetch_result<void>> join_source(remote_file& file, std::size_t index) {
  const settling_scope scope(file, file.joining);
  auto outcome = co_await compare(file, index);
  if (!outcome) co_return outcome;
  file.sources[index].joined = true;
  if (file.sources[index].version) remember(file, index);
  co_return outcome;
}

/// Some sources are looked for only when they are needed.
async::awaitable<void> add_source(remote_file& file) {
  while (file.finding)
    co_await file.settled.wait();
  if (!file.find_another || file.order.another_left()) co_return;
  const settling_scope scope(file, file.finding);
  const auto found = co_await file.find_another();
  if (!found) co_return;
  file.sources.emplace_back(*found);
  file.order.add();
}

}  // namespace

remote_file::remote_file(const services& used, const async::executor& on, request_profile headers,
                         std::vector<url> urls, std::shared_ptr<registry::stream> played)
    : with(used),
      profile(std::move(headers)),
      stream(std::move(played)),
      order(stream ? source_list(stream->source_order(urls)) : source_list(urls.size(), 0)),
      settled(on) {
  key = profile.key();
  for (auto& each : urls) {
    key += '\n' + each.text();
    sources.emplace_back(std::move(each));
  }
  const auto known = with.memory.find(key);
  if (!known || known->source >= sources.size()) return;
  if (!stream) order = source_list(sources.size(), known->source);
  known_total = known->total;
  const auto location = url::parse(known->location);
  if (location) sources[known->source].location = *location;
}

void remote_file::move_to(const url& wanted) {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const file_source& each) { return each.original == wanted; });
  if (found == sources.end() || found == sources.begin() + static_cast<std::ptrdiff_t>(order.current()))
    return;
  order.take(static_cast<std::size_t>(found - sources.begin()));
  gap_since = last_byte_at;
  if (on_moved) on_moved();
}

bool remote_file::received(std::size_t source, std::size_t bytes) {
  const auto now = source_list::clock::now();
  if (stream) stream->arriving.add(bytes, now);
  if (source != order.current()) return false;
  last_byte_at = now;
  if (gap_since) with.counters.failover_gap.observe(last_byte_at - *gap_since);
  gap_since.reset();
  const bool enough = order.received(bytes, last_byte_at, with.config.upstream);
  if (enough && stream) stream->source_worked(sources[source].original);
  return enough;
}

async::awaitable<fetch_result<range_answer>> open_range(remote_file& file, wanted bytes) {
  while (file.joining)
    co_await file.settled.wait();
  const auto index = file.order.current();
  if (!file.sources[index].joined) {
    auto joined = co_await join_source(file, index);
    if (!joined) co_return joined.error();
  }
  co_return co_await ask(file, index, bytes);
}

async::awaitable<fetch_result<range_answer>> open_source(remote_file& file, std::size_t source,
                                                         wanted bytes) {
  return ask(file, source, bytes);
}

async::awaitable<bool> request_ahead(const remote_file& file, range_answer& behind, byte_range bytes) {
  const bool in_use =
      behind.source == file.order.current() && file.sources[behind.source].location == behind.location;
  if (!in_use || !file.ahead_works || !behind.body.can_send_ahead()) co_return false;
  const auto request = file.profile.compose(behind.location, bytes);
  const auto ec = co_await behind.body.send_ahead(request);
  co_return !ec;
}

async::awaitable<fetch_result<range_answer>> next_answer(remote_file& file, range_answer behind,
                                                         byte_range bytes) {
  const auto source = behind.source;
  url location = behind.location;
  auto answer = co_await behind.body.next();
  if (!answer) {
    file.ahead_works = false;
    co_return answer.error();
  }
  co_return co_await accept(file, source, located_exchange{std::move(*answer), std::move(location)}, bytes);
}

async::awaitable<fetch_result<void>> recover(remote_file& file, attempts& tried, failure cause,
                                             std::size_t source, std::uint64_t gained) {
  const auto& config = file.with.config.upstream;
  // An answer, not a fault: the range lies outside of the file, whichever source is asked.
  const bool out_of_range = cause.code == errc::range_unsatisfiable && cause.total && !file.total;
  if (out_of_range) co_return cause;
  // Whoever cancels an answer (a move to another source) wants another one, and nobody is to blame.
  const bool cancelled = cause.code == asio::error::operation_aborted;
  if (!cancelled) co_await add_source(file);
  if (cancelled || source != file.order.current()) co_return fetch_result<void>();
  const auto decision = tried.decide(cause, source, gained, file.order.another_left(), random_unit(), config);
  const auto where = file.sources[source].original.redacted();
  const auto why = registry::cause_of(cause);
  switch (decision.what) {
    case retry_decision::action::give_up:
      if (file.stream) file.stream->source_failed(file.sources[source].original, cause);
      break;
    case retry_decision::action::next_source:
      file.order.leave(source);
      file.with.counters.count_failover(why);
      if (file.stream) {
        file.stream->source_failed(file.sources[source].original, cause);
        file.stream->failovers.fetch_add(1, std::memory_order_relaxed);
      }
      if (file.last_byte_at != source_list::clock::time_point()) file.gap_since = file.last_byte_at;
      log::info("{}: {}; going on with {}", where, to_string(cause), file.current().original.redacted());
      co_return fetch_result<void>();
    case retry_decision::action::retry:
      file.wary = cause.code != errc::unexpected_status;
      file.with.counters.count_retry(why);
      log::info("{}: {}; trying again in {} ms", where, to_string(cause), decision.wait.count());
      co_await async::sleep_for(decision.wait);
      co_return fetch_result<void>();
  }
  co_return cause;
}

async::awaitable<fetch_result<range_answer>> open_range_persistently(remote_file& file, wanted bytes,
                                                                     attempts& tried) {
  for (;;) {
    const auto source = file.order.current();
    auto answer = co_await open_range(file, bytes);
    if (answer) co_return answer;
    auto recovered = co_await recover(file, tried, answer.error(), source, 0);
    if (!recovered) co_return recovered.error();
  }
}

}  // namespace millrace::upstream
