// However a chunked body is split, the decoder finds the same payload, end or error.

#include "fuzzing.hpp"
#include "http/chunked_decoder.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace millrace;

struct outcome {
  std::string payload;
  std::size_t consumed = 0;
  bool done = false;
  bool malformed = false;
  bool operator==(const outcome&) const = default;
};

outcome decode(std::string_view wire, std::size_t piece_size) {
  http::chunked_decoder decoder;
  outcome all;
  while (all.consumed < wire.size() && !all.done && !all.malformed) {
    std::string piece(wire.substr(all.consumed, piece_size));
    const std::string before = piece;
    const auto step = decoder.decode(std::as_writable_bytes(std::span(piece)));
    fuzz::require(step.payload <= step.consumed && step.consumed <= piece.size());
    fuzz::require(step.done || step.malformed || step.consumed == piece.size());
    fuzz::require(std::equal(piece.begin() + static_cast<std::ptrdiff_t>(step.consumed), piece.end(),
                             before.begin() + static_cast<std::ptrdiff_t>(step.consumed)));
    all.payload.append(piece, 0, step.payload);
    all.consumed += step.consumed;
    all.done = step.done;
    all.malformed = step.malformed;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto wire = fuzz::to_text(data, size);
  const auto whole = decode(wire, wire.size());
  fuzz::require(!(whole.done && whole.malformed));
  for (const auto piece_size : {std::size_t{1}, std::size_t{3}, std::size_t{7}})
    fuzz::require(decode(wire, piece_size) == whole);
  return 0;
}
