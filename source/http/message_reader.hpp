#pragma once
// Bytes → heads (RFC 9112 §2–§6). Beast parses; what Beast lets through and another party on the way could
// read differently is refused afterwards. A head is parsed once, when its end has come.

#include "core/error.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <string_view>

namespace millrace::http {

enum class head_state {
  incomplete,  ///< needs more bytes
  complete,
  malformed,  ///< 400 to a client, errc::malformed_response from an upstream
  too_large,  ///< beyond the limit: 431 to a client
};

template <class Head>
struct parsed_head {
  head_state state = head_state::incomplete;
  std::size_t consumed = 0;  ///< bytes of the head, valid when complete
  Head head;
  std::string reason;  ///< plain words when malformed
};

/// Parses the head at the beginning of `bytes`. Leading empty lines are skipped (RFC 9112 §2.2). Refuses:
/// both Content-Length and Transfer-Encoding, several different Content-Lengths, codings other than a final
/// chunked, obs-fold, whitespace before the colon, control characters, lines that end without CR, HTTP/1.1
/// without exactly one Host, other versions. What cannot become a request line is refused before the head is
/// complete.
parsed_head<request_head> parse_request_head(std::string_view bytes, std::size_t limit);

/// The same for a response. `to_head` tells that the request was HEAD: no body then. 1xx heads are returned
/// as they are (the caller skips them); 204 and 304 have no body. Lines may end without CR (RFC 9112 §2.2),
/// the reason and the space before it may be missing, folded lines are joined by a space (§5.2).
/// Transfer-Encoding in HTTP/1.0 is heeded, but the connection is not kept (§6.1); beside Content-Length it
/// is refused like in a request (§6.3).
parsed_head<response_head> parse_response_head(std::string_view bytes, std::size_t limit, bool to_head);

}  // namespace millrace::http
