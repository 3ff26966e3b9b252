#pragma once
// A provider's stream and clients behind a seam.

#include "live/seam.hpp"
#include "live/ts_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <ostream>

namespace millrace::live {

inline std::ostream& operator<<(std::ostream& out, seam::verdict verdict) {
  constexpr const char* names[] = {"flowing", "searching", "cutting", "recording"};
  return out << names[static_cast<std::size_t>(verdict)];
}

}  // namespace millrace::live

namespace millrace::test {

using verdict = live::seam::verdict;

/// Video, audio, tables each 20 packets, null packets now and then; one of 40 video packets has the clock, a
/// millisecond for each packet.
inline bytes live_stream(ts_writer& writer, std::size_t packets, std::uint64_t begin = 0) {
  bytes out;
  for (std::size_t i = 0; count(out) < packets; ++i) {
    if (i % 20 == 0) {
      add(out, writer.pat());
      add(out, writer.pmt());
    }
    if (i % 7 == 3) add(out, writer.null());
    add(out, i % 40 == 5 ? writer.packet({.pid = video_pid, .clock = begin + i * 27'000})
                         : writer.essence(i % 5 == 4 ? audio_pid : video_pid));
  }
  return part(out, 0, packets);
}

/// Feeds a seam and keeps what came out; time passes when told.
class clients {
 public:
  explicit clients(const live::seam_limits& limits = {}) : seam_(limits), limits_(limits) {}

  void connect() { seam_.begin_connection(now_); }
  verdict send(const bytes& packets) { return seam_.take(packets, now_, out_); }
  /// In pieces of random size.
  verdict send(const bytes& packets, std::mt19937_64& random, std::size_t largest) {
    for (std::size_t at = 0; at < count(packets);) {
      const auto end = std::min(count(packets), at + 1 + random() % largest);
      send(part(packets, at, end));
      at = end;
    }
    return seam_.current();
  }
  void close(bool properly = false) { seam_.end_connection(properly, out_); }
  verdict wait() {
    now_ += limits_.search_time;
    return seam_.settle(now_, out_);
  }
  void pass(std::chrono::milliseconds time) { now_ += time; }

  live::seam& joint() { return seam_; }
  const live::seam_counters& counters() const { return seam_.counters(); }
  bytes& out() { return out_; }
  live::seam::time_point now() const { return now_; }

 private:
  live::seam seam_;
  live::seam_limits limits_;
  live::seam::time_point now_{std::chrono::hours(1)};
  bytes out_;
};

inline bytes joined(bytes first, const bytes& second) {
  add(first, second);
  return first;
}

struct seam_fixture {
  ts_writer writer{11};
  bytes stream = live_stream(writer, 1000);
  test::clients clients;

  /// A first connection that sent this much.
  void begin(std::size_t from, std::size_t to, bool properly = false) {
    clients.connect();
    BOOST_TEST(clients.send(part(stream, from, to)) == verdict::flowing);
    clients.close(properly);
    clients.connect();
  }
};

}  // namespace millrace::test
