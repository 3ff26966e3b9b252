#pragma once
// Host names → addresses by c-ares: A and AAAA apart, cancellable, with TTLs, the hosts file and search
// domains.

#include "async/token.hpp"
#include "core/settings.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::upstream {

/// Answers for as long as their TTL says. Thread-safe, shared by all event loops, bounded.
class dns_cache {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t max_entries = 4096;

  /// Empty when there is no fresh answer.
  std::vector<boost::asio::ip::address> find(const std::string& host, clock::time_point now);
  void keep(const std::string& host, std::vector<boost::asio::ip::address> addresses,
            clock::time_point until);
  /// After a connection to none of the addresses worked: ask again next time.
  void forget(const std::string& host);

 private:
  struct entry {
    std::vector<boost::asio::ip::address> addresses;
    clock::time_point until;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, entry> entries_;
};

/// The addresses of `host`, in the order to try them: families interleaved, IPv6 first (RFC 8305 §4). Numeric
/// hosts (IPv4 also as inet_aton reads it: 2130706433, 0x7f.1, 017700000001) and localhost (RFC 6761 §6.3)
/// bypass DNS. errc::host_not_found, errc::resolve_failed with c-ares's words. Cancellable at any time.
async::awaitable<fetch_result<std::vector<boost::asio::ip::address>>> resolve(
    const std::string& host, dns_cache& cache, const upstream_settings& config);

}  // namespace millrace::upstream
