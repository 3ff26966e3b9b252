// The first line is the URL that redirects, the rest its Location. Credentials stay with their origin, and
// the request that follows has neither control characters nor white space.

#include "fuzzing.hpp"
#include "upstream/next_hop.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace millrace;

void check_sendable(const url& hop) {
  for (const std::string& text : {hop.text(), hop.target(), hop.host_header(), hop.redacted()})
    fuzz::require(std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; }));
  fuzz::require(hop.target().starts_with('/'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::to_text(data, size);
  const auto line_end = std::min(text.find('\n'), text.size());
  const auto location = text.substr(std::min(line_end + 1, text.size()));
  const auto from = url::parse(text.substr(0, line_end));
  if (!from) return 0;
  fuzz::require(!upstream::next_hop(*from, std::nullopt));
  const auto hop = upstream::next_hop(*from, location);
  if (!hop) {
    fuzz::require(hop.error().code == errc::bad_redirect);
    return 0;
  }
  check_sendable(*hop);
  const auto plain = from->resolve(location);
  fuzz::require(plain.has_value() && plain->origin() == hop->origin() && plain->target() == hop->target());
  if (plain->credentials() || plain->origin() != from->origin()) {
    fuzz::require(*hop == *plain);
  } else {
    fuzz::require(hop->credentials() == from->credentials());
  }
  // Dot segments of a base that is kept as it is go when the URL is given whole (RFC 3986 §5.2.2).
  const auto whole = upstream::next_hop(*from, hop->text());
  fuzz::require(whole.has_value() && whole->origin() == hop->origin());
  const auto again = upstream::next_hop(*from, whole->text());
  fuzz::require(again.has_value() && *again == *whole);
  return 0;
}
