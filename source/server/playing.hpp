#pragma once
// A media request that the registry knows of: who plays what, counted and stoppable from the first moment on.

#include "async/event.hpp"
#include "registry/directory.hpp"
#include "server/request_context.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace millrace::server {

/// One playing response; lives in the frame of play().
class playing {
 public:
  playing(request_context& asked, std::shared_ptr<registry::stream> played, registry::playback& counted)
      : context(asked), stream(std::move(played)), counted_(counted) {}

  request_context& context;
  const std::shared_ptr<registry::stream> stream;
  bool seeking = false;      ///< the range begins behind the first byte
  bool web_readable = true;  ///< web pages may read the response, errors included
  bool posted = false;       ///< the stream, or its URL was made for a posted one: pages may read it
  bool complete = false;     ///< the whole body was sent
  bool unframed = false;     ///< the body ends with the connection: only a reset tells that it was cut
  /// Set while the response can go on with another source; called on its own event loop.
  std::function<void(const url&)> on_move;

  /// X-Client-ID and X-Stream-ID.
  void add_identity(http::field_list& fields) const;
  /// The client's id, as the registry has it.
  const std::string& client_id() const;
  /// A media segment has been sent to its end.
  void segment_served();
  /// The body begins at this byte of a file of that size: what sent() counts tells how far a task is.
  void begins(byte_offset first, std::optional<byte_offset> total);
  /// Payload bytes that the client's socket accepted.
  void sent(std::size_t bytes);

 private:
  registry::playback& counted_;
  bool began_ = false;
};

using play_body = std::function<async::awaitable<void>(playing&)>;

/// Registers client and response, runs `body`, and ends it early when the client leaves or is disconnected. A
/// client or stream that has been deleted is refused with a problem document. `named` is the client's own
/// name for itself, empty: by address, User-Agent and stream.
async::awaitable<void> play(request_context& context, std::shared_ptr<registry::stream> stream,
                            const std::string& named, play_body body);

/// 307: HLS is played by its playlist, whose URIs millrace rewrites. Relative, since proxies may put a path
/// in front: `up` leads from the request's path to the top.
async::awaitable<void> lead_to_playlist(playing& play, std::string_view up);

/// 404: there is no such stream.
async::awaitable<void> refuse_unknown(request_context& context);
/// 404: deleted streams are gone until they are posted again.
async::awaitable<void> refuse_deleted(request_context& context);

}  // namespace millrace::server
