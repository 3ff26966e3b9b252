#include "server/api_token.hpp"

#include "core/url.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace millrace::server {

namespace {

bool is_literal_url(std::string_view pair) {
  return pair.starts_with("url=http://") || pair.starts_with("url=https://");
}

/// RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1). Empty for another scheme.
std::string_view bearer_token(std::string_view value) {
  constexpr std::string_view scheme = "Bearer ";
  if (!http::equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return {};
  const auto begin = value.find_first_not_of(' ', scheme.size());
  return begin == std::string_view::npos ? std::string_view() : value.substr(begin);
}

}  // namespace

api_token::api_token(std::string_view configured) : set_(!configured.empty()) {
  if (!set_) return;
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
    throw std::runtime_error("the system gives no random bytes");
  expected_ = digest_of(configured);
}

bool api_token::matches(std::string_view given) const {
  if (!set_) return false;
  const auto found = digest_of(given);
  return CRYPTO_memcmp(found.data(), expected_.data(), found.size()) == 0;
}

api_token::digest api_token::digest_of(std::string_view text) const {
  digest out{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const auto* done =
      HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes, text.size(), out.data(), &size);
  if (!done || size != out.size()) throw std::runtime_error("HMAC-SHA-256 failed");
  return out;
}

std::vector<std::string> query_tokens(std::string_view path, std::string_view query) {
  std::vector<std::string> found;
  while (!query.empty()) {
    if (path == "/stream" && is_literal_url(query)) break;
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (percent_decode(pair.substr(0, equals)) != "api_token") continue;
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!value.empty()) found.push_back(std::move(value));
  }
  return found;
}

std::vector<std::string> carried_tokens(const http::field_list& fields, std::string_view path,
                                        std::string_view query) {
  auto found = query_tokens(path, query);
  for (const auto& line : fields) {
    std::string_view token;
    if (http::equal_ignoring_case(line.name, "X-API-Token")) token = line.value;
    if (http::equal_ignoring_case(line.name, "Authorization")) token = bearer_token(line.value);
    if (!token.empty()) found.emplace_back(token);
  }
  return found;
}

}  // namespace millrace::server
