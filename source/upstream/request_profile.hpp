#pragma once
// What every upstream request of one client request has in common, and the head that is made of it.

#include "core/byte_range.hpp"
#include "core/url.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <variant>

namespace millrace::upstream {

/// The bytes an upstream is asked for.
struct wanted_suffix {
  byte_offset length;  ///< the last so many bytes
};
struct wanted_all {};  ///< no Range header at all
using wanted = std::variant<byte_range, wanted_suffix, wanted_all>;

struct request_profile {
  http::field_list given;         ///< checked with http::check_given_header
  std::string credential_origin;  ///< url::origin() that a given Authorization or Cookie belongs to
  std::string user_agent;         ///< unless `given` has one
  std::string accepted_codings = "identity";  ///< Accept-Encoding

  /// The request head for this URL: credentials only where they belong, userinfo as Basic authentication.
  std::string compose(const url& target, const wanted& bytes) const;
  /// Distinguishes what may be shared or remembered: all that is sent.
  std::string key() const;
};

}  // namespace millrace::upstream
