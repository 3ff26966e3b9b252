#include "upstream/next_hop.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace millrace::upstream {

namespace {

failure failed(std::string detail) {
  return {.code = errc::bad_redirect, .detail = std::move(detail)};
}

/// The places in a URL's text where its authority begins and, if there is one, its userinfo ends.
struct userinfo_place {
  std::size_t begin, end;
};

userinfo_place find_userinfo(const std::string& text) {
  const auto begin = text.find("://") + 3;
  const auto authority_end = std::min(text.find_first_of("/?", begin), text.size());
  const auto at = text.find('@', begin);
  return {begin, at < authority_end ? at + 1 : begin};
}

url with_credentials(const url& from, url to) {
  if (!from.credentials() || to.credentials() || to.origin() != from.origin()) return to;
  const auto given = find_userinfo(from.text());
  const auto replaced = find_userinfo(to.text());
  auto text = to.text();
  text.replace(replaced.begin, replaced.end - replaced.begin, from.text(), given.begin,
               given.end - given.begin);
  auto joined = url::parse(text);
  return joined ? std::move(*joined) : to;
}

}  // namespace

fetch_result<url> next_hop(const url& from, std::optional<std::string_view> location) {
  if (!location || location->empty())
    return failed(from.redacted() + " redirects without saying where to (no Location)");
  auto target = from.resolve(*location);
  if (!target) return failed(from.redacted() + " redirects to something that is no http(s) URL");
  return with_credentials(from, std::move(*target));
}

}  // namespace millrace::upstream
