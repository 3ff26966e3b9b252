#pragma once
// What was learnt about URLs: the final address after redirects and the source that worked last.

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace millrace::upstream {

/// Learnt from earlier requests with the same URLs and headers. A hint about where to ask, never an answer.
struct learnt {
  std::string location;                ///< final URL of the source, empty: the original itself
  std::size_t source = 0;              ///< index of the source that worked last
  std::optional<std::uint64_t> total;  ///< its size when last seen
  bool operator==(const learnt&) const = default;
};

/// Thread-safe, least recently used entries go first.
class url_memory {
 public:
  explicit url_memory(std::size_t limit) : limit_(limit) {}

  std::optional<learnt> find(const std::string& key);
  void keep(const std::string& key, learnt value);
  void forget(const std::string& key);

 private:
  using entry_list = std::list<std::pair<std::string, learnt>>;

  std::size_t limit_;
  std::mutex mutex_;
  entry_list entries_;  ///< most recently used first
  std::unordered_map<std::string, entry_list::iterator> index_;
};

}  // namespace millrace::upstream
