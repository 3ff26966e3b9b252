#include "hls/uri_walk.hpp"

#include "hls/attribute_list.hpp"
#include "hls/uri_resolver.hpp"

#include <array>
#include <span>

namespace millrace::hls {

namespace {

struct uri_attribute {
  tag where;
  std::string_view name;
  uri_kind kind;
};

/// Asset lists and steering manifests are JSON and stay as they are, so they count as resources.
constexpr std::array uri_attributes{
    uri_attribute{tag::key, "URI", uri_kind::resource},
    uri_attribute{tag::session_key, "URI", uri_kind::resource},
    uri_attribute{tag::map, "URI", uri_kind::resource},
    uri_attribute{tag::part, "URI", uri_kind::resource},
    uri_attribute{tag::preload_hint, "URI", uri_kind::resource},
    uri_attribute{tag::session_data, "URI", uri_kind::resource},
    uri_attribute{tag::content_steering, "SERVER-URI", uri_kind::resource},
    uri_attribute{tag::date_range, "X-ASSET-URI", uri_kind::playlist},
    uri_attribute{tag::date_range, "X-ASSET-LIST", uri_kind::resource},
    uri_attribute{tag::media, "URI", uri_kind::playlist},
    uri_attribute{tag::i_frame_stream_inf, "URI", uri_kind::playlist},
    uri_attribute{tag::image_stream_inf, "URI", uri_kind::playlist},
    uri_attribute{tag::rendition_report, "URI", uri_kind::playlist},
};

/// The attributes of each tag, as a table by tag: lines are many.
struct attribute_range {
  std::uint8_t begin = 0, end = 0;
};
constexpr auto attributes_of = [] {
  std::array<attribute_range, static_cast<std::size_t>(tag::content_steering) + 1> ranges{};
  for (std::size_t i = 0; i < uri_attributes.size(); ++i) {
    auto& range = ranges[static_cast<std::size_t>(uri_attributes[i].where)];
    if (range.end == 0) range.begin = static_cast<std::uint8_t>(i);
    range.end = static_cast<std::uint8_t>(i + 1);
  }
  return ranges;
}();

class walk {
 public:
  walk(const playlist_source& source, const variable_list& exported, uri_visitor& visitor)
      : source_(source),
        exported_(exported),
        visitor_(visitor),
        resolver_(source.base),
        scope_(source.base, source.imported) {}

  std::optional<problem> run() {
    const auto& lines = source_.text.lines();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (const auto failed = take(i, lines[i])) return problem{*failed, i + 1};
    }
    return std::nullopt;
  }

 private:
  std::optional<problem_code> take(std::size_t index, const line& each) {
    if (each.what == tag::uri) {
      const auto kind = stream_inf_before_ ? uri_kind::playlist : uri_kind::resource;
      stream_inf_before_ = false;
      return take_reference(index, tag::uri, {}, source_.text.line_text(each), kind);
    }
    if (each.what == tag::stream_inf) stream_inf_before_ = true;
    if (each.what == tag::define) return scope_.define(source_.text.value(each));
    const auto range = attributes_of[static_cast<std::size_t>(each.what)];
    return range.end == 0 ? std::nullopt : take_attributes(index, each, range);
  }

  std::optional<problem_code> take_attributes(std::size_t index, const line& each, attribute_range range) {
    const auto wanted = std::span(uri_attributes).subspan(range.begin, range.end - range.begin);
    attribute_reader reader(source_.text.value(each));
    while (const auto found = reader.next()) {
      for (const auto& known : wanted) {
        if (known.name != found->name) continue;
        if (const auto failed = take_reference(index, each.what, known.name, found->value, known.kind))
          return failed;
      }
    }
    return reader.failed() ? std::optional(problem_code::bad_attributes) : std::nullopt;
  }

  std::optional<problem_code> take_reference(std::size_t index, tag where, std::string_view attribute,
                                             std::string_view reference, uri_kind kind) {
    const auto substituted = scope_.substitute(reference, buffer_);
    if (!substituted) return substituted.error();
    if (classify(*substituted) == reference_class::foreign) return std::nullopt;
    const auto absolute = resolver_.resolve(*substituted);
    if (!absolute) return problem_code::bad_reference;
    bytes_ += absolute->size();
    if (bytes_ > most_absolute_bytes) return problem_code::output_too_large;
    const auto hash = substituted->find('#');
    const auto fragment = hash == std::string_view::npos ? std::string_view{} : substituted->substr(hash);
    visitor_.visit({index, where, attribute, reference, *absolute, fragment, kind, exported_});
    return std::nullopt;
  }

  const playlist_source& source_;
  const variable_list& exported_;
  uri_visitor& visitor_;
  uri_resolver resolver_;
  variable_scope scope_;
  std::string buffer_;
  std::size_t bytes_ = 0;
  bool stream_inf_before_ = false;
};

/// What the playlists below a multivariant one may import: all of its variables, also those that are defined
/// behind the reference.
std::optional<problem> define_all(const playlist_source& source, variable_scope& scope) {
  const auto& lines = source.text.lines();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].what != tag::define) continue;
    if (const auto failed = scope.define(source.text.value(lines[i]))) return problem{*failed, i + 1};
  }
  return std::nullopt;
}

}  // namespace

std::optional<problem> walk_uris(const playlist_source& source, uri_visitor& visitor) {
  if (!source.text.is_master()) {
    // A media playlist leads to others of its kind (EXT-X-RENDITION-REPORT), below the same multivariant one.
    return walk(source, source.imported, visitor).run();
  }
  variable_scope scope(source.base, source.imported);
  if (source.text.has_definitions()) {
    if (const auto failed = define_all(source, scope)) return failed;
  }
  return walk(source, scope.defined(), visitor).run();
}

}  // namespace millrace::hls
