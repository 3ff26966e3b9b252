// Whatever a server calls gzip or deflate: it ends within the limit, the same for every split, and what was
// compressed properly comes back.

#include "fuzzing.hpp"
#include "http/content_coding.hpp"
#include "support/compress.hpp"

#include <array>
#include <string>

namespace {

using namespace millrace;

constexpr std::size_t limit = 64 * 1024;
constexpr std::array codings{"", "gzip", "deflate", "deflate, gzip", "gzip, deflate", "gzip, gzip"};

struct outcome {
  http::decoding state = http::decoding::fine;
  std::string text;
};

outcome decode(std::string_view coding, std::string_view body, std::size_t piece_size) {
  http::body_decoder decoder(coding, limit);
  outcome all;
  for (std::size_t at = 0; at < body.size() && all.state == http::decoding::fine; at += piece_size) {
    all.state = decoder.feed(std::as_bytes(std::span(body.substr(at, piece_size))), all.text);
    fuzz::require(all.text.size() <= limit);
  }
  const auto end = decoder.finish();
  fuzz::require(all.state == http::decoding::fine || all.state == end);
  all.state = end;
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto* coding = codings[data[0] % codings.size()];
  const auto body = fuzz::to_text(data, size).substr(1);
  const auto whole = decode(coding, body, size);
  for (const auto piece_size : {std::size_t{1}, std::size_t{7}}) {
    const auto split = decode(coding, body, piece_size);
    // Of several faults, another one may be met first.
    const bool fine = whole.state == http::decoding::fine;
    fuzz::require(fine == (split.state == http::decoding::fine));
    if (fine) fuzz::require(split.text == whole.text);
  }
  for (const int format : {test::as_gzip, test::as_zlib, test::as_raw_deflate}) {
    const auto* name = format == test::as_gzip ? "gzip" : "deflate";
    const auto again = decode(name, test::compress(body, format), 100);
    fuzz::require(again.state == http::decoding::fine && again.text == body);
  }
  return 0;
}
