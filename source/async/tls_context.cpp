#include "async/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <list>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace millrace::async {

namespace {

constexpr std::size_t max_sessions = 512;

struct free_context {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct free_session {
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using session_ptr = std::unique_ptr<SSL_SESSION, free_session>;

/// OpenSSL offers each new session or ticket here. The key is the SSL object's application data.
int keep_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* context = static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const auto* key = static_cast<const std::string*>(SSL_get_app_data(ssl));
  if (!context || !key || SSL_SESSION_is_resumable(session) == 0) return 0;
  context->keep_session(*key, session);
  return 1;
}

std::string openssl_reason() {
  const auto code = ERR_peek_error();
  if (ERR_SYSTEM_ERROR(code))
    return error_code(ERR_GET_REASON(code), boost::system::system_category()).message();
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "unknown reason";
}

}  // namespace

struct tls_context::state {
  std::unique_ptr<SSL_CTX, free_context> context;
  bool verifies = true;
  std::mutex mutex;
  std::list<std::pair<std::string, session_ptr>> sessions;  ///< newest first
};

tls_context::tls_context(const std::string& ca_file, bool insecure) : state_(std::make_unique<state>()) {
  ERR_clear_error();
  state_->context.reset(SSL_CTX_new(TLS_client_method()));
  auto* context = state_->context.get();
  if (!context) throw std::runtime_error("TLS cannot be set up: " + openssl_reason());
  state_->verifies = !insecure;

  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Many servers close without close_notify; whether a body is whole is decided by its framing.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Record buffers go while a connection is idle: the pool keeps hundreds.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // One system call per record instead of two: 4 to 8 % of the CPU of a download. A larger buffer brings
  // nothing more.
  SSL_CTX_set_read_ahead(context, 1);
  static constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_new_session);

  SSL_CTX_set_verify(context, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context);
  if (!ca_file.empty() && SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    throw std::runtime_error("cannot read the CA file " + ca_file + ": " + openssl_reason());
  }
  ERR_clear_error();
}

tls_context::~tls_context() = default;

SSL_CTX* tls_context::native() const noexcept {
  return state_->context.get();
}

bool tls_context::verifies() const noexcept {
  return state_->verifies;
}

SSL_SESSION* tls_context::take_session(const std::string& key) {
  const std::lock_guard lock(state_->mutex);
  auto& sessions = state_->sessions;
  for (auto entry = sessions.begin(); entry != sessions.end(); ++entry) {
    if (entry->first != key) continue;
    auto* session = entry->second.get();
    if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) {
      entry->second.release();
      sessions.erase(entry);
    } else {
      SSL_SESSION_up_ref(session);
    }
    return session;
  }
  return nullptr;
}

void tls_context::keep_session(const std::string& key, SSL_SESSION* session) {
  session_ptr owned(session);
  const std::lock_guard lock(state_->mutex);
  auto& sessions = state_->sessions;
  if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
    // Reusable any number of times: one per key is enough.
    std::erase_if(sessions, [&](const auto& entry) { return entry.first == key; });
  }
  sessions.emplace_front(key, std::move(owned));
  if (sessions.size() > max_sessions) sessions.pop_back();
}

}  // namespace millrace::async
