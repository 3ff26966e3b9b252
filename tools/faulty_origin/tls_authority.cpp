#include "tls_authority.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace millrace::origin {
namespace {

constexpr long day = 24L * 60 * 60;

void check(bool ok, const char* what) {
  if (ok) return;
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  throw std::runtime_error(std::string(what) + ": " + text.data());
}

std::shared_ptr<EVP_PKEY> make_key() {
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  check(key != nullptr, "cannot make a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  check(extension != nullptr, "cannot make a certificate extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct subject {
  const char* name;
  const char* alternative_names;  // null: an authority
  long from;                      // seconds from now
  long until;
};

/// `issuer` null: self-signed with `signing_key`.
std::shared_ptr<X509> make_certificate(const subject& wanted, EVP_PKEY* key, X509* issuer,
                                       EVP_PKEY* signing_key) {
  std::shared_ptr<X509> made(X509_new(), X509_free);
  check(made != nullptr, "cannot make a certificate");
  X509_set_version(made.get(), X509_VERSION_3);
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no random numbers");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1U);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wanted.from);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wanted.until);
  X509_set_pubkey(made.get(), key);
  X509_NAME* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(wanted.name),
                             -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  add_extension(made.get(), signer, NID_subject_key_identifier, "hash");
  if (wanted.alternative_names == nullptr) {
    add_extension(made.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(made.get(), signer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made.get(), signer, NID_ext_key_usage, "serverAuth");
    add_extension(made.get(), signer, NID_subject_alt_name, wanted.alternative_names);
  }
  check(X509_sign(made.get(), signing_key, EVP_sha256()) > 0, "cannot sign a certificate");
  return made;
}

std::shared_ptr<SSL_CTX> make_context() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  check(context != nullptr, "cannot make a TLS context");
  constexpr std::string_view id = "millrace origin";
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(id.data()),
                                 static_cast<unsigned>(id.size()));
  return context;
}

}  // namespace

tls_authority::tls_authority() : key_(make_key()) {
  certificate_ = make_certificate({"millrace test authority", nullptr, -day, 3650 * day}, key_.get(), nullptr,
                                  key_.get());
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  check(PEM_write_bio_X509(memory.get(), certificate_.get()) == 1, "cannot write a certificate");
  char* data = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &data);
  pem_.assign(data, static_cast<std::size_t>(length));
}

void tls_authority::write_certificate(const std::string& path) const {
  std::ofstream file(path);
  file << pem_;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::shared_ptr<SSL_CTX> tls_authority::context(tls_mode mode) const {
  subject leaf{"localhost", "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:::1", -2 * day, 365 * day};
  if (mode == tls_mode::wrong_host) leaf.alternative_names = "DNS:elsewhere.example";
  if (mode == tls_mode::expired) leaf.until = -day;
  const auto key = make_key();
  const bool own = mode == tls_mode::self_signed;
  const auto certificate =
      make_certificate(leaf, key.get(), own ? nullptr : certificate_.get(), own ? key.get() : key_.get());
  auto made = make_context();
  check(SSL_CTX_use_certificate(made.get(), certificate.get()) == 1, "cannot use a certificate");
  check(SSL_CTX_use_PrivateKey(made.get(), key.get()) == 1, "cannot use a key");
  if (mode == tls_mode::tls_1_1) {
    SSL_CTX_set_min_proto_version(made.get(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(made.get(), TLS1_1_VERSION);
    check(SSL_CTX_set_cipher_list(made.get(), "DEFAULT:@SECLEVEL=0") == 1, "cannot allow TLS 1.1");
  }
  return made;
}

std::shared_ptr<SSL_CTX> context_from_files(const std::string& certificate, const std::string& key) {
  auto made = make_context();
  check(SSL_CTX_use_certificate_chain_file(made.get(), certificate.c_str()) == 1,
        "cannot read the certificate");
  check(SSL_CTX_use_PrivateKey_file(made.get(), key.c_str(), SSL_FILETYPE_PEM) == 1, "cannot read the key");
  return made;
}

}  // namespace millrace::origin
