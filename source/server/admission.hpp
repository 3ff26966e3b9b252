#pragma once
// How many connections there may be: --max-clients and --max-clients-per-address.

#include "registry/statistics.hpp"

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace millrace::server {

/// Thread-safe; outlives its places and shares. Counts whom it turns away.
class admission {
 public:
  /// One of those that an address may have at a time; leaving the scope gives it back.
  class share {
   public:
    share(share&& other) noexcept;
    share& operator=(share&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(of_, other.of_);
      return *this;
    }
    ~share();

   private:
    friend class admission;
    share(admission& owner, const boost::asio::ip::address& of) : owner_(&owner), of_(of) {}

    admission* owner_;
    boost::asio::ip::address of_;
  };

  /// One connection's place; leaving the scope frees it.
  class place {
   public:
    place(place&& other) noexcept;
    place& operator=(place&&) = delete;
    ~place();

    const boost::asio::ip::address& address() const noexcept { return address_; }
    /// Counts the connection for that event loop, too.
    void assign_to(std::atomic<std::size_t>& sessions) noexcept;

   private:
    friend class admission;
    place(admission& owner, const boost::asio::ip::address& address, std::optional<share> part)
        : owner_(&owner), address_(address), part_(std::move(part)) {}

    admission* owner_;
    boost::asio::ip::address address_;
    std::optional<share> part_;  ///< nothing: no limit per address
    std::atomic<std::size_t>* sessions_ = nullptr;
  };

  /// `per_address` 0: no limit.
  admission(std::size_t limit, std::size_t per_address, registry::statistics& counters)
      : limit_(limit), per_address_(per_address), counters_(counters) {}

  /// Nothing when a limit is reached. `many_clients` marks an address that stands for many clients (a trusted
  /// proxy).
  std::optional<place> admit(const boost::asio::ip::address& address, bool many_clients);
  /// A request that a trusted proxy forwards for this client; its connection stands for many. Nothing when
  /// the client has as many already. With no limit, or when the client is not told from the proxy, there is
  /// no need to ask.
  std::optional<share> admit_request(const boost::asio::ip::address& client);
  bool limits_addresses() const noexcept { return per_address_ > 0; }
  std::size_t open() const noexcept { return open_.load(); }
  /// Called by the thread that frees the last place. Set it before the first place is given.
  void on_empty(std::function<void()> callback) { on_empty_ = std::move(callback); }

 private:
  void leave() noexcept;
  void give_back(const boost::asio::ip::address& of) noexcept;

  std::size_t limit_, per_address_;
  registry::statistics& counters_;
  std::function<void()> on_empty_;
  std::atomic<std::size_t> open_{0};
  std::mutex mutex_;
  std::map<boost::asio::ip::address, std::size_t> addresses_;  ///< only with a limit per address
};

}  // namespace millrace::server
