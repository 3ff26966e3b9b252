#pragma once
// All streams and clients that are known.

#include "registry/client.hpp"

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>

namespace millrace::registry {

/// Who asks, as far as the registry is concerned.
struct client_description {
  std::string id;
  std::string user_agent;
  std::string address;
};

/// Why a request may not play.
enum class refusal {
  stream_deleted,  ///< 404 until it is posted again
  client_deleted,  ///< 403 for --client-timeout
};

/// Thread-safe: one lock, taken a few times per request and never for a byte. Owns the entries; whoever plays
/// shares them.
class directory {
 public:
  using clock = stream::clock;
  using played = boost::system::result<std::unique_ptr<playback>, refusal>;
  template <class T>
  using list = std::vector<std::shared_ptr<T>>;

  directory(const registry_settings& config, statistics& totals) : config_(config), totals_(totals) {}

  // Streams.

  /// POST /streams: makes the stream, or redefines it. Nothing when there are too many.
  std::shared_ptr<stream> post(stream_definition what);
  /// The same under another id than that of its URL.
  std::shared_ptr<stream> post(const std::string& id, stream_definition what);
  /// The stream that a request with ?url= plays. An existing one stays as it is, but for one that was made by
  /// ?url=, too: it gets the failover URLs of the latest request that names some. Nothing when it was
  /// deleted.
  std::shared_ptr<stream> find_or_add(const std::string& id, stream_definition what);
  std::shared_ptr<stream> find_stream(const std::string& id) const;
  /// Ends its responses and forgets its clients. False when there is none.
  bool remove_stream(const std::string& id);
  /// In the order of their creation.
  list<stream> streams() const;
  std::size_t stream_count() const;

  // Clients.

  /// Finds or makes the client's entry and begins a response of it.
  played play(const std::shared_ptr<stream>& what, const client_description& who, playback_control control);
  /// The entry of that name that was seen last: a client that names itself may play several streams.
  std::shared_ptr<client> find_client(const std::string& id) const;
  /// Ends its responses, forgets it and refuses it for --client-timeout; `stream_id` restricts that to one
  /// stream. False when there is none.
  bool remove_client(const std::string& id, const std::optional<std::string>& stream_id = std::nullopt);
  list<client> clients() const;
  list<client> clients_of(const stream& of) const;
  std::size_t client_count() const;

  /// How many of them play.
  struct activity {
    std::size_t streams = 0, clients = 0;
  };
  activity active(wall_clock::time_point now) const;

  /// Forgets who has been idle for too long.
  void clean_up(clock::time_point now);

 private:
  using client_key = std::pair<std::string, std::string>;  ///< client, stream

  std::shared_ptr<stream> add(const std::string& id, stream_definition what, bool posted);
  bool is_refused(const std::string& client, const std::string& stream, clock::time_point now) const;
  void drop(const std::shared_ptr<client>& gone, clock::time_point now);
  bool readmit(const std::shared_ptr<stream>& what);
  void make_room_for_stream();
  void make_room_for_client(clock::time_point now);

  const registry_settings& config_;
  statistics& totals_;
  mutable std::mutex mutex_;
  std::uint64_t next_serial_ = 0;
  std::size_t posted_ = 0;
  std::unordered_map<std::string, std::shared_ptr<stream>> streams_;
  std::map<client_key, std::shared_ptr<client>> clients_;
  std::unordered_map<std::string, std::uint64_t> deleted_streams_;  ///< by id: when, as a serial
  std::deque<std::pair<std::uint64_t, std::string>> deletions_;     ///< oldest first
  std::map<std::string, clock::time_point> deleted_clients_;  ///< until when; `client` or `client stream`
};

/// Required by boost::system::result<T, refusal>::value(); millrace itself asks has_value() first.
[[noreturn]] void throw_exception_from_error(const refusal& error, const boost::source_location& where);

}  // namespace millrace::registry
