#pragma once
// aria2's answers (aria2c(1), "RPC INTERFACE"): all numbers are strings. Pure functions.

#include "api/jsonrpc.hpp"
#include "registry/stream.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace::api {

enum class task_status { waiting, active, complete, error, removed };
std::string_view name_of(task_status status) noexcept;

/// A task as it stands at one moment.
struct task_view {
  std::string gid;
  task_status status = task_status::waiting;
  std::uint64_t total = 0;      ///< bytes, 0: unknown
  std::uint64_t completed = 0;  ///< bytes delivered to a client at least once
  std::uint64_t speed = 0;      ///< bytes per second from upstream, now
  std::uint64_t connections = 0;
  std::string error;  ///< why it failed; empty unless status is `error`
  std::string file_name;
  std::vector<std::string> uris;  ///< the primary first
  std::size_t used = 0;           ///< position in `uris` of the one in use
  registry::pairs options;
};

/// tellStatus, and each entry of the lists; only `keys`, all of them when empty.
boost::json::object tell_status(const task_view& task, std::span<const std::string> keys);
boost::json::array tell_uris(const task_view& task);
boost::json::array tell_files(const task_view& task);
boost::json::object tell_options(const task_view& task);

/// getGlobalStat.
struct task_totals {
  std::uint64_t speed = 0, active = 0, waiting = 0, stopped = 0;
};
boost::json::object tell_totals(const task_totals& totals);

}  // namespace millrace::api
