#pragma once
// The bytes of one remote file, whatever its sources do: a range through redirects, judged against what is
// known of the file, and the way back from a failure through back-off and failover.

#include "async/broadcast.hpp"
#include "http/conditional.hpp"
#include "registry/stream.hpp"
#include "upstream/redirect.hpp"
#include "upstream/retry_policy.hpp"
#include "upstream/source_list.hpp"

#include <deque>
#include <functional>
#include <vector>

namespace millrace::upstream {

/// One URL of the file and what its first answer fixed.
struct file_source {
  explicit file_source(url given) : original(given), location(std::move(given)) {}

  url original;
  url location;                                        ///< where it was found: the final URL after redirects
  std::optional<http::validator> version;              ///< of the first answer
  std::optional<boost::asio::ip::tcp::endpoint> peer;  ///< that gave the first answer
  std::optional<url> peer_location;
  bool joined = false;  ///< known to hold the same bytes as the others
};

/// Bytes that were had before, to recognise them in another source.
struct byte_sample {
  byte_offset begin = 0;
  std::vector<std::byte> bytes;
};

/// The file of one client request; lives on one event loop, in the frame of the request.
struct remote_file {
  /// `played` keeps what is learnt of the sources beyond this request; null: nobody does.
  remote_file(const services& used, const async::executor& on, request_profile headers, std::vector<url> urls,
              std::shared_ptr<registry::stream> played = nullptr);

  const services& with;
  block_cache* cache = with.cache;  ///< null: nothing is kept
  request_profile profile;
  std::string key;                  ///< in url_memory
  std::deque<file_source> sources;  ///< references to them stay valid
  std::shared_ptr<registry::stream> stream;
  source_list order;
  std::optional<byte_offset> total;        ///< of the first answer; every other one must agree
  std::optional<byte_offset> known_total;  ///< of an earlier request: a guess, never an answer
  std::function<byte_sample()> had;        ///< empty bytes while nothing was had
  std::optional<std::size_t> remembered;   ///< the source that url_memory has
  bool whole_will_do = false;              ///< a source that refuses ranges is asked for the whole instead
  bool wary = false;        ///< the last connection broke: the next request goes on a fresh one
  bool ahead_works = true;  ///< until a request that was sent ahead got no proper answer
  /// Another URL of the same bytes, asked for when no source is left; nothing: there is none.
  std::function<async::awaitable<std::optional<url>>()> find_another;
  bool finding = false;  ///< another source is being looked for; others wait for `settled`
  bool joining = false;  ///< a new source is being compared; others wait for `settled`
  async::broadcast settled;

  std::function<void()> on_moved;                 ///< the source was changed by hand: old answers are to end
  source_list::clock::time_point last_byte_at{};  ///< when bytes last came in
  std::optional<source_list::clock::time_point> gap_since;  ///< the last byte before a failover

  file_source& current() { return sources[order.current()]; }
  /// Goes on with the source of that URL, if it is one of the file's.
  void move_to(const url& wanted);
  /// Bytes of that source have come. True when enough of them came to forget former failures.
  bool received(std::size_t source, std::size_t bytes);
};

/// An answer that fits: a 206 with the range asked for, or a whole 200.
struct range_answer {
  exchange body;
  url location;                      ///< that answered
  std::size_t source = 0;            ///< index in remote_file::sources
  bool partial = false;              ///< 206
  byte_range range;                  ///< of the body when partial
  std::optional<byte_offset> total;  ///< absent only for a 200 without length
  registry::working_connection works = {};
};

/// One try with the current source. Besides transport failures: errc::unexpected_status (with status,
/// Retry-After, WWW-Authenticate), wrong_range, range_unsupported (a 206 without a total, or a 200 once 206
/// is known), range_unsatisfiable (416, with the total if it was given), resource_changed. A 200 is an answer
/// only before the first 206.
async::awaitable<fetch_result<range_answer>> open_range(remote_file& file, wanted bytes);

/// The same with a certain source, whatever the order says and without comparing it with the others: for
/// bodies that have no length and no second reading.
async::awaitable<fetch_result<range_answer>> open_source(remote_file& file, std::size_t source, wanted bytes);

/// Sends the request for the bytes that follow `behind` ahead on its connection, if that is possible and the
/// source is still the one in use. False when not sent.
async::awaitable<bool> request_ahead(const remote_file& file, range_answer& behind, byte_range bytes);
/// The answer to request_ahead(), once the body of `behind` is complete. Any failure only means to ask again.
async::awaitable<fetch_result<range_answer>> next_answer(remote_file& file, range_answer behind,
                                                         byte_range bytes);

/// Waits or moves to the next source as attempts::decide() says. `source` is the one that failed, `gained`
/// the bytes it had given in this attempt. The failure comes back, perhaps another one, when there is nothing
/// left to try.
async::awaitable<fetch_result<void>> recover(remote_file& file, attempts& tried, failure cause,
                                             std::size_t source, std::uint64_t gained);

/// open_range() again and again with recover() between.
async::awaitable<fetch_result<range_answer>> open_range_persistently(remote_file& file, wanted bytes,
                                                                     attempts& tried);

}  // namespace millrace::upstream
