#include "server/task_view.hpp"

#include "transfer/resource.hpp"

namespace millrace::server {

namespace {

api::task_status status_of(registry::task_state state) noexcept {
  switch (state) {
    case registry::task_state::waiting:
      return api::task_status::waiting;
    case registry::task_state::active:
      return api::task_status::active;
    case registry::task_state::complete:
      return api::task_status::complete;
    case registry::task_state::failed:
      return api::task_status::error;
    case registry::task_state::removed:
      return api::task_status::removed;
  }
  return api::task_status::waiting;
}

}  // namespace

api::task_view view_of(const registry::task& task, const registry::task_look& look) {
  const auto what = task.played->definition();
  api::task_view view{
      .gid = task.gid,
      .status = status_of(look.state),
      .total = look.total.value_or(0),
      .completed = look.delivered,
      .speed = look.speed,
      .connections = look.connections,
      .error = {},
      .file_name = transfer::describe({}, what->sources.front(), look.total, task.out).file_name,
      .uris = {},
      .used = task.played->current_source(),
      .options = task.options};
  if (look.state == registry::task_state::failed) view.error = task.played->last_error();
  for (const auto& each : what->sources)
    view.uris.push_back(each.text());
  return view;
}

}  // namespace millrace::server
