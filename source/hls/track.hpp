#pragma once
// One playlist that players ask for again and again, whichever source it comes from: its last rewritten text,
// how long that is shared, and its numbers across failovers.

#include "async/block_pool.hpp"
#include "hls/live_numbering.hpp"
#include "hls/media_query.hpp"
#include "hls/playlist_fetch.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace millrace::hls {

/// An upstream's playlist, rewritten. Immutable and shared by all clients.
struct served_playlist {
  rewritten_playlist body;
  bool master = false;
  bool live = false;                   ///< a media playlist that may change
  bool posted = false;                 ///< its URLs are marked so, see url_marks
  std::chrono::microseconds target{};  ///< target duration of a media playlist, 0 when it has none
  url location;                        ///< where it came from
  boost::asio::ip::tcp::endpoint remote;
};
using served_ptr = std::shared_ptr<const served_playlist>;

/// How the URLs of a text are written, and which mark that gives them: viewers of a stream that was posted do
/// not get what was written before, nor the other way round.
struct url_writing {
  const reference_writer& write;
  bool posted;
};

/// Thread-safe.
class track {
 public:
  using clock = std::chrono::steady_clock;

  /// The last text from that source, if its URLs have that mark, and if it is live, or was until its end, and
  /// its next change is not due: a target duration after the last change seen, then half of that as long as
  /// it does not change.
  served_ptr fresh(std::size_t source, bool posted, clock::time_point now);
  /// A media playlist has been served under this name.
  bool is_media() const;
  /// The directives of a player's request in the numbers of that source.
  std::string directives_for(const media_query& query, std::size_t source) const;
  /// To be told of each whole text before it is taken: for how long that source has given the same one,
  /// meanwhile others too. Something only when that is three target durations or more of a live playlist:
  /// what makes it has died, although its server has not.
  std::optional<clock::duration> stands_still(const fetched_playlist& fetched, std::size_t source,
                                              clock::time_point now);
  /// The last text came from that source.
  bool follows(std::size_t source) const;

  /// Rewrites what came from that source, or finds that it is what came before. `whole`: it was not asked for
  /// with directives that shorten it. It is kept as long as `room` has some for it. Problems as those of
  /// outline_media() and rewrite().
  parse_result<served_ptr> take(const fetched_playlist& fetched, const variable_list& imported,
                                std::size_t source, bool whole, url_writing how, async::memory_budget& room,
                                clock::time_point now);
  /// Nobody has asked for it for long: the text goes, the numbers stay.
  void forget_idle(clock::time_point now);

 private:
  bool is_last(const fetched_playlist& fetched, std::size_t source, bool posted) const;
  void keep(const served_ptr& served, const fetched_playlist& fetched, async::memory_budget& room);
  void drop();

  struct sighting {
    std::size_t text = 0;  ///< its hash
    clock::time_point since{};
  };

  mutable std::mutex mutex_;
  std::map<std::size_t, sighting> sightings_;  ///< of each source's last text
  live_state numbering_;
  std::optional<std::size_t> last_source_;
  bool media_ = false, live_ = false;  ///< what it was last
  std::chrono::microseconds target_{};
  clock::time_point due_{}, used_at_{};
  // What is kept of the last text.
  served_ptr last_;
  std::optional<playlist> last_text_;  ///< as it came
  async::memory_budget::reservation room_;
};

}  // namespace millrace::hls
