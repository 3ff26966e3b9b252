#include "hls/playlist_fetch.hpp"

#include "async/block_pool.hpp"
#include "http/content_coding.hpp"

#include <utility>

namespace millrace::hls {

namespace asio = async::asio;

namespace {

/// A byte order mark and #EXTM3U.
constexpr std::size_t enough_to_recognise = 10;

failure failed(error_code code, const url& location, std::string detail) {
  return {.code = code, .location = location.text(), .detail = std::move(detail)};
}

failure no_playlist(const url& location, std::string_view why) {
  return failed(errc::not_a_playlist, location,
                location.host_header() + " sends no playlist that can be read: " + std::string(why));
}

failure no_playlist(const url& location, problem why) {
  if (why.code == problem_code::not_a_playlist) why.line = 0;
  return no_playlist(location, to_string(why));
}

/// No range was asked for: what range_fetch finds wrong with ranges is a wrong status here.
failure without_ranges(failure cause, const url& location) {
  if (cause.code == errc::wrong_range || cause.code == errc::range_unsupported) {
    cause = failed(errc::unexpected_status, location, location.host_header() + " answers with status 206");
    cause.status = 206;
  } else if (cause.code == errc::range_unsatisfiable) {
    cause.code = errc::unexpected_status;
    cause.total.reset();
  }
  return cause;
}

/// Bytes of the body, at least one; 0 with an error, or at the end of the body.
async::awaitable<std::size_t> read_some(upstream::exchange& body, std::span<std::byte> into, error_code& ec) {
  for (;;) {
    ec = {};
    if (!body.ready()) ec = co_await body.wait_body();
    if (ec) co_return 0;
    const auto count = body.read_body(into, ec);
    if (count > 0 || ec != asio::error::would_block) {
      if (ec == asio::error::eof || ec == asio::error::would_block) ec = {};
      co_return count;
    }
  }
}

/// A text as it arrives; what is no playlist is known after a few bytes, however long it goes on.
class arriving_text {
 public:
  arriving_text(const http::response_head& head, const url& location)
      : decoder_(http::content_codings(head.fields), largest_playlist),
        location_(location),
        until_close_(head.body == http::framing::until_close) {}

  fetch_result<void> add(std::span<const std::byte> bytes) {
    const auto state = decoder_.feed(bytes, text_);
    if (state != http::decoding::fine) return no_playlist(location_, http::to_string(state));
    if (text_.size() >= enough_to_recognise && !is_playlist(text_))
      return no_playlist(location_, problem{problem_code::not_a_playlist});
    return {};
  }

  fetch_result<playlist> finish() {
    const auto state = decoder_.finish();
    // Only the coding tells that such a body was cut.
    if (state == http::decoding::truncated && until_close_)
      return failed(errc::connection_lost, location_, location_.host_header() + " broke off its response");
    if (state != http::decoding::fine) return no_playlist(location_, http::to_string(state));
    if (text_.empty()) return no_playlist(location_, "the response is empty");
    auto parsed = playlist::parse(std::move(text_));
    if (!parsed) return no_playlist(location_, parsed.error());
    return std::move(*parsed);
  }

 private:
  http::body_decoder decoder_;
  const url& location_;
  bool until_close_;
  std::string text_;
};

async::awaitable<fetch_result<playlist>> read_text(upstream::range_answer& answer, const std::string& begun) {
  arriving_text text(answer.body.head(), answer.location);
  auto added = text.add(std::as_bytes(std::span(begun)));
  std::vector<std::byte> scratch(async::small_block);
  while (added) {
    error_code ec;
    const auto count = co_await read_some(answer.body, scratch, ec);
    if (ec) {
      co_return failed(ec, answer.location, answer.location.host_header() + " broke off its response");
    }
    if (count == 0) co_return text.finish();
    added = text.add(std::span(scratch).first(count));
  }
  answer.body.discard();
  co_return added.error();
}

/// Where the next request for this URL begins.
void remember(const upstream::remote_file& file, const url& location) {
  const bool moved = !(location == file.sources.front().original);
  if (moved) {
    file.with.memory.keep(file.key, {.location = location.text(), .source = 0, .total = std::nullopt});
  } else {
    file.with.memory.forget(file.key);
  }
}

}  // namespace

async::awaitable<fetch_result<fetched_playlist>> read_playlist(upstream::range_answer answer,
                                                               std::string begun) {
  auto text = co_await read_text(answer, begun);
  if (!text) co_return text.error();
  co_return fetched_playlist{std::move(*text), answer.location, answer.body.remote()};
}

async::awaitable<fetch_result<fetched_playlist>> fetch_playlist(const upstream::services& with,
                                                                upstream::request_profile profile,
                                                                url target) {
  const async::executor here = co_await asio::this_coro::executor;
  profile.accepted_codings = "gzip, deflate";
  std::vector<url> urls{std::move(target)};
  upstream::remote_file file(with, here, std::move(profile), std::move(urls));
  auto answer = co_await upstream::open_source(file, 0, upstream::wanted_all{});
  if (!answer) {
    // The next try begins at the original URL: a location that fails otherwise than by a refusal would fail
    // for ever.
    with.memory.forget(file.key);
    co_return without_ranges(answer.error(), file.sources.front().location);
  }
  auto fetched = co_await read_playlist(std::move(*answer));
  if (fetched) {
    remember(file, fetched->location);
  } else {
    with.memory.forget(file.key);
  }
  co_return fetched;
}

}  // namespace millrace::hls
