#include "registry/task.hpp"

namespace millrace::registry {

namespace {

task_state state_of(const stream_progress& progress, bool runs) noexcept {
  if (progress.removed) return task_state::removed;
  if (runs) return task_state::active;
  if (progress.complete) return task_state::complete;
  return progress.failed ? task_state::failed : task_state::waiting;
}

}  // namespace

task_look look_at(const task& of, rate_meter::clock::time_point now) {
  const auto& stream = *of.played;
  // Before the progress: what a response has delivered at its end must not be missing when it runs no more.
  const bool runs = stream.running.load() > 0;
  const auto progress = stream.progress();
  task_look look{.state = state_of(progress, runs), .total = progress.total, .delivered = progress.delivered};
  if (look.state != task_state::active) return look;
  look.speed = stream.arriving.bytes_per_second(now);
  look.connections = stream.connections.load(std::memory_order_relaxed);
  return look;
}

}  // namespace millrace::registry
