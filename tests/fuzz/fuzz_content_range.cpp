// A Content-Range that is understood is a non-empty range inside the total.

#include "fuzzing.hpp"
#include "http/range_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  const auto parsed = http::parse_content_range(fuzz::to_text(data, size));
  if (!parsed) return 0;
  fuzz::require(parsed->range || parsed->total);
  if (parsed->range) fuzz::require(parsed->range->begin < parsed->range->end);
  if (parsed->range && parsed->total) {
    fuzz::require(parsed->range->end <= *parsed->total);
    fuzz::require(http::parse_content_range(http::format_content_range(*parsed->range, *parsed->total)) ==
                  parsed);
  }
  if (!parsed->range)
    fuzz::require(http::parse_content_range(http::format_unsatisfied_range(*parsed->total)) == parsed);
  return 0;
}
