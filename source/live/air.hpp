#pragma once
// What a broadcast consists of while it is on the air, and the way of its packets to the clients.

#include "live/hub.hpp"
#include "live/packet_aligner.hpp"
#include "live/seam.hpp"
#include "live/source_opener.hpp"

#include <boost/asio/steady_timer.hpp>

namespace millrace::live {

/// What a broadcast needs of the server; outlives it.
struct studio {
  const upstream::services& with;  ///< of the home loop; its read_timeout is --live-stall
  hub& on_air;
};

/// The sources as they were defined at one time, and what is known of them.
struct source_set {
  std::shared_ptr<const registry::stream_definition> definition;
  upstream::remote_file file;

  const std::vector<url>& urls() const noexcept { return definition->sources; }
  std::size_t size() const noexcept { return definition->sources.size(); }
  /// size() when it is none of them.
  std::size_t index_of(const url& source) const noexcept;
};

/// In the frame of run_broadcast(), shared by its coroutines; on the home loop only.
struct air {
  using clock = std::chrono::steady_clock;

  air(studio from, broadcast& what, const async::executor& on, upstream::request_profile asked);

  /// The sources as they are defined now. Whoever uses them over a co_await keeps the pointer.
  std::shared_ptr<source_set> sources();

  studio in;
  broadcast& show;
  async::executor home;
  upstream::request_profile profile;

  packet_aligner aligner;
  seam joint;
  piece_builder gathered;
  std::optional<clock::time_point> publish_at;
  std::vector<std::byte> packets, out;  ///< scratch

  upstream::exchange* reading = nullptr;       ///< the body that is waited for
  std::optional<connection> moved;             ///< an operator's choice, to go on with
  clock::time_point last_byte = clock::now();  ///< that went out
  std::optional<clock::time_point> gap_since;
  std::uint64_t published_of_connection = 0;
  position fastest = 0;    ///< client, as last looked at
  unsigned fruitless = 0;  ///< connections in a row that brought next to nothing, the current one included
  ending end;

  async::event done;
  boost::asio::steady_timer alarm;  ///< of keep_time(); cancelled when there is another deadline

 private:
  std::shared_ptr<source_set> sources_;
};

/// Hands all that was gathered to the clients.
void publish(air& on);
/// Takes the packets of `out` over; hands them on at once, or, with many clients, a little later together
/// with others.
void gather(air& on);
/// Beside the reader: what is to happen although no byte comes.
async::awaitable<void> keep_time(air& on);

}  // namespace millrace::live
