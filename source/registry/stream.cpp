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

working_connection::working_connection(std::shared_ptr<stream> of) noexcept : of_(std::move(of)) {
  if (of_) of_->connections.fetch_add(1, std::memory_order_relaxed);
}

working_connection& working_connection::operator=(working_connection&& other) noexcept {
  std::swap(of_, other.of_);
  return *this;
}

working_connection::~working_connection() {
  if (of_) of_->connections.fetch_sub(1, std::memory_order_relaxed);
}

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

std::vector<url> stream::trusted_sources() const {
  auto sources = definition()->sources;
  if (!posted()) sources.resize(1, sources.front());
  return sources;
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

void stream::record_progress(std::optional<byte_offset> total, std::size_t most_runs) {
  const std::scoped_lock lock(mutex_);
  record_.emplace(total, most_runs);
}

void stream::learn_total(byte_offset total) {
  const std::scoped_lock lock(mutex_);
  if (record_) record_->learn_total(total);
}

stream_progress stream::progress() const {
  stream_progress now{.removed = false, .failed = failed_.load(std::memory_order_relaxed), .total = {}};
  const std::scoped_lock lock(mutex_);
  now.removed = removed_;
  if (!record_) return now;
  const bool runs = std::ranges::any_of(playing_, [](const auto* each) { return each->run_.has_value(); });
  std::optional<delivery_record> with_running;
  if (runs) {
    with_running = record_;
    for (const auto* each : playing_) {
      if (each->run_) with_running->add(each->delivered());
    }
  }
  const auto& record = with_running ? *with_running : *record_;
  now.complete = record.complete();
  now.total = record.total();
  now.delivered = record.delivered();
  return now;
}

bool stream::removed() const {
  const std::scoped_lock lock(mutex_);
  return removed_;
}

void stream::record_error(const std::string& what) {
  errors.fetch_add(1, std::memory_order_relaxed);
  failed_.store(true, std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  last_error_ = what;
}

std::string stream::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}

}  // namespace millrace::registry
