#pragma once
// How many connections there may be: --max-clients and --max-clients-per-address.

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace millrace::server {

/// Thread-safe; outlives its places.
class admission {
 public:
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
    place(admission& owner, const boost::asio::ip::address& address, bool counted)
        : owner_(&owner), address_(address), counted_(counted) {}

    admission* owner_;
    boost::asio::ip::address address_;
    bool counted_;  ///< in the limit per address
    std::atomic<std::size_t>* sessions_ = nullptr;
  };

  /// `per_address` 0: no limit.
  admission(std::size_t limit, std::size_t per_address) : limit_(limit), per_address_(per_address) {}

  /// Nothing when a limit is reached. `many_clients` marks an address that stands for many clients (a trusted
  /// proxy).
  std::optional<place> admit(const boost::asio::ip::address& address, bool many_clients);
  std::size_t open() const noexcept { return open_.load(); }
  /// Called by the thread that frees the last place. Set it before the first place is given.
  void on_empty(std::function<void()> callback) { on_empty_ = std::move(callback); }

 private:
  void leave(const place& what) noexcept;

  std::size_t limit_, per_address_;
  std::function<void()> on_empty_;
  std::atomic<std::size_t> open_{0};
  std::mutex mutex_;
  std::map<boost::asio::ip::address, std::size_t> addresses_;  ///< only with a limit per address
};

}  // namespace millrace::server
