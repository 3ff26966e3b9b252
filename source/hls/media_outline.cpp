#include "hls/media_outline.hpp"

#include "hls/attribute_list.hpp"
#include "hls/values.hpp"

#include <algorithm>

namespace millrace::hls {

namespace {

class outliner {
 public:
  explicit outliner(const playlist& text) : text_(text) {}

  parse_result<media_outline> run() {
    const auto& lines = text_.lines();
    out_.segments.reserve(lines.size() / 2);
    for (line_index i = 0; i < lines.size(); ++i) {
      if (const auto failed = take(i, lines[i])) return problem{*failed, std::size_t{i} + 1};
    }
    // Only now the headers are known for sure: the last of several counts, wherever they stand.
    std::int64_t number = out_.media_sequence + out_.skipped;
    for (auto& each : out_.segments) {
      each.number = number++;
      each.discontinuity_number += out_.discontinuity_sequence;
    }
    return std::move(out_);
  }

 private:
  using outcome = std::optional<problem_code>;

  struct key {
    std::string_view format;
    line_index line;
  };

  outcome take(line_index index, const line& each) {
    if (is_segment_tag(each.what)) {
      if (first_line_ == no_line) first_line_ = index;
      return take_segment_tag(index, each);
    }
    const auto value = text_.value(each);
    switch (each.what) {
      case tag::uri:
        add_segment(index);
        return std::nullopt;
      case tag::target_duration:
        return take_target_duration(value);
      case tag::media_sequence:
        return take_header(index, value, out_.media_sequence, out_.media_sequence_line);
      case tag::discontinuity_sequence:
        return take_header(index, value, out_.discontinuity_sequence, out_.discontinuity_sequence_line);
      case tag::end_list:
        out_.ended = true;
        return std::nullopt;
      case tag::playlist_type:
        if (value == "VOD") out_.type = playlist_type::vod;
        if (value == "EVENT") out_.type = playlist_type::event;
        return std::nullopt;
      case tag::i_frames_only:
        out_.i_frames_only = true;
        return std::nullopt;
      case tag::skip:
        return take_skip(value);
      default:
        return std::nullopt;
    }
  }

  outcome take_segment_tag(line_index index, const line& each) {
    const auto value = text_.value(each);
    switch (each.what) {
      case tag::inf: {
        // Channel lists have all kinds of things there, and players do not mind.
        next_.duration = parse_seconds(value).value_or(std::chrono::microseconds(0));
        return std::nullopt;
      }
      case tag::byte_range: {
        const auto range = parse_sub_range(value);
        if (!range) return problem_code::bad_number;
        next_.length = range->length;
        next_.offset = range->offset;
        return std::nullopt;
      }
      case tag::discontinuity:
        next_.discontinuity = true;
        ++discontinuities_;
        return std::nullopt;
      case tag::key:
        return take_key(index, value);
      case tag::map:
        map_ = index;
        return std::nullopt;
      case tag::gap:
        next_.gap = true;
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  outcome take_target_duration(std::string_view value) {
    const auto duration = parse_seconds(value);
    if (!duration) return problem_code::bad_number;
    out_.target_duration = std::chrono::ceil<std::chrono::seconds>(*duration);
    return std::nullopt;
  }

  outcome take_header(line_index index, std::string_view value, std::int64_t& number, line_index& where) {
    const auto parsed = parse_number(value);
    if (!parsed) return problem_code::bad_number;
    number = *parsed;
    where = index;
    // What stood before the header is no part of the first segment's own lines.
    first_line_ = no_line;
    return std::nullopt;
  }

  outcome take_skip(std::string_view value) {
    const auto count = find_attribute(value, "SKIPPED-SEGMENTS");
    const auto parsed = count ? parse_number(count->value) : std::nullopt;
    if (!parsed) return problem_code::bad_number;
    out_.skipped = *parsed;
    return std::nullopt;
  }

  outcome take_key(line_index index, std::string_view value) {
    attribute_reader reader(value);
    bool none = false;
    std::string_view format = "identity";
    while (const auto found = reader.next()) {
      none |= found->name == "METHOD" && found->value == "NONE";
      if (found->name == "KEYFORMAT") format = found->value;
    }
    if (reader.failed()) return problem_code::bad_attributes;
    if (none) {
      keys_.clear();
    } else {
      std::erase_if(keys_, [format](const key& each) { return each.format == format; });
      keys_.push_back({format, index});
      if (keys_.size() > most_key_formats) return problem_code::too_many_keys;
    }
    keys_changed_ = true;
    return std::nullopt;
  }

  /// The sub-range without an offset continues the one before it (§4.4.4.2).
  void complete_range(line_index index) {
    if (!next_.length || next_.offset) return;
    next_.offset = 0;
    if (out_.segments.empty()) return;
    const auto& before = out_.segments.back();
    const auto& lines = text_.lines();
    if (before.length && text_.line_text(lines[before.line]) == text_.line_text(lines[index]))
      next_.offset = std::min(*before.offset + *before.length, largest_number);
  }

  void add_segment(line_index index) {
    if (keys_changed_) {
      auto& set = out_.key_sets.emplace_back();
      for (const auto& each : keys_)
        set.push_back(each.line);
    }
    keys_changed_ = false;
    complete_range(index);
    next_.discontinuity_number = discontinuities_;
    next_.line = index;
    next_.first_line = first_line_ == no_line ? index : first_line_;
    next_.map = map_;
    next_.keys = static_cast<std::uint32_t>(out_.key_sets.size() - 1);
    out_.segments.push_back(next_);
    next_ = {};
    first_line_ = no_line;
  }

  const playlist& text_;
  media_outline out_;
  segment next_;
  std::vector<key> keys_;
  bool keys_changed_ = false;
  std::int64_t discontinuities_ = 0;
  line_index map_ = no_line;
  line_index first_line_ = no_line;
};

}  // namespace

parse_result<media_outline> outline_media(const playlist& text) {
  return outliner(text).run();
}

}  // namespace millrace::hls
