// The first line is a URL, the rest a reference. What is accepted is stable, sendable and holds no control
// characters.

#include "core/url.hpp"
#include "fuzzing.hpp"

#include <algorithm>

namespace {

using namespace millrace;

void check(const url& parsed) {
  const auto again = url::parse(parsed.text());
  fuzz::require(again.has_value());
  fuzz::require(again->text() == parsed.text() && again->target() == parsed.target());
  fuzz::require(again->origin() == parsed.origin() && again->credentials() == parsed.credentials());
  fuzz::require(
      std::all_of(parsed.text().begin(), parsed.text().end(), [](char c) { return c > 0x20 && c < 0x7f; }));
  fuzz::require(parsed.target().starts_with('/') && parsed.target().find('#') == std::string::npos);
  fuzz::require(parsed.path() == parsed.target().substr(0, parsed.target().find('?')));
  fuzz::require(!parsed.host().empty() && parsed.port() != 0);
  fuzz::require(parsed.host().find_first_of("/?#@[] %\\") == std::string::npos);
  const auto shown = url::parse(parsed.redacted());
  fuzz::require(shown.has_value() && shown->origin() == parsed.origin() && !shown->credentials());
  const auto same = parsed.resolve("");
  fuzz::require(same.has_value() && *same == parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::to_text(data, size);
  const auto line_end = std::min(text.find('\n'), text.size());
  const auto reference = text.substr(std::min(line_end + 1, text.size()));
  const auto base = url::parse(text.substr(0, line_end));
  if (!base) return 0;
  check(*base);
  const auto resolved = base->resolve(reference);
  if (!resolved) return 0;
  check(*resolved);
  if (const auto absolute = base->resolve(resolved->text())) check(*absolute);
  fuzz::require(percent_decode(percent_encode(reference)) == reference);
  return 0;
}
