#pragma once
// A task as aria2's answers show it.

#include "api/aria2_status.hpp"
#include "registry/task.hpp"

namespace millrace::server {

api::task_view view_of(const registry::task& task, const registry::task_look& look);

}  // namespace millrace::server
