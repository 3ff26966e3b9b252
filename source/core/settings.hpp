#pragma once
// Every option, limit and time-out of the server in one place. core/options fills it from the command line,
// the environment and the config file; the rest of the code only reads it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

enum class no_range_policy { reject, passthrough };
enum class log_level { debug, info, warning, error, critical };
enum class log_format { text, json };

struct listen_settings {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8001;                             ///< 0: any free one
  unsigned threads = 0;                                  ///< event loops; 0: one per core
  std::size_t max_clients = 10'000;                      ///< connections at one time
  std::size_t max_clients_per_address = 0;               ///< 0: no limit
  std::chrono::milliseconds head_timeout{30'000};        ///< to send a request head
  std::chrono::milliseconds body_timeout{30'000};        ///< to send a whole request body
  std::chrono::milliseconds keep_alive_timeout{75'000};  ///< idle between two requests
  std::chrono::milliseconds send_timeout{3'600'000};     ///< an open response that takes no byte
  std::chrono::milliseconds drain_timeout{5'000};        ///< running responses after the first signal
  std::chrono::seconds busy_retry_after{5};              ///< Retry-After of a 503
  std::size_t max_head = 64 * 1024;                      ///< request line and headers
  std::size_t max_body = 1024 * 1024;                    ///< request bodies
};

struct upstream_settings {
  unsigned max_redirects = 3;
  unsigned retries = 5;                               ///< per chunk without progress
  std::uint64_t min_speed = 0;                        ///< bytes per second per connection, 0: off
  unsigned min_speed_streak = 3;                      ///< seconds in a row below it
  std::chrono::milliseconds connect_timeout{10'000};  ///< DNS, TCP and TLS together
  std::chrono::milliseconds read_timeout{30'000};     ///< without a byte
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_limit{8'000};
  std::chrono::seconds retry_after_limit{30};  ///< a longer Retry-After is not waited for
  std::uint64_t progress_bytes = 1024 * 1024;  ///< so many good bytes restore retries and sources
  std::chrono::seconds progress_time{10};      ///< or so long a time of them
  std::chrono::minutes overload_memory{10};    ///< how long an origin's connection limit is remembered
  std::size_t join_check = 64 * 1024;          ///< bytes compared before a file continues on another URL
  std::size_t max_head = 64 * 1024;            ///< response line and headers
  unsigned max_interim = 16;                   ///< 1xx responses before the final one
  std::vector<std::string> bind;               ///< local addresses, chunks are spread over them
  std::string user_agent =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
  std::string ca_file;                                  ///< empty: the system's
  bool insecure = false;                                ///< do not verify certificates
  std::vector<std::string> allow;                       ///< --allow-upstream, as given
  std::vector<std::string> deny;                        ///< --deny-upstream, as given
  std::chrono::milliseconds happy_eyeballs_delay{250};  ///< RFC 8305 §5
  std::chrono::milliseconds dns_resolution_delay{50};   ///< RFC 8305 §3
  std::chrono::seconds dns_timeout{10};
  std::chrono::seconds dns_cache_limit{300};  ///< an answer is kept for its TTL, at most this long
  std::vector<std::string> dns_servers;       ///< `address[:port]`; empty: the system's
  std::chrono::seconds pool_idle_timeout{60};
  std::size_t pool_idle_per_origin = 64;
  std::size_t pool_idle_total = 512;
  std::size_t url_memory_entries = 4096;  ///< URLs whose final location and source are remembered
};

struct transfer_settings {
  unsigned connections = 4;  ///< parallel upstream connections per client request, raced ones included
  std::size_t chunk_size = 1024 * 1024;  ///< the largest chunk
  no_range_policy no_range = no_range_policy::reject;
  std::uint64_t max_memory = 0;  ///< all buffers together; 0: a quarter of RAM or of the cgroup's limit
  std::chrono::seconds pause_after{10};  ///< a client that took no byte for so long holds one block only
};

/// The memory cache of upstream bytes.
struct cache_settings {
  bool on = false;
  std::uint64_t size = 256 * 1024 * 1024;  ///< bytes, counted in transfer_settings::max_memory too
};

/// Live MPEG-TS streams.
struct live_settings {
  std::chrono::milliseconds stall{5'000};      ///< without a byte: the connection is a fault
  std::chrono::milliseconds grace{60'000};     ///< without a byte: the stream is given up
  std::chrono::milliseconds linger{500};       ///< the upstream stays open so long after the last client left
  std::chrono::milliseconds rival_after{100};  ///< a lost source that does not answer by then gets a rival
  std::chrono::milliseconds seam_search{
      50};                               ///< how long a new connection's packets are looked for in the old
  std::chrono::milliseconds gather{50};  ///< packets are gathered at most so long, with many clients
  std::size_t buffer = 8 * 1024 * 1024;  ///< kept for all clients: one that is further behind skips
  std::size_t burst = 1024 * 1024;       ///< of it, what a joining client gets at most at once
  std::size_t piece = 64 * 1024;         ///< handed to the clients at a time, at most
};

/// HLS playlists and segments.
struct hls_settings {
  std::size_t shelf = 64 * 1024 * 1024;                ///< of a live stream's newest segments kept in memory
  std::size_t largest_shared = 32 * 1024 * 1024;       ///< a larger segment is fetched for each client apart
  std::size_t kept_playlists = 128 * 1024 * 1024;      ///< rewritten playlists of all streams kept in memory
  int keep_target_durations = 3;                       ///< how long they are kept
  std::chrono::milliseconds blocking_timeout{60'000};  ///< for answers that wait for the next segment
  std::string secret;                                  ///< key of media URLs; empty: a random one
};

/// Who is known, and how long.
struct registry_settings {
  std::chrono::milliseconds client_timeout{300'000};  ///< after a client's last open request
  std::chrono::milliseconds stream_timeout{300'000};  ///< without clients, for streams made by ?url=
  std::chrono::milliseconds cleanup_interval{60'000};
  std::chrono::milliseconds between_segments{30'000};  ///< HLS players are active although nothing runs
  std::size_t max_streams = 10'000;   ///< made by ?url=; beyond it the longest idle ones go at once
  std::size_t max_clients = 100'000;  ///< entries, likewise
  std::size_t max_deleted = 100'000;  ///< deleted streams that are remembered as such
  std::size_t max_posted = 100'000;   ///< POST /streams beyond it is answered 503
  std::chrono::milliseconds source_rest{5'000};  ///< after a failure, doubled by each further one
  std::chrono::milliseconds source_rest_limit{300'000};
};

/// Tasks of the aria2 interface.
struct task_settings {
  std::chrono::milliseconds try_timeout{8'000};  ///< aria2.addUri tries all URIs within it
  std::size_t tries_at_once = 8;                 ///< by the calls of one message
  std::size_t max_removed = 1'000;               ///< removed ones that are still listed; then the oldest go
  std::size_t max_runs = 1'000;                  ///< separate ranges that a task's progress is kept in
  std::size_t max_listed = 20'000;               ///< in the answers to one message
};

/// Who may connect and what web pages may do (who may be connected to is upstream_settings::allow and deny).
struct access_settings {
  std::string api_token = {};                ///< --api-token; empty: none is needed
  std::vector<std::string> allow_hosts;      ///< --allow-host
  std::vector<std::string> allow_origins;    ///< --allow-origin
  std::vector<std::string> trusted_proxies;  ///< --trusted-proxy, addresses or CIDRs
};

struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::text;
};

struct settings {
  listen_settings listen;
  upstream_settings upstream;
  transfer_settings transfer;
  cache_settings cache;
  live_settings live;
  hls_settings hls;
  registry_settings registry;
  task_settings task;
  access_settings access;
  log_settings log;
};

/// Memory that --max-memory defaults to: a quarter of the cgroup's limit or of the RAM, whichever is smaller.
/// Bytes.
std::uint64_t default_max_memory();

}  // namespace millrace
