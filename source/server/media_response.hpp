#pragma once
// The response to a request for a file: from the first upstream answer to the last byte (RFC 9110 §13, §14).

#include "http/range_header.hpp"
#include "server/playing.hpp"
#include "transfer/chunk_plan.hpp"
#include "upstream/range_fetch.hpp"

namespace millrace::server {

/// What to fetch, and how.
struct media_request {
  std::vector<url> sources;  ///< in failover order
  http::field_list headers;  ///< sent upstream
  std::string user_agent;    ///< empty: the server's
  unsigned connections = 1;
  std::size_t chunk_size = 0;
  std::string file_name;    ///< empty: the upstream's
  bool pass_whole = false;  ///< an upstream without Range support is passed through; else it is refused
  bool live = false;        ///< known to be: the upstream is waited for no longer than --live-stall
  bool sealed = false;      ///< the client does not know the URL, and errors do not tell it
  bool guarded = false;     ///< anybody may name any URL: pages may not read what is private
  bool personal = false;    ///< for holders of the API token alone: no shared cache may keep the response
};

/// One response under way; lives in the frame of its handler.
struct media_response {
  media_response(playing& played, media_request request, const async::executor& on);
  /// With a file that has been opened already: its sources are not the stream's.
  media_response(playing& played, media_request request, std::unique_ptr<upstream::remote_file> opened);
  ~media_response();
  media_response(const media_response&) = delete;
  media_response& operator=(const media_response&) = delete;

  const settings& config() const;

  playing& play;
  request_context& context;
  media_request asked;
  const std::unique_ptr<upstream::remote_file> own_file;
  upstream::remote_file& file;
  transfer::plan_limits plan;
  std::optional<http::requested_range> range;
  upstream::attempts tried = {};
  std::vector<std::byte> begun = {};  ///< bytes of the first answer's body that have been read already
};

/// Whether web pages may read what comes from these sources: all of them are public, or the operator has
/// named their addresses. False when names cannot be resolved in time.
async::awaitable<bool> may_web_read(request_context& context, std::vector<url> sources);

/// Answers from the cache alone, without any upstream request, where it holds all that is asked for and may
/// be used unasked (RFC 9111 §4). False, and nothing sent, where not.
async::awaitable<bool> respond_cached(media_response& of);

/// The first upstream answer: for the first chunk of what the client asks for, less what is cached, or the
/// whole where ranges do not work and pass_whole allows it.
async::awaitable<fetch_result<upstream::range_answer>> open_first(media_response& of);

/// The same without a Range from the beginning: for what is known to be live.
async::awaitable<fetch_result<upstream::range_answer>> open_whole(media_response& of);

/// Answers the client with what came of open_first().
async::awaitable<void> respond_media(media_response& of, fetch_result<upstream::range_answer> first);

}  // namespace millrace::server
