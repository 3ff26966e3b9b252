#pragma once
// TLS client settings for the whole process and the sessions to resume (RFC 8446 §2.2).

#include "core/error.hpp"

#include <memory>
#include <string>

using SSL_CTX = struct ssl_ctx_st;
using SSL_SESSION = struct ssl_session_st;

namespace millrace::async {

/// Thread-safe; shared by all event loops.
class tls_context {
 public:
  /// Trusts the system's CAs and, in addition, those in the PEM file `ca_file` (empty: none). `insecure`: no
  /// verification. TLS 1.2 at least, ALPN http/1.1.
  /// Throws std::runtime_error with one clear line when the CA file cannot be read.
  tls_context(const std::string& ca_file, bool insecure);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  SSL_CTX* native() const noexcept;
  bool verifies() const noexcept;

  /// The newest resumable session of that key, a new reference, or nullptr. TLS 1.3 tickets are used once.
  SSL_SESSION* take_session(const std::string& key);
  /// Takes over one reference.
  void keep_session(const std::string& key, SSL_SESSION* session);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace millrace::async
