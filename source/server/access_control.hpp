#pragma once
// Who may connect, who needs a token, and what web pages may do. Decisions only: no sockets, no clock.

#include "core/settings.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "server/api_token.hpp"
#include "server/ip_network.hpp"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// Who sent a request, as far as it can be believed.
struct client_identity {
  boost::asio::ip::address address;  ///< behind trusted proxies the client's own
  bool is_public = false;            ///< from outside, or nobody knows from where
  bool untrusted_forward = false;    ///< public only because of forwarding fields that are not believed
};

/// What the tokens of a request come to. One right one is enough, whatever else was given.
enum class token_verdict { right, missing, wrong };

/// Immutable after start-up; shared by all event loops. The refuse_ functions answer the problem to send, or
/// nothing.
class access_control {
 public:
  /// What the start-up has found out.
  struct surroundings {
    bool loopback_only = false;       ///< listening on loopback only: nobody else can connect
    std::vector<ip_network> on_link;  ///< prefixes of own interfaces
    std::string machine_name;         ///< lower case
  };

  /// Throws std::invalid_argument naming a bad value.
  access_control(const access_settings& rules, surroundings around);

  /// Forwarded and X-Forwarded-For count only when `peer` is a trusted proxy: the rightmost untrusted address
  /// is the client. Where both fields are there and differ, somebody made one of them up: public.
  client_identity identify(const boost::asio::ip::address& peer, const http::field_list& fields) const;
  bool is_trusted_proxy(const boost::asio::ip::address& address) const;

  /// With an API token the public may come in, too.
  std::optional<http::problem> refuse_client(const client_identity& client) const;
  /// `host` is what the Host field or the absolute-form target says, empty when there is none (no browser
  /// then). Keeps out pages whose own name has been rebound to this machine's address; with an API token,
  /// that keeps them out.
  std::optional<http::problem> refuse_host(std::string_view host) const;
  /// Whether this is the API token; always true when none is configured. In constant time.
  bool is_api_token(std::string_view given) const;
  /// The tokens in X-API-Token, Authorization: Bearer and ?api_token=. `path` is the decoded one. Always
  /// right when none is configured.
  token_verdict judge_tokens(const http::field_list& fields, std::string_view path,
                             std::string_view query) const;
  /// A foreign Origin on a method that may change something.
  std::optional<http::problem> refuse_origin(std::string_view method, const http::field_list& fields,
                                             std::string_view host) const;

  /// Whether any --allow-origin is there: then control responses differ by Origin.
  bool names_origins() const noexcept { return !origins_.empty(); }
  /// What Access-Control-Allow-Origin says to the request's Origin on control routes; empty when no
  /// --allow-origin names it.
  std::string named_origin(const http::field_list& fields) const;

 private:
  bool is_public(const boost::asio::ip::address& address) const;
  bool knows_host(std::string_view name) const;

  surroundings around_;
  std::vector<ip_network> proxies_;
  std::vector<std::string> hosts_;    ///< lower case: exact, `*.suffix` or `*`
  std::vector<std::string> origins_;  ///< lower case, without a port that the scheme has anyway, or `*`
  api_token token_;
};

/// Host without port and brackets, lower case, one trailing dot dropped.
std::string host_name(std::string_view host);
/// Lower case, without the standard port of its scheme and without a slash at the end.
std::string plain_origin(std::string_view origin);
/// Whether `origin` (RFC 6454 §6.2) names the host and port that the request was sent to.
bool is_same_origin(std::string_view origin, std::string_view host);

}  // namespace millrace::server
