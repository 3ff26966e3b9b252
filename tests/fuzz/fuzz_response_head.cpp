// A response head that is accepted reads the same when written again; a body is never read after HEAD, 204 or
// 304.

#include "fuzzing.hpp"
#include "http/message_reader.hpp"
#include "http/message_writer.hpp"

#include <algorithm>

namespace {

using namespace millrace;

constexpr std::size_t limit = 2048;

void check_framing(const http::response_head& head, bool to_head) {
  const bool bodiless = to_head || head.status < 200 || head.status == 204 || head.status == 304;
  fuzz::require((head.body == http::framing::none) == bodiless);
  if (head.body == http::framing::until_close) fuzz::require(!head.keep_alive);
  if (head.body != http::framing::length) fuzz::require(head.content_length == 0);
  const bool both = head.fields.count("Content-Length") != 0 && head.fields.count("Transfer-Encoding") != 0;
  fuzz::require(!both);
}

void check(std::string_view bytes, bool to_head) {
  const auto parsed = http::parse_response_head(bytes, limit, to_head);
  fuzz::require((parsed.state == http::head_state::malformed) != parsed.reason.empty());
  if (parsed.state == http::head_state::incomplete) fuzz::require(bytes.size() < limit);
  if (parsed.state != http::head_state::complete) return;
  fuzz::require(parsed.consumed <= std::min(bytes.size(), limit));
  fuzz::require(parsed.head.status >= 100 && parsed.head.status <= 999);
  check_framing(parsed.head, to_head);
  const auto text = http::write_response_head(parsed.head.status, parsed.head.fields);
  const auto again = http::parse_response_head(text, text.size(), to_head);
  fuzz::require(again.state == http::head_state::complete && again.consumed == text.size());
  fuzz::require(again.head.body == parsed.head.body &&
                again.head.content_length == parsed.head.content_length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(fuzz::to_text(data, size), false);
  check(fuzz::to_text(data, size), true);
  return 0;
}
