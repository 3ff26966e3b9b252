#include "http/chunked_decoder.hpp"

#include "http/characters.hpp"

#include <algorithm>
#include <cstring>

namespace millrace::http {

namespace {

constexpr unsigned most_digits = 16;              // 64 bits
constexpr std::size_t most_overhead = 16 * 1024;  // extensions of one chunk, or all trailers

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool chunked_decoder::take_framing(char c) noexcept {
  switch (state_) {
    case state::size:
      if (const int digit = hex_value(c); digit >= 0) {
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return ++digits_ <= most_digits;
      }
      if (digits_ == 0) return false;
      if (c == ';' || c == ' ' || c == '\t') state_ = state::extension;
      if (c == '\r') state_ = state::size_lf;
      return state_ != state::size;
    case state::extension:
      if (c == '\r') state_ = state::size_lf;
      return take_overhead(c);
    case state::size_lf:
      state_ = left_ == 0 ? state::trailer_start : state::data;
      digits_ = 0;
      overhead_ = 0;
      return c == '\n';
    case state::data_cr:
      state_ = state::data_lf;
      return c == '\r';
    case state::data_lf:
      state_ = state::size;
      return c == '\n';
    case state::trailer_start:
      state_ = c == '\r' ? state::end_lf : state::trailer_name;
      return c == '\r' || (contains(token_characters, c) && take_overhead(c));
    case state::trailer_name:
      if (c == ':') state_ = state::trailer;
      return (c == ':' || contains(token_characters, c)) && take_overhead(c);
    case state::trailer:
      if (c == '\r') state_ = state::trailer_lf;
      return take_overhead(c);
    case state::trailer_lf:
      state_ = state::trailer_start;
      return c == '\n';
    case state::end_lf:
      state_ = state::done;
      return c == '\n';
    case state::data:
    case state::done:
    case state::failed:
      break;
  }
  return false;
}

bool chunked_decoder::take_overhead(char c) noexcept {
  return (c == '\r' || contains(value_characters, c)) && ++overhead_ <= most_overhead;
}

chunked_decoder::step chunked_decoder::decode(std::span<std::byte> bytes) noexcept {
  step outcome;
  while (outcome.consumed < bytes.size() && state_ != state::done) {
    if (state_ == state::data) {
      const auto available = bytes.size() - outcome.consumed;
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, available));
      std::memmove(bytes.data() + outcome.payload, bytes.data() + outcome.consumed, count);
      outcome.payload += count;
      outcome.consumed += count;
      left_ -= count;
      if (left_ == 0) state_ = state::data_cr;
    } else if (take_framing(static_cast<char>(bytes[outcome.consumed]))) {
      ++outcome.consumed;
    } else {
      state_ = state::failed;
      outcome.malformed = true;
      return outcome;
    }
  }
  outcome.done = state_ == state::done;
  return outcome;
}

}  // namespace millrace::http
