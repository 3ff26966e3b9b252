#include "hls/live_numbering.hpp"

#include "hls/attribute_list.hpp"
#include "hls/values.hpp"

#include <algorithm>
#include <string>

namespace millrace::hls {

namespace {

/// FNV-1a of the file name, without folders and query: those differ between sources of one stream.
std::uint64_t name_hash(std::string_view reference) noexcept {
  reference = reference.substr(0, reference.find_first_of("?#"));
  reference = reference.substr(reference.rfind('/') + 1);
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : reference)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::vector<std::uint64_t> names_of(const playlist& text, const media_outline& outline) {
  std::vector<std::uint64_t> names;
  names.reserve(outline.segments.size());
  for (const auto& each : outline.segments)
    names.push_back(name_hash(text.line_text(text.lines()[each.line])));
  return names;
}

bool is_same_stream(const live_state& state, std::int64_t begin,
                    const std::vector<std::uint64_t>& names) noexcept {
  const auto end_of = [](std::int64_t first, const auto& list) {
    return first + static_cast<std::int64_t>(list.size());
  };
  const auto from = std::max(begin, state.window_begin);
  const auto to = std::min(end_of(begin, names), end_of(state.window_begin, state.window_names));
  for (auto number = from; number < to; ++number) {
    if (names[static_cast<std::size_t>(number - begin)] !=
        state.window_names[static_cast<std::size_t>(number - state.window_begin)])
      return false;
  }
  return from < to;
}

void take_over(live_state& state, const segment& first) noexcept {
  state.shift = state.last_number + 1 - first.number;
  state.discontinuity_shift = state.last_discontinuity + 1 - first.discontinuity_number;
  state.seam = first.number;
  state.seam_is_ours = !first.discontinuity;
}

std::uint32_t begin_of(const playlist& text, line_index line) noexcept {
  const auto begin = text.text().rfind('\n', text.lines()[line].begin);
  return begin == std::string_view::npos ? 0 : static_cast<std::uint32_t>(begin + 1);
}

/// Makes the edits for one playlist; the state is settled.
class editor {
 public:
  editor(const playlist& text, const media_outline& outline) : text_(text), outline_(outline) {}

  std::vector<text_edit> run(const live_state& state, std::int64_t discontinuity_sequence) {
    number(outline_.media_sequence_line, "#EXT-X-MEDIA-SEQUENCE:", outline_.media_sequence,
           std::max<std::int64_t>(outline_.media_sequence + state.shift, 0));
    number(outline_.discontinuity_sequence_line,
           "#EXT-X-DISCONTINUITY-SEQUENCE:", outline_.discontinuity_sequence,
           std::max<std::int64_t>(discontinuity_sequence, 0));
    if (state.seam && state.seam_is_ours) mark(*state.seam);
    if (state.shift != 0) reports(state.shift);
    return std::move(edits_);
  }

 private:
  void number(line_index where, std::string_view name, std::int64_t upstream, std::int64_t told) {
    if (upstream == told) return;
    if (where == no_line) {
      const auto end = text_.text().find('\n');
      if (end == std::string_view::npos) return;
      insert(static_cast<std::uint32_t>(end + 1), std::string(name) + std::to_string(told));
      return;
    }
    const auto& line = text_.lines()[where];
    add({line.begin + line.value_begin, line.size - line.value_begin, std::to_string(told)});
  }

  void mark(std::int64_t seam) {
    const auto at =
        std::lower_bound(outline_.segments.begin(), outline_.segments.end(), seam,
                         [](const segment& each, std::int64_t wanted) { return each.number < wanted; });
    if (at == outline_.segments.end() || at->number != seam || at->discontinuity) return;
    insert(begin_of(text_, at->first_line), "#EXT-X-DISCONTINUITY");
  }

  /// The other renditions of this source are told with the same numbers.
  void reports(std::int64_t shift) {
    for (const auto& each : text_.lines()) {
      if (each.what != tag::rendition_report) continue;
      const auto last = find_attribute(text_.value(each), "LAST-MSN");
      const auto upstream = last ? parse_number(last->value) : std::nullopt;
      if (!upstream) continue;
      const auto begin = static_cast<std::uint32_t>(last->value.data() - text_.text().data());
      add({begin, static_cast<std::uint32_t>(last->value.size()),
           std::to_string(std::max<std::int64_t>(*upstream + shift, 0))});
    }
  }

  void insert(std::uint32_t place, std::string line) { add({place, 0, line.append(text_.line_end())}); }

  /// In order; those at one place stay as they came.
  void add(text_edit edit) {
    const auto behind =
        std::upper_bound(edits_.begin(), edits_.end(), edit.begin,
                         [](std::uint32_t begin, const text_edit& each) { return begin < each.begin; });
    edits_.insert(behind, std::move(edit));
  }

  const playlist& text_;
  const media_outline& outline_;
  std::vector<text_edit> edits_;
};

/// The number that the header tells: our own mark counts as one more discontinuity in the window.
std::int64_t told_discontinuity_sequence(const live_state& state, const media_outline& outline) noexcept {
  const bool ours = state.seam && state.seam_is_ours;
  return outline.discontinuity_sequence + state.discontinuity_shift - (ours ? 1 : 0);
}

}  // namespace

std::vector<text_edit> continue_live(live_state& state, const playlist& text, const media_outline& outline,
                                     std::size_t source) {
  if (outline.segments.empty()) {
    // Whether a new source is the same stream shows when it has segments.
    if (!state.begun || state.source != source) return {};
    return editor(text, outline).run(state, told_discontinuity_sequence(state, outline));
  }
  const auto& first = outline.segments.front();
  const auto& last = outline.segments.back();
  auto names = names_of(text, outline);
  if (state.begun && state.source != source && !is_same_stream(state, first.number, names))
    take_over(state, first);
  if (state.seam && *state.seam < outline.media_sequence) state.seam.reset();

  state.source = source;
  state.last_number = state.begun ? std::max(state.last_number, last.number + state.shift) : last.number;
  const auto last_discontinuity = last.discontinuity_number + state.discontinuity_shift;
  state.last_discontinuity =
      state.begun ? std::max(state.last_discontinuity, last_discontinuity) : last_discontinuity;
  state.begun = true;
  state.window_begin = first.number;
  state.window_names = std::move(names);
  return editor(text, outline).run(state, told_discontinuity_sequence(state, outline));
}

std::optional<std::int64_t> upstream_number(const live_state& state, std::int64_t told) noexcept {
  const auto number = told - state.shift;
  return number >= 0 && told >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace millrace::hls
