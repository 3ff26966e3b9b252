#include "hls/mapped_playlist.hpp"

#include "core/uri_syntax.hpp"

#include <algorithm>

namespace millrace::hls {

namespace {

class collector final : public uri_visitor {
 public:
  collector(std::string_view base, std::vector<mapped_uri>& out) : base_(base), out_(out) {}

  void visit(const found_uri& found) override {
    out_.push_back({found.line, found.where, found.kind, std::string(found.absolute),
                    relative_reference(base_, found.absolute)});
  }

 private:
  std::string_view base_;
  std::vector<mapped_uri>& out_;
};

}  // namespace

std::string relative_reference(std::string_view base, std::string_view absolute) {
  const auto from = split_reference(base);
  const auto to = split_reference(absolute);
  if (from.scheme != to.scheme || from.authority != to.authority) return std::string(absolute);
  // A missing path is the root. The last '/' that both have in common ends the folder to start from.
  const auto path = to.path.empty() ? std::string_view("/") : to.path;
  const auto slash = from.path.rfind('/');
  const auto folder =
      slash == std::string_view::npos ? std::string_view("/") : from.path.substr(0, slash + 1);
  const auto [mine, other] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  auto common = static_cast<std::size_t>(mine - folder.begin());
  while (common > 0 && folder[common - 1] != '/')
    --common;
  std::string out;
  for (auto ups = std::count(folder.begin() + static_cast<std::ptrdiff_t>(common), folder.end(), '/');
       ups > 0; --ups)
    out += "../";
  out += path.substr(common);
  if (to.query) out.append("?").append(*to.query);
  return out;
}

parse_result<mapped_master> mapped_master::read(const playlist_source& source) {
  mapped_master made{source.base.text(), {}, {}};
  collector all(made.base, made.uris);
  if (const auto failed = walk_uris(source, all)) return *failed;
  auto outline = outline_master(source);
  if (!outline) return outline.error();
  made.outline = std::move(*outline);
  return made;
}

parse_result<mapped_media> mapped_media::read(const playlist_source& source) {
  mapped_media made{source.base.text(), {}, {}};
  collector all(made.base, made.uris);
  if (const auto failed = walk_uris(source, all)) return *failed;
  auto outline = outline_media(source.text);
  if (!outline) return outline.error();
  made.outline = std::move(*outline);
  return made;
}

const std::string* absolute_at(const std::vector<mapped_uri>& uris, std::size_t line) noexcept {
  const auto at =
      std::lower_bound(uris.begin(), uris.end(), line,
                       [](const mapped_uri& each, std::size_t wanted) { return each.line < wanted; });
  return at != uris.end() && at->line == line ? &at->absolute : nullptr;
}

}  // namespace millrace::hls
