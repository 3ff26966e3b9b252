#include "api/aria2_status.hpp"

#include "api/json_types.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace millrace::api {

namespace json = boost::json;

namespace {

constexpr std::uint64_t piece_length = 1024 * 1024;

/// aria2(1), "EXIT STATUS": what went well, an unknown error, removed by the user.
constexpr std::string_view code_of(task_status status) noexcept {
  switch (status) {
    case task_status::complete:
      return "0";
    case task_status::removed:
      return "31";
    default:
      return "1";
  }
}

bool has_ended(task_status status) noexcept {
  return status == task_status::complete || status == task_status::error || status == task_status::removed;
}

std::uint64_t completed(const task_view& task) noexcept {
  return task.total == 0 ? task.completed : std::min(task.completed, task.total);
}

std::uint64_t pieces(const task_view& task) noexcept {
  return task.total / piece_length + (task.total % piece_length != 0);
}

/// The members somebody asked for.
class answer {
 public:
  explicit answer(std::span<const std::string> keys) : keys_(keys) {}

  bool wants(std::string_view name) const {
    return keys_.empty() || std::find(keys_.begin(), keys_.end(), name) != keys_.end();
  }
  void put(std::string_view name, std::string_view text) {
    if (wants(name)) put_text(object_, name, text);
  }
  void put_number(std::string_view name, std::uint64_t number) { put(name, std::to_string(number)); }
  void put_list(std::string_view name, json::array list) { object_.emplace(name, std::move(list)); }
  json::object take() && { return std::move(object_); }

 private:
  std::span<const std::string> keys_;
  json::object object_;
};

}  // namespace

std::string_view name_of(task_status status) noexcept {
  switch (status) {
    case task_status::waiting:
      return "waiting";
    case task_status::active:
      return "active";
    case task_status::complete:
      return "complete";
    case task_status::error:
      return "error";
    case task_status::removed:
      return "removed";
  }
  return "error";
}

json::object tell_status(const task_view& task, std::span<const std::string> keys) {
  const bool ended = has_ended(task.status);
  answer made(keys);
  made.put("gid", task.gid);
  made.put("status", name_of(task.status));
  made.put_number("totalLength", task.total);
  made.put_number("completedLength", completed(task));
  made.put("uploadLength", "0");
  made.put_number("downloadSpeed", ended ? 0 : task.speed);
  made.put("uploadSpeed", "0");
  made.put_number("connections", ended ? 0 : task.connections);
  made.put_number("numPieces", pieces(task));
  made.put_number("pieceLength", piece_length);
  if (ended) {
    made.put("errorCode", code_of(task.status));
    made.put("errorMessage", task.status == task_status::error ? task.error : std::string());
  }
  made.put("dir", "");
  if (made.wants("files")) made.put_list("files", tell_files(task));
  return std::move(made).take();
}

json::array tell_uris(const task_view& task) {
  json::array uris;
  uris.reserve(task.uris.size());
  for (std::size_t i = 0; i < task.uris.size(); ++i) {
    json::object entry;
    put_text(entry, "uri", task.uris[i]);
    entry.emplace("status", i == task.used ? "used" : "waiting");
    uris.push_back(std::move(entry));
  }
  return uris;
}

json::array tell_files(const task_view& task) {
  json::object file;
  file.emplace("index", "1");
  put_text(file, "path", task.file_name);
  file.emplace("length", std::to_string(task.total));
  file.emplace("completedLength", std::to_string(completed(task)));
  file.emplace("selected", "true");
  file.emplace("uris", tell_uris(task));
  json::array files;
  files.push_back(std::move(file));
  return files;
}

json::object tell_options(const task_view& task) {
  json::object options;
  for (const auto& [name, value] : task.options)
    put_text(options, name, value);
  return options;
}

json::object tell_totals(const task_totals& totals) {
  json::object made;
  made.emplace("downloadSpeed", std::to_string(totals.speed));
  made.emplace("uploadSpeed", "0");
  made.emplace("numActive", std::to_string(totals.active));
  made.emplace("numWaiting", std::to_string(totals.waiting));
  made.emplace("numStopped", std::to_string(totals.stopped));
  made.emplace("numStoppedTotal", std::to_string(totals.stopped));
  return made;
}

}  // namespace millrace::api
