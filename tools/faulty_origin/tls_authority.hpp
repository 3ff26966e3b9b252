#pragma once
// A private certificate authority, made at run time, and server contexts with certificates good and bad.

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace millrace::origin {

enum class tls_mode {
  none,
  valid,        ///< for localhost, 127.0.0.1, 127.0.0.2 and ::1
  wrong_host,   ///< for another name
  expired,      ///< since yesterday
  self_signed,  ///< not from the authority
  tls_1_1,      ///< a valid certificate, but TLS 1.1 at most
};

/// Keys are made in the constructor. Immutable afterwards, may be shared by several servers.
/// OpenSSL failures throw std::runtime_error.
class tls_authority {
 public:
  tls_authority();

  const std::string& certificate_pem() const { return pem_; }
  void write_certificate(const std::string& path) const;

  std::shared_ptr<SSL_CTX> context(tls_mode mode) const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::string pem_;
};

/// A context with a certificate chain and key from PEM files.
std::shared_ptr<SSL_CTX> context_from_files(const std::string& certificate, const std::string& key);

}  // namespace millrace::origin
