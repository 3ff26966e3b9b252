#pragma once
// All tasks of the aria2 interface, by GID.

#include "registry/directory.hpp"
#include "registry/task.hpp"

namespace millrace::registry {

/// Thread-safe. A task stays until it is forgotten; removed ones are kept for a while, so that whoever asks
/// learns what became of them.
class task_list {
 public:
  using entry = std::shared_ptr<const task>;

  task_list(directory& streams, const task_settings& config);

  /// A new task and its stream, which counts as a posted one. Nothing when there are too many.
  entry add(task_definition what, std::optional<byte_offset> total);
  entry find(const std::string& gid) const;
  /// In the order of their creation.
  std::vector<entry> all() const;

  /// Ends the responses and deletes the stream; the task stays as `removed`. False when it was that already.
  bool remove(const task& what);
  /// Ends it wholly: nobody knows its GID any more.
  void forget(const task& what);
  /// Drops what has been removed for longest. Called from time to time: streams are deleted elsewhere, too.
  void clean_up();

  /// 40 lower-case hex digits, new with each start.
  const std::string& session_id() const noexcept { return session_id_; }

 private:
  void note_removed(const std::string& gid);
  void erase(const std::string& gid);

  directory& streams_;
  const task_settings& config_;
  std::string session_id_;
  mutable std::mutex mutex_;
  std::uint64_t next_serial_ = 0;
  std::map<std::uint64_t, entry> tasks_;
  std::unordered_map<std::string, std::uint64_t> serials_;  ///< by GID
  std::deque<std::string> removed_;                         ///< what is still listed: GIDs, oldest first
};

}  // namespace millrace::registry
