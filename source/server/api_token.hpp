#pragma once
// --api-token: who may use the control plane, and where a request carries its token (RFC 6750 §2.1, or
// X-API-Token, or ?api_token=).

#include "http/message.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// Keeps a digest under a random key of its own, never the token. Immutable, any thread.
class api_token {
 public:
  /// Empty: none is needed.
  explicit api_token(std::string_view configured);

  bool is_set() const noexcept { return set_; }
  /// Takes the same time for all tokens of one length, right or wrong. False when none is configured.
  bool matches(std::string_view given) const;

 private:
  using digest = std::array<unsigned char, 32>;
  digest digest_of(std::string_view text) const;

  bool set_;
  digest key_{}, expected_{};
};

/// The value of a query's api_token parameters, percent-decoded once. A literal `url=http://…` of /stream
/// (`path`, decoded) runs to the end of the query: what looks like a token in it belongs to the upstream.
std::vector<std::string> query_tokens(std::string_view path, std::string_view query);
/// All tokens that a request carries, in its fields and its query. Empty ones are none.
std::vector<std::string> carried_tokens(const http::field_list& fields, std::string_view path,
                                        std::string_view query);

}  // namespace millrace::server
