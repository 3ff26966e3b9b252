#pragma once
// Chunked transfer coding (RFC 9112 §7.1), decoded in place.

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace::http {

/// Feeds on raw bytes as they arrive and moves the payload to the front of the same buffer.
class chunked_decoder {
 public:
  struct step {
    std::size_t payload = 0;   ///< bytes of payload now at the front of the buffer
    std::size_t consumed = 0;  ///< raw bytes used; less than given only when the body has ended
    bool done = false;         ///< last chunk and trailers read
    bool malformed = false;
  };

  /// Chunk extensions and trailers are skipped; their size is limited, as is the number of hex digits, and
  /// control characters and folded lines are malformed. Once malformed, always malformed.
  step decode(std::span<std::byte> bytes) noexcept;

 private:
  enum class state {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer,
    trailer_lf,
    end_lf,
    done,
    failed
  };

  /// One byte that is not payload; false when it is out of place.
  bool take_framing(char c) noexcept;
  /// The same of one that is skipped.
  bool take_overhead(char c) noexcept;

  state state_ = state::size;
  std::uint64_t left_ = 0;  ///< of the chunk's data
  unsigned digits_ = 0;
  std::size_t overhead_ = 0;  ///< bytes of this chunk's extensions or of the trailers
};

}  // namespace millrace::http
