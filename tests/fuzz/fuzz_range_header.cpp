// A Range that is understood lies inside the resource once resolved, and survives being written and read.

#include "fuzzing.hpp"
#include "http/range_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  const auto parsed = http::parse_range(fuzz::to_text(data, size));
  if (!parsed) return 0;
  for (const byte_offset total : {byte_offset{0}, byte_offset{1}, byte_offset{1000}, ~byte_offset{0}}) {
    const auto bytes = http::resolve(*parsed, total);
    if (!bytes) continue;
    fuzz::require(bytes->begin < bytes->end && bytes->end <= total);
    const auto again = http::parse_range(http::format_range(*bytes));
    fuzz::require(again.has_value() && http::resolve(*again, total) == bytes);
    const auto answer = http::parse_content_range(http::format_content_range(*bytes, total));
    fuzz::require(answer.has_value() && answer->range == bytes && answer->total == total);
  }
  return 0;
}
