#pragma once
// The live streams that are on the air, and who opens a stream for the first time: several clients that come
// at once must not become several upstream connections.

#include "live/broadcast.hpp"

#include <unordered_map>

namespace millrace::live {

/// Thread-safe; shared by all event loops. A lock per request.
class hub {
 public:
  /// Held by the one request that opens a stream; the others wait until it is gone.
  class opening {
   public:
    opening(hub& in, std::string id) : hub_(in), id_(std::move(id)) {}
    ~opening() { hub_.opened(id_, failure_); }
    opening(const opening&) = delete;
    opening& operator=(const opening&) = delete;

    /// Those who wait need not try what has just failed.
    void failed(const failure& cause) { failure_ = cause; }

   private:
    hub& hub_;
    std::string id_;
    std::optional<failure> failure_;
  };

  /// Null when another request is opening that stream, or when its last broadcast is still closing:
  /// wait_opened() then. So there is never more than one connection to the upstream.
  std::unique_ptr<opening> try_open(const std::string& stream_id);
  /// Until the opening that runs now has ended; the failure if it failed.
  async::awaitable<std::optional<failure>> wait_opened(std::string stream_id);

  /// False when the stream is on the air already.
  bool add(const std::shared_ptr<broadcast>& begun);
  void replace(const std::shared_ptr<broadcast>& begun);
  void remove(const broadcast& ended);
  std::shared_ptr<broadcast> find(const std::string& stream_id) const;

 private:
  struct outcome {
    explicit outcome(const async::executor& on) : told(on) {}
    async::event told;
    std::optional<failure> cause;
  };
  struct waiting {
    async::executor on;
    std::weak_ptr<outcome> told;
  };

  void opened(const std::string& stream_id, const std::optional<failure>& cause);
  void tell(const std::string& stream_id, const std::optional<failure>& cause);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<broadcast>> on_air_;
  /// Whose turn it is: a request's, or a broadcast's that is closing.
  struct turn {
    bool closing = false;
    std::vector<waiting> others;
  };
  std::unordered_map<std::string, turn> opening_;
};

}  // namespace millrace::live
