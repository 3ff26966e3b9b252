// A request head that is accepted reads the same when written again, and no prefix of it is taken for a whole
// one.

#include "fuzzing.hpp"
#include "http/message_reader.hpp"
#include "http/message_writer.hpp"

#include <algorithm>

namespace {

using namespace millrace;

constexpr std::size_t limit = 2048;

void check_framing(const http::request_head& head) {
  const bool has_length = head.fields.count("Content-Length") != 0;
  const bool has_coding = head.fields.count("Transfer-Encoding") != 0;
  fuzz::require(!(has_length && has_coding));
  fuzz::require((head.body == http::framing::chunked) == has_coding);
  fuzz::require((head.body == http::framing::length) == (head.content_length != 0));
  fuzz::require(head.version == 10 || head.fields.count("Host") == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::to_text(data, size);
  const auto parsed = http::parse_request_head(bytes, limit);
  fuzz::require((parsed.state == http::head_state::malformed) != parsed.reason.empty());
  if (parsed.state == http::head_state::incomplete) fuzz::require(size < limit);
  if (parsed.state != http::head_state::complete) return 0;
  fuzz::require(parsed.consumed <= std::min(size, limit));
  check_framing(parsed.head);
  for (const auto cut : {parsed.consumed / 2, parsed.consumed - 1}) {
    fuzz::require(http::parse_request_head(bytes.substr(0, cut), limit).state ==
                  http::head_state::incomplete);
  }
  const auto text = http::write_request_head(parsed.head.method, parsed.head.target, parsed.head.fields);
  const auto again = http::parse_request_head(text, text.size());
  if (parsed.head.version == 10) return 0;
  fuzz::require(again.state == http::head_state::complete && again.consumed == text.size());
  fuzz::require(again.head.target == parsed.head.target && again.head.body == parsed.head.body);
  fuzz::require(again.head.fields.size() == parsed.head.fields.size());
  for (const auto& each : parsed.head.fields) {
    fuzz::require(again.head.fields.find(each.name) == parsed.head.fields.find(each.name));
    fuzz::require(again.head.fields.count(each.name) == parsed.head.fields.count(each.name));
  }
  return 0;
}
