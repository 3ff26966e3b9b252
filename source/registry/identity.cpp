#include "registry/identity.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace millrace::registry {

namespace {

constexpr std::size_t id_bytes = 16;

/// The parts are told apart by their lengths, so that no two lists of parts are alike.
std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) {
    text += std::to_string(part.size()) + ':';
    text += part;
  }
  return text;
}

std::string digest(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  id.reserve(2 * id_bytes);
  for (std::size_t i = 0; i < id_bytes; ++i) {
    id += digits[hash[i] >> 4];
    id += digits[hash[i] & 15];
  }
  return id;
}

}  // namespace

std::string stream_id(std::string_view url, std::string_view headers) {
  return digest(join({"stream", url, headers}));
}

std::string client_id(std::string_view address, std::string_view user_agent, std::string_view stream) {
  return digest(join({"client", address, user_agent, stream}));
}

const std::string& identity_cache::stream(std::string_view url, std::string_view headers) {
  auto key = join({"stream", url, headers});
  if (key != stream_.key) stream_ = {key, digest(key)};
  return stream_.id;
}

const std::string& identity_cache::client(std::string_view address, std::string_view user_agent,
                                          std::string_view stream) {
  auto key = join({"client", address, user_agent, stream});
  if (key != client_.key) client_ = {key, digest(key)};
  return client_.id;
}

bool is_gid(std::string_view text) noexcept {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 16 && std::ranges::all_of(text, is_digit);
}

bool is_client_id(std::string_view text) noexcept {
  constexpr std::size_t longest = 64;
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= longest && text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace millrace::registry
