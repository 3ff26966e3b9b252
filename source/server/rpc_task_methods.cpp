#include "api/aria2_request.hpp"
#include "server/rpc_methods.hpp"
#include "server/shared_state.hpp"
#include "server/task_view.hpp"

#include <array>

namespace millrace::server {

namespace {

using boost::json::array;
using registry::task_state;
using entry = registry::task_list::entry;

api::rpc_error failed(std::string message) {
  return {.code = api::rpc_code::failed, .message = std::move(message)};
}

shared_state& shared_of(rpc_session& session) {
  return session.context.worker.shared;
}

registry::task_look look(const entry& task) {
  return registry::look_at(*task, registry::rate_meter::clock::now());
}

/// The task that the first parameter names.
struct named_task {
  entry task;
  std::vector<std::string> keys;
};

api::rpc_result<named_task> find_task(rpc_session& session, const array& params) {
  auto asked = api::parse_gid(params);
  if (!asked) return asked.error();
  auto task = shared_of(session).tasks.find(asked->gid);
  if (!task) return failed("GID " + asked->gid + " is not found");
  return named_task{.task = std::move(task), .keys = std::move(asked->keys)};
}

rpc_value tell_status(rpc_session& session, const array& params) {
  const auto found = find_task(session, params);
  if (!found) return found.error();
  return boost::json::value(api::tell_status(view_of(*found->task, look(found->task)), found->keys));
}

template <auto Tell>
rpc_value tell_part(rpc_session& session, const array& params) {
  const auto found = find_task(session, params);
  if (!found) return found.error();
  return boost::json::value(Tell(view_of(*found->task, look(found->task))));
}

// Lists.

struct listed_task {
  entry task;
  registry::task_look look;
};

template <class Wanted>
std::vector<listed_task> select(rpc_session& session, Wanted wanted) {
  std::vector<listed_task> selected;
  for (auto& each : shared_of(session).tasks.all()) {
    auto now = look(each);
    if (wanted(now.state)) selected.push_back({.task = std::move(each), .look = now});
  }
  return selected;
}

rpc_value list(rpc_session& session, const std::vector<listed_task>& all,
               const std::vector<std::size_t>& which, const std::vector<std::string>& keys) {
  if (which.size() > session.listed_left)
    return failed("These are too many tasks for one answer; ask for some of them.");
  session.listed_left -= which.size();
  array tasks;
  for (const auto i : which)
    tasks.push_back(api::tell_status(view_of(*all[i].task, all[i].look), keys));
  return boost::json::value(std::move(tasks));
}

rpc_value tell_active(rpc_session& session, const array& params) {
  const auto keys = api::parse_keys(params);
  if (!keys) return keys.error();
  const auto active = select(session, [](task_state state) { return state == task_state::active; });
  std::vector<std::size_t> all(active.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = i;
  return list(session, active, all, *keys);
}

template <class Wanted>
rpc_value tell_page(rpc_session& session, const array& params, Wanted wanted) {
  const auto asked = api::parse_list(params);
  if (!asked) return asked.error();
  const auto selected = select(session, wanted);
  return list(session, selected, asked->pick(selected.size()), asked->keys);
}

rpc_value tell_waiting(rpc_session& session, const array& params) {
  return tell_page(session, params, [](task_state state) { return state == task_state::waiting; });
}

rpc_value tell_stopped(rpc_session& session, const array& params) {
  return tell_page(session, params, registry::is_stopped);
}

rpc_value get_global_stat(rpc_session& session, const array&) {
  api::task_totals totals;
  for (const auto& each : shared_of(session).tasks.all()) {
    const auto now = look(each);
    totals.speed += now.speed;
    totals.active += now.state == task_state::active ? 1U : 0U;
    totals.waiting += now.state == task_state::waiting ? 1U : 0U;
    totals.stopped += registry::is_stopped(now.state) ? 1U : 0U;
  }
  return boost::json::value(api::tell_totals(totals));
}

// Commands.

rpc_value remove(rpc_session& session, const array& params) {
  const auto found = find_task(session, params);
  if (!found) return found.error();
  const auto& task = *found->task;
  auto& shared = shared_of(session);
  if (!shared.tasks.remove(task)) return failed("Active Download not found for GID#" + task.gid);
  shared.hls.shelf.forget(task.played->id());
  return boost::json::value(task.gid);
}

/// A player takes the bytes when it wants them; millrace has nothing to hold back.
rpc_value pause(rpc_session& session, const array& params) {
  const auto found = find_task(session, params);
  if (!found) return found.error();
  return failed("GID#" + found->task->gid + " cannot be paused now");
}

rpc_value unpause(rpc_session& session, const array& params) {
  const auto found = find_task(session, params);
  if (!found) return found.error();
  return failed("GID#" + found->task->gid + " cannot be unpaused now");
}

void forget(shared_state& shared, const registry::task& task) {
  shared.tasks.forget(task);
  shared.hls.shelf.forget(task.played->id());
}

rpc_value remove_download_result(rpc_session& session, const array& params) {
  const auto found = find_task(session, params);
  if (!found) return found.error();
  if (!registry::is_stopped(look(found->task).state))
    return failed("Could not remove download result of GID#" + found->task->gid);
  forget(shared_of(session), *found->task);
  return boost::json::value("OK");
}

rpc_value purge_download_result(rpc_session& session, const array&) {
  auto& shared = shared_of(session);
  for (const auto& each : shared.tasks.all()) {
    if (registry::is_stopped(look(each).state)) forget(shared, *each);
  }
  return boost::json::value("OK");
}

constexpr std::array table{
    named_method{"aria2.tellStatus", tell_status},
    named_method{"aria2.tellActive", tell_active},
    named_method{"aria2.tellWaiting", tell_waiting},
    named_method{"aria2.tellStopped", tell_stopped},
    named_method{"aria2.getUris", tell_part<api::tell_uris>},
    named_method{"aria2.getFiles", tell_part<api::tell_files>},
    named_method{"aria2.getOption", tell_part<api::tell_options>},
    named_method{"aria2.getGlobalStat", get_global_stat},
    named_method{"aria2.remove", remove},
    named_method{"aria2.forceRemove", remove},
    named_method{"aria2.pause", pause},
    named_method{"aria2.unpause", unpause},
    named_method{"aria2.removeDownloadResult", remove_download_result},
    named_method{"aria2.purgeDownloadResult", purge_download_result},
};

}  // namespace

std::span<const named_method> task_methods() noexcept {
  return table;
}

}  // namespace millrace::server
