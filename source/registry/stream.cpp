#include "registry/stream.hpp"

#include "registry/client.hpp"

#include <algorithm>
#include <array>

namespace millrace::registry {

namespace {

/// The lower-case extension of a path, with its dot.
std::string extension_of(std::string_view path) {
  const auto name = percent_decode(path.substr(path.rfind('/') + 1));
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return {};
  auto extension = name.substr(dot);
  for (auto& c : extension)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension;
}

}  // namespace

stream_kind kind_of_url(const url& primary) {
  const auto extension = extension_of(primary.path());
  return extension == ".m3u8" || extension == ".m3u" ? stream_kind::hls : stream_kind::undecided;
}

stream::stream(std::string id, stream_definition what, const registry_settings& config)
    : id_(std::move(id)),
      config_(config),
      kind_(kind_of_url(what.sources.front())),
      definition_(std::make_shared<const stream_definition>(std::move(what))) {}

bool stream::is_active(wall_clock::time_point now) const noexcept {
  if (running.load() > 0) return true;
  return kind() == stream_kind::hls && clients.load() > 0 && now - last_access() < config_.between_segments;
}

std::shared_ptr<const stream_definition> stream::definition() const {
  const std::scoped_lock lock(mutex_);
  return definition_;
}

void stream::redefine(stream_definition what) {
  auto next = std::make_shared<const stream_definition>(std::move(what));
  const std::scoped_lock lock(mutex_);
  memory_.keep_only(next->sources);
  definition_ = std::move(next);
}

std::vector<std::size_t> stream::source_order(std::span<const url> sources) const {
  const std::scoped_lock lock(mutex_);
  return memory_.order(sources, clock::now());
}

void stream::source_answered(const url& source) {
  const std::scoped_lock lock(mutex_);
  memory_.answered(source);
}

void stream::source_worked(const url& source) {
  const std::scoped_lock lock(mutex_);
  memory_.worked(source);
}

void stream::source_failed(const url& source, const failure& why) {
  const std::scoped_lock lock(mutex_);
  memory_.failed(source, clock::now(), config_);
  last_error_ = to_string(why);
}

std::size_t stream::current_source() const {
  const std::scoped_lock lock(mutex_);
  return memory_.current(definition_->sources);
}

std::size_t stream::move_all_to(const url& source) {
  const std::scoped_lock lock(mutex_);
  std::size_t moved = 0;
  for (auto* each : playing_) {
    if (!each->control_.move_to) continue;
    each->control_.move_to(source);
    ++moved;
  }
  return moved;
}

void stream::record_error(const std::string& what) {
  errors.fetch_add(1, std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  last_error_ = what;
}

std::string stream::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}

}  // namespace millrace::registry
