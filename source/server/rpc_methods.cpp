#include "server/rpc_methods.hpp"

#include "core/version.hpp"
#include "server/shared_state.hpp"

#include <array>

namespace millrace::server {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

const settings& config_of(const rpc_session& session) {
  return session.context.worker.shared.config;
}

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
}

rpc_value get_version(rpc_session&, const array&) {
  return value(object{{"version", version()}, {"enabledFeatures", array{"Async DNS", "GZip", "HTTPS"}}});
}

rpc_value get_session_info(rpc_session& session, const array&) {
  return value(object{{"sessionId", session.context.worker.shared.tasks.session_id()}});
}

/// Those of aria2's options that millrace's own correspond to.
rpc_value get_global_option(rpc_session& session, const array&) {
  const auto& config = config_of(session);
  const auto connections = std::to_string(config.transfer.connections);
  return value(object{{"split", connections},
                      {"max-connection-per-server", connections},
                      {"min-split-size", std::to_string(config.transfer.chunk_size)},
                      {"user-agent", config.upstream.user_agent},
                      {"max-tries", std::to_string(config.upstream.retries + 1)},
                      {"connect-timeout", seconds(config.upstream.connect_timeout)},
                      {"timeout", seconds(config.upstream.read_timeout)},
                      {"lowest-speed-limit", std::to_string(config.upstream.min_speed)},
                      {"check-certificate", config.upstream.insecure ? "false" : "true"},
                      {"max-download-result", std::to_string(config.task.max_removed)}});
}

rpc_value list_methods(rpc_session&, const array&) {
  array names{"aria2.addUri", "system.multicall"};
  for (const auto methods : {task_methods(), server_methods()}) {
    for (const auto& each : methods)
      names.push_back(value(each.name));
  }
  return value(std::move(names));
}

/// Those come over WebSocket, which millrace does not speak.
rpc_value list_notifications(rpc_session&, const array&) {
  return value(array{});
}

constexpr std::array table{
    named_method{"aria2.getVersion", get_version},
    named_method{"aria2.getSessionInfo", get_session_info},
    named_method{"aria2.getGlobalOption", get_global_option},
    named_method{"system.listMethods", list_methods},
    named_method{"system.listNotifications", list_notifications},
};

}  // namespace

std::span<const named_method> server_methods() noexcept {
  return table;
}

rpc_method find_method(std::string_view name) noexcept {
  for (const auto methods : {task_methods(), server_methods()}) {
    for (const auto& each : methods) {
      if (each.name == name) return each.call;
    }
  }
  return nullptr;
}

}  // namespace millrace::server
