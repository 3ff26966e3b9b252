#pragma once
// What the origin has seen, and what it is told to do: one mutex-guarded place for requests, counters and
// behaviours.

#include "behaviour.hpp"
#include "message.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::origin {

/// Packets of a broadcast, half-open.
struct packet_span {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

/// One request as it came in, and how far its answer got.
struct request_record : request {
  std::string path;    ///< target without its query
  std::string key;     ///< the name its behaviour is registered under
  std::string client;  ///< the client's address, without port
  std::uint16_t client_port = 0;
  std::string server;            ///< the origin's address, without port
  std::uint64_t connection = 0;  ///< counted from 1
  std::uint64_t index = 0;       ///< on its connection, from 1
  std::uint64_t number = 0;      ///< on its path, from 1
  std::chrono::steady_clock::time_point arrived{};
  int status = 0;                        ///< 0 while nothing was answered
  std::uint64_t body_sent = 0;           ///< as far as the socket took it; exact once `finished`
  std::optional<packet_span> packets{};  ///< of a live path: those that the socket took whole
  bool finished = false;                 ///< the origin is done with it
};

/// In total or for one path.
struct counters {
  std::uint64_t connections = 0;       ///< accepted; for a path: those that asked for it
  std::uint64_t open_connections = 0;  ///< now; for a path: those being answered
  std::uint64_t peak_connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t active_requests = 0;  ///< being answered now, refused ones left out
  std::uint64_t peak_requests = 0;
  std::uint64_t refused = 0;            ///< by a connection limit
  std::uint64_t bytes_sent = 0;         ///< body bytes
  std::uint64_t handshakes = 0;         ///< TLS; total only
  std::uint64_t resumed_sessions = 0;   ///< TLS; total only
  std::uint64_t failed_handshakes = 0;  ///< TLS; total only
};

/// The parts of a behaviour that have a condition of their own.
enum class feature { stall, truncate, reset, slow, lie, change, status, redirect, head, live_end, count };

class journal {
 public:
  journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  // Behaviours. Setting one begins its request numbers anew.
  void set(const std::string& key, behaviour rules);
  void update(const std::string& key, const std::function<void(behaviour&)>& edit);  ///< keeps the numbers
  void remove(const std::string& key);
  bool known(const std::string& key) const;
  std::shared_ptr<const behaviour> rules_of(const std::string& key) const;  ///< null when not known

  /// Whether this part of the behaviour concerns this request; counts it as one of condition::times.
  bool applies(feature part, const condition& when, const request_record& asked);
  std::uint64_t issue_ticket(const std::string& key);
  /// Counts one use; false when this ticket has had `uses` already or was never issued.
  bool use_ticket(const std::string& key, std::uint64_t ticket, std::uint64_t uses);

  /// When this timeline began: an empty name with the journal, others with the first call.
  std::chrono::steady_clock::time_point timeline(const std::string& name);
  /// One past the last packet that the path has sent to anybody, nothing before the first.
  std::optional<std::uint64_t> last_packet_end(const std::string& key) const;

  // Events, told by the connections.
  std::uint64_t connection_opened();  ///< returns its id
  void connection_closed();
  void connection_refused();
  void handshake_done(bool ok, bool resumed);
  std::shared_ptr<request_record> arrived(request_record seen);
  /// False, and nothing to finish, when the path is at its limit.
  bool begin(const request_record& asked, const std::optional<connection_limit>& limit);
  void answered(request_record& asked, int status);
  void body_bytes(request_record& asked, std::uint64_t count);
  /// A live response begins with this packet; then each time more has gone out.
  void packets_sent(request_record& asked, std::uint64_t first, std::uint64_t end);
  void end(const request_record& asked);
  void finished(request_record& asked);

  // What was seen.
  counters totals() const;
  counters of(const std::string& key) const;
  std::vector<request_record> requests(std::string_view path_or_key = {}) const;
  std::vector<std::string> keys() const;
  /// Forgets requests and counters and begins request numbers anew; connections that are open stay counted.
  void reset();

 private:
  struct path_state {
    std::shared_ptr<const behaviour> rules;
    std::uint64_t number = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(feature::count)> hits{};
    std::map<std::uint64_t, std::uint64_t> tickets;  // uses of each
    std::set<std::uint64_t> connections;
    std::optional<std::uint64_t> last_packet_end;
    counters seen;
  };

  mutable std::mutex mutex_;
  std::map<std::string, path_state> paths_;
  std::map<std::string, std::chrono::steady_clock::time_point> timelines_;
  std::deque<std::shared_ptr<request_record>> log_;
  counters total_;
  std::uint64_t last_connection_ = 0;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace millrace::origin
