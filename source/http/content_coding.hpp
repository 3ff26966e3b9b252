#pragma once
// Content codings (RFC 9110 §8.4) undone: gzip (RFC 1952), deflate (RFC 1950, and RFC 1951 as some servers
// send it) and lists of them.

#include "http/message.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::http {

/// How the decoding of a body goes.
enum class decoding {
  fine,
  unknown_coding,  ///< neither gzip nor deflate nor identity, or more than `most_codings`
  broken,          ///< the bytes are not what the coding prescribes, a wrong check sum included
  truncated,       ///< the body ended in the middle
  too_large,       ///< more decoded bytes than allowed, or far more encoded ones than they could need
};

/// Plain words for the log line and the problem document.
std::string_view to_string(decoding outcome) noexcept;

inline constexpr std::size_t most_codings = 4;

/// Content-Encoding, all its lines as one list.
std::string content_codings(const field_list& fields);

/// Feeds on a body as it arrives. Memory stays within some tens of KiB for each coding, whatever comes.
class body_decoder {
 public:
  /// `codings` as in content_codings(): in the order in which they were applied, without case; empty means
  /// identity. `limit` is of decoded bytes.
  body_decoder(std::string_view codings, std::size_t limit);
  ~body_decoder();
  body_decoder(const body_decoder&) = delete;
  body_decoder& operator=(const body_decoder&) = delete;

  /// Appends what these bytes decode to. Once it has failed, it fails always.
  decoding feed(std::span<const std::byte> bytes, std::string& out);
  /// The body has ended here. No bytes at all are an empty body in every coding.
  decoding finish();

 private:
  class stage;

  decoding pass(std::size_t at, std::span<const std::byte> bytes, std::string& out);

  std::vector<std::unique_ptr<stage>> stages_;  ///< the coding that was applied last comes first
  std::size_t limit_;
  std::size_t produced_ = 0;
  decoding state_ = decoding::fine;
};

}  // namespace millrace::http
