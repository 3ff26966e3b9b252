#include "registry/task_list.hpp"

#include "core/random.hpp"
#include "registry/identity.hpp"

#include <algorithm>

namespace millrace::registry {

namespace {

constexpr std::size_t gid_bytes = 8;
constexpr std::size_t session_bytes = 20;

}  // namespace

task_list::task_list(directory& streams, const task_settings& config)
    : streams_(streams), config_(config), session_id_(random_hex(session_bytes)) {}

task_list::entry task_list::add(task_definition what, std::optional<byte_offset> total) {
  auto gid = random_hex(gid_bytes);
  while (find(gid))
    gid = random_hex(gid_bytes);
  // Two tasks of one URL are two streams.
  const auto id = stream_id(what.what.sources.front().text(), "gid " + gid);
  auto played = streams_.post(id, std::move(what.what));
  if (!played) return nullptr;
  played->record_progress(total, config_.max_runs);
  auto made = std::make_shared<const task>(task{.gid = gid,
                                                .played = std::move(played),
                                                .out = std::move(what.out),
                                                .connections = what.connections,
                                                .options = std::move(what.options)});
  const std::scoped_lock lock(mutex_);
  const auto serial = next_serial_++;
  tasks_.emplace(serial, made);
  serials_.emplace(std::move(gid), serial);
  return made;
}

task_list::entry task_list::find(const std::string& gid) const {
  const std::scoped_lock lock(mutex_);
  const auto found = serials_.find(gid);
  return found == serials_.end() ? nullptr : tasks_.at(found->second);
}

std::vector<task_list::entry> task_list::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<entry> entries;
  entries.reserve(tasks_.size());
  for (const auto& [serial, each] : tasks_)
    entries.push_back(each);
  return entries;
}

bool task_list::remove(const task& what) {
  const bool was_there = streams_.remove_stream(what.played->id());
  const std::scoped_lock lock(mutex_);
  note_removed(what.gid);
  return was_there;
}

void task_list::forget(const task& what) {
  streams_.remove_stream(what.played->id());
  const std::scoped_lock lock(mutex_);
  erase(what.gid);
}

void task_list::clean_up() {
  for (const auto& each : all()) {
    if (!each->played->removed()) continue;
    const std::scoped_lock lock(mutex_);
    note_removed(each->gid);
  }
}

void task_list::note_removed(const std::string& gid) {
  const bool news = serials_.contains(gid) && std::ranges::find(removed_, gid) == removed_.end();
  if (news) removed_.push_back(gid);
  while (removed_.size() > config_.max_removed)
    erase(std::string(removed_.front()));
}

void task_list::erase(const std::string& gid) {
  std::erase(removed_, gid);
  const auto found = serials_.find(gid);
  if (found == serials_.end()) return;
  tasks_.erase(found->second);
  serials_.erase(found);
}

}  // namespace millrace::registry
