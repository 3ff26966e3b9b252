#include "hls/track.hpp"

#include "hls/values.hpp"

#include <functional>

namespace millrace::hls {

namespace {

/// Players reload more often.
constexpr std::chrono::seconds idle_limit{60};

std::uint64_t size_of(const served_playlist& served, const playlist& text) {
  return served.body.text.size() + served.body.client_ids.size() * sizeof(std::uint32_t) +
         text.text().size() + text.lines().size() * sizeof(line);
}

}  // namespace

served_ptr track::fresh(std::size_t source, bool posted, clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  used_at_ = now;
  const bool usable = (live_ || numbering_.begun) && last_source_ == source && now < due_;
  return usable && last_ && last_->posted == posted ? last_ : nullptr;
}

bool track::is_media() const {
  const std::scoped_lock lock(mutex_);
  return media_;
}

std::string track::directives_for(const media_query& query, std::size_t source) const {
  if (query.directives.empty()) return {};
  const std::scoped_lock lock(mutex_);
  const bool known = !numbering_.begun || numbering_.source == source;
  if (known && numbering_.shift == 0) return query.directives;
  std::optional<std::int64_t> number;
  const auto told = query.msn ? parse_number(*query.msn) : std::nullopt;
  if (known && told) number = upstream_number(numbering_, *told);
  return moved_directives(query, number, known);
}

std::optional<track::clock::duration> track::stands_still(const fetched_playlist& fetched, std::size_t source,
                                                          clock::time_point now) {
  constexpr int patience = 3;
  const auto text = std::hash<std::string_view>()(fetched.text.text());
  const std::scoped_lock lock(mutex_);
  auto& last = sightings_[source];
  if (last.since == clock::time_point() || last.text != text) last = {text, now};
  const auto unchanged = now - last.since;
  if (!live_ || target_.count() == 0 || unchanged < patience * target_) return std::nullopt;
  return unchanged;
}

bool track::follows(std::size_t source) const {
  const std::scoped_lock lock(mutex_);
  return last_source_ == source;
}

bool track::is_last(const fetched_playlist& fetched, std::size_t source, bool posted) const {
  return last_ && last_text_ && last_->posted == posted && last_source_ == source &&
         last_->location == fetched.location && last_text_->text() == fetched.text.text();
}

parse_result<served_ptr> track::take(const fetched_playlist& fetched, const variable_list& imported,
                                     std::size_t source, bool whole, url_writing how,
                                     async::memory_budget& room, clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  used_at_ = now;
  if (whole && is_last(fetched, source, how.posted)) {
    due_ = now + last_->target / 2;
    return last_;
  }
  auto numbering = numbering_;
  const bool master = fetched.text.is_master();
  std::vector<text_edit> edits;
  bool live = false;
  std::chrono::microseconds target{};
  if (!master) {
    const auto outline = outline_media(fetched.text);
    if (!outline) return outline.error();
    live = outline->is_live();
    target = outline->target_duration.value_or(std::chrono::seconds(0));
    if (live || numbering.begun) edits = continue_live(numbering, fetched.text, *outline, source);
  }
  auto rewritten = rewrite({fetched.text, fetched.location, imported}, how.write, edits);
  if (!rewritten) return rewritten.error();
  auto served = std::make_shared<const served_playlist>(served_playlist{
      std::move(*rewritten), master, live, how.posted, target, fetched.location, fetched.remote});
  numbering_ = std::move(numbering);
  if (whole) {
    last_source_ = source;
    media_ = media_ || !master;
    live_ = live;
    target_ = target;
    due_ = now + target;
    keep(served, fetched, room);
  }
  return served;
}

void track::keep(const served_ptr& served, const fetched_playlist& fetched, async::memory_budget& room) {
  drop();
  const auto size = size_of(*served, fetched.text);
  room_ = room.try_reserve(size);
  if (room_.size() < size) return;
  last_ = served;
  last_text_ = fetched.text;
}

void track::drop() {
  last_.reset();
  last_text_.reset();
  room_ = {};
}

void track::forget_idle(clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  if (now - used_at_ > idle_limit) drop();
}

}  // namespace millrace::hls
