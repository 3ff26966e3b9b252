#pragma once
// A task of the aria2 interface: a stream of its own under a name that nobody can guess, and how far it is.

#include "registry/stream.hpp"

namespace millrace::registry {

/// What aria2.addUri asks for.
struct task_definition {
  stream_definition what;
  std::string out;           ///< file name, empty: the upstream's
  unsigned connections = 0;  ///< at most; 0: the server's
  pairs options;             ///< those that are used, as given
};

/// Immutable but for its stream.
struct task {
  std::string gid;  ///< 16 lower-case hex digits
  std::shared_ptr<stream> played;
  std::string out;
  unsigned connections = 0;
  pairs options;
};

enum class task_state {
  waiting,   ///< not played, or not to the end
  active,    ///< a response runs
  complete,  ///< every byte was delivered at least once
  failed,    ///< the last play did, because of the upstream
  removed,   ///< by its GID, or its stream was deleted
};

/// A task as it stands at one moment.
struct task_look {
  task_state state = task_state::waiting;
  std::optional<byte_offset> total;
  byte_offset delivered = 0;    ///< bytes delivered to a client at least once
  std::uint64_t speed = 0;      ///< bytes per second from upstreams; 0 unless active
  std::size_t connections = 0;  ///< to upstreams; likewise
};

task_look look_at(const task& of, rate_meter::clock::time_point now);

inline bool is_stopped(task_state state) noexcept {
  return state == task_state::complete || state == task_state::failed || state == task_state::removed;
}

}  // namespace millrace::registry
