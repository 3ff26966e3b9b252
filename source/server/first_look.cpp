#include "server/first_look.hpp"

#include "hls/playlist.hpp"
#include "http/media_type.hpp"
#include "live/ts_packet.hpp"

namespace millrace::server {

namespace {

using registry::stream_kind;

/// Enough to recognise packets, wherever the first one begins.
constexpr std::size_t enough = 8 * live::packet_size;
/// A byte order mark and #EXTM3U.
constexpr std::size_t enough_for_playlist = 16;

guess guess_of(std::string_view type) {
  if (http::is_transport_stream(type)) return guess::transport_stream;
  return http::is_playlist(type) ? guess::playlist : guess::something_else;
}

guess guess_by_bytes(std::span<const std::byte> bytes) {
  if (live::looks_like_ts(bytes)) return guess::transport_stream;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return hls::is_playlist(text) ? guess::playlist : guess::something_else;
}

async::awaitable<std::vector<std::byte>> read_beginning(upstream::exchange& body) {
  std::vector<std::byte> bytes(enough);
  std::size_t have = 0;
  while (have < enough) {
    error_code ec;
    if (!body.ready()) ec = co_await body.wait_body();
    if (!ec) have += body.read_body(std::span(bytes).subspan(have), ec);
    if (ec && ec != async::asio::error::would_block) break;
  }
  bytes.resize(have);
  co_return bytes;
}

guess guess_without_bytes(const url& primary, const upstream::range_answer& answer) {
  const auto guessed = guess_by_url(primary);
  return guessed == guess::unknown ? guess_by_type(answer.body.head().fields.get("Content-Type")) : guessed;
}

stream_kind kind_of(guess guessed, const upstream::range_answer& answer) {
  if (guessed == guess::playlist) return stream_kind::hls;
  if (answer.partial) return stream_kind::file;
  const bool endless = !answer.total;
  return endless && guessed == guess::transport_stream ? stream_kind::live : stream_kind::body;
}

}  // namespace

guess guess_by_url(const url& source) {
  const auto type = http::type_of_extension(percent_decode(source.path()));
  return type.empty() ? guess::unknown : guess_of(type);
}

guess guess_by_type(std::string_view content_type) {
  const bool says_nothing = http::is_generic(content_type) || content_type.starts_with("text/plain");
  return says_nothing ? guess::unknown : guess_of(content_type);
}

stream_kind kind_told(const url& primary, const upstream::range_answer& answer) {
  return kind_of(guess_without_bytes(primary, answer), answer);
}

async::awaitable<first_look> look_at_answer(url primary, upstream::range_answer& answer) {
  first_look seen;
  auto guessed = guess_without_bytes(primary, answer);
  if (guessed == guess::unknown && answer.partial) {
    const bool from_the_start = answer.range.begin == 0;
    std::span<const std::byte> beginning;
    if (from_the_start) beginning = co_await answer.body.peek(enough_for_playlist);
    guessed = guess_by_bytes(beginning);
  } else if (guessed == guess::unknown) {
    seen.begun = co_await read_beginning(answer.body);
    guessed = guess_by_bytes(seen.begun);
  }
  seen.kind = kind_of(guessed, answer);
  co_return seen;
}

}  // namespace millrace::server
