#pragma once
// Certificates made on the spot and a small TLS server in a thread of its own, with OpenSSL alone: the other
// side of what is tested shares no code with it.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::test {

template <auto release>
struct releaser {
  template <class T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, releaser<X509_free>>;

/// A certificate with its key.
struct identity {
  key_ptr key;
  certificate_ptr certificate;
};

/// `names` is a subjectAltName list such as "DNS:example.test,IP:127.0.0.1"; empty makes an authority. Signed
/// by `issuer`, or by itself. `age` shifts the year of validity into the past, in seconds.
inline identity make_identity(const std::string& names, const identity* issuer = nullptr, long age = 60) {
  identity made{key_ptr(EVP_EC_gen("P-256")), certificate_ptr(X509_new())};
  auto* certificate = made.certificate.get();
  static long serial = 1;
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -age);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 365L * 86'400 - age);
  X509_set_pubkey(certificate, made.key.get());
  const std::string common = names.empty() ? "test authority" : "test server";
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
  const auto* signer = issuer ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  const auto extend = [&](int what, const std::string& value) {
    std::unique_ptr<X509_EXTENSION, releaser<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str()));
    X509_add_ext(certificate, extension.get(), -1);
  };
  extend(NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!names.empty()) extend(NID_subject_alt_name, names);
  X509_sign(certificate, issuer ? issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

/// A PEM file that goes with its object.
class pem_file {
 public:
  explicit pem_file(const X509* certificate) {
    const int descriptor = ::mkstemp(path_.data());
    std::FILE* file = ::fdopen(descriptor, "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
  }
  ~pem_file() { ::unlink(path_.c_str()); }
  pem_file(const pem_file&) = delete;
  pem_file& operator=(const pem_file&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/millrace_test_XXXXXX";
};

/// Accepts on 127.0.0.1 and gives each connection after its handshake to the handler, one after the other.
class tls_server {
 public:
  using handler = std::function<void(SSL*)>;

  tls_server(const identity& own, handler serve, int max_version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method())), serve_(std::move(serve)) {
    SSL_CTX_use_certificate(context_.get(), own.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), own.key.get());
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    if (max_version < TLS1_2_VERSION) SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    SSL_CTX_set_session_id_context(context_.get(), reinterpret_cast<const unsigned char*>("test"), 4);
    SSL_CTX_set_alpn_select_cb(context_.get(), choose_protocol, nullptr);
    listen();
    thread_ = std::thread([this] { run(); });
  }
  ~tls_server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  tls_server(const tls_server&) = delete;
  tls_server& operator=(const tls_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  static int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                             const unsigned char* offered, unsigned offered_size, void*) {
    static const unsigned char known[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    auto* out = const_cast<unsigned char**>(chosen);
    const int found = SSL_select_next_proto(out, size, known, sizeof known, offered, offered_size);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
  }

  void listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, plain, &size) != 0) {
      throw std::runtime_error("the TLS test server cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }

  void run() {
    while (true) {
      const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) return;
      std::unique_ptr<SSL, releaser<SSL_free>> ssl(SSL_new(context_.get()));
      SSL_set_fd(ssl.get(), accepted);
      if (SSL_accept(ssl.get()) == 1) serve_(ssl.get());
      ::close(accepted);
    }
  }

  std::unique_ptr<SSL_CTX, releaser<SSL_CTX_free>> context_;
  handler serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Reads until the client ends or closes: keeps a connection open for as long as the client wants it.
inline void wait_for_end(SSL* ssl) {
  char bytes[4096];
  while (SSL_read(ssl, bytes, sizeof bytes) > 0) {
  }
}

}  // namespace millrace::test
