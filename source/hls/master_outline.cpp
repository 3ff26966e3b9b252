#include "hls/master_outline.hpp"

#include "hls/attribute_list.hpp"
#include "hls/values.hpp"

#include <algorithm>
#include <optional>

namespace millrace::hls {

namespace {

struct variant_text {
  std::string_view name;
  std::string variant::* member;
};
constexpr variant_text variant_texts[] = {
    {"CODECS", &variant::codecs},
    {"RESOLUTION", &variant::resolution},
    {"NAME", &variant::name},
    {"AUDIO", &variant::audio},
    {"VIDEO", &variant::video},
    {"SUBTITLES", &variant::subtitles},
    {"CLOSED-CAPTIONS", &variant::closed_captions},
};

struct rendition_text {
  std::string_view name;
  std::string rendition::* member;
};
constexpr rendition_text rendition_texts[] = {
    {"TYPE", &rendition::type},
    {"GROUP-ID", &rendition::group_id},
    {"NAME", &rendition::name},
    {"LANGUAGE", &rendition::language},
};

class outliner {
 public:
  explicit outliner(const playlist_source& source)
      : text_(source.text), scope_(source.base, source.imported) {}

  parse_result<master_outline> run() {
    const auto& lines = text_.lines();
    for (line_index i = 0; i < lines.size(); ++i) {
      if (const auto failed = take(i, lines[i])) return problem{*failed, std::size_t{i} + 1};
    }
    return std::move(out_);
  }

 private:
  using outcome = std::optional<problem_code>;

  outcome take(line_index index, const line& each) {
    switch (each.what) {
      case tag::define:
        return scope_.define(text_.value(each));
      case tag::uri:
        if (pending_) {
          pending_->uri_line = index;
          out_.variants.push_back(std::move(*pending_));
          pending_.reset();
        }
        return std::nullopt;
      case tag::stream_inf:
        pending_.emplace();
        return read(index, each, *pending_);
      case tag::i_frame_stream_inf:
      case tag::image_stream_inf: {
        auto& made = out_.variants.emplace_back();
        made.uri_line = index;
        return read(index, each, made);
      }
      case tag::media:
        return read_rendition(index, each);
      default:
        return std::nullopt;
    }
  }

  /// Unquoted values hold no variables.
  outcome assign(const attribute& from, std::string& to) {
    if (!from.quoted) {
      to = from.value;
      return std::nullopt;
    }
    const auto text = scope_.substitute(from.value, buffer_);
    if (!text) return text.error();
    to = *text;
    bytes_ += to.size();
    return bytes_ > largest_playlist ? std::optional(problem_code::output_too_large) : std::nullopt;
  }

  outcome read(line_index index, const line& each, variant& made) {
    made.kind = each.what;
    made.line = index;
    attribute_reader reader(text_.value(each));
    while (const auto found = reader.next()) {
      if (found->name == "BANDWIDTH") made.bandwidth = parse_number(found->value).value_or(0);
      if (found->name == "AVERAGE-BANDWIDTH") made.average_bandwidth = parse_number(found->value).value_or(0);
      for (const auto& known : variant_texts) {
        if (known.name != found->name) continue;
        if (const auto failed = assign(*found, made.*known.member)) return failed;
      }
    }
    return reader.failed() ? std::optional(problem_code::bad_attributes) : std::nullopt;
  }

  outcome read_rendition(line_index index, const line& each) {
    auto& made = out_.renditions.emplace_back();
    made.line = index;
    attribute_reader reader(text_.value(each));
    while (const auto found = reader.next()) {
      made.has_uri |= found->name == "URI";
      for (const auto& known : rendition_texts) {
        if (known.name != found->name) continue;
        if (const auto failed = assign(*found, made.*known.member)) return failed;
      }
    }
    return reader.failed() ? std::optional(problem_code::bad_attributes) : std::nullopt;
  }

  const playlist& text_;
  variable_scope scope_;
  master_outline out_;
  std::optional<variant> pending_;
  std::string buffer_;
  std::size_t bytes_ = 0;
};

}  // namespace

parse_result<master_outline> outline_master(const playlist_source& source) {
  return outliner(source).run();
}

}  // namespace millrace::hls
