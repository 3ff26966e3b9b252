#include "hls/sealed_url.hpp"

#include "hls/base64url.hpp"
#include "hls/media_name.hpp"
#include "hls/rewriter.hpp"
#include "hls/token_payload.hpp"

#include <boost/throw_exception.hpp>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>
#include <stdexcept>

namespace millrace::hls {

namespace {

// Part of what a token means: another text makes all old tokens foreign.
constexpr std::string_view key_purpose = "millrace sealed media URL";

/// A hint is the URI of a part to come: players expect it unchanged when it is there.
bool is_segment(const found_uri& found) noexcept {
  const bool media = found.where == tag::uri || found.where == tag::part || found.where == tag::preload_hint;
  return media && found.kind == uri_kind::resource;
}

}  // namespace

sealing_key sealing_key::derive(std::string_view secret) {
  const std::unique_ptr<EVP_KDF, void (*)(EVP_KDF*)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr),
                                                         EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, void (*)(EVP_KDF_CTX*)> context(
      kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr, EVP_KDF_CTX_free);
  // The interface takes no constant pointers, but only reads. The line end is there because it refuses empty
  // keys.
  std::string digest = "SHA256";
  std::string purpose(key_purpose);
  std::string input = std::string(secret) + '\n';
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.data(), input.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, purpose.data(), purpose.size()),
      OSSL_PARAM_construct_end(),
  };
  sealing_key key;
  if (!context || EVP_KDF_derive(context.get(), key.bytes_.data(), key.bytes_.size(), parameters.data()) != 1)
    throw std::runtime_error("the cryptographic library lacks HKDF-SHA256");
  return key;
}

void throw_exception_from_error(seal_error error, const boost::source_location& where) {
  boost::throw_exception(
      std::runtime_error(error == seal_error::malformed ? "no token" : "a token of somebody else"), where);
}

const aes_siv::block& url_sealer::stream_data(std::string_view stream_id) {
  if (stream_id_ != stream_id || stream_id_.empty()) {
    stream_id_ = stream_id;
    stream_data_ = siv_.with(siv_.no_data(), stream_id);
  }
  return stream_data_;
}

std::size_t url_sealer::seal(std::string_view stream_id, std::string_view absolute, uri_kind kind,
                             url_marks marks, const variable_list& variables, std::string& out) {
  const auto name = name_of(absolute, kind);
  plain_.clear();
  append_payload(plain_, {absolute, name.verbatim ? std::string_view(name.decoded) : std::string_view{}, kind,
                          marks, kind == uri_kind::playlist ? variables : no_variables_});
  sealed_.clear();
  siv_.seal(siv_.with(stream_data(stream_id), name.decoded), plain_, sealed_);
  out.append(name.encoded).append("?client_id=");
  const auto place = out.size();
  out.append("&t=");
  append_base64url(out, sealed_);
  return place;
}

boost::system::result<unsealed_url, seal_error> url_sealer::open(std::string_view stream_id,
                                                                 std::string_view name,
                                                                 std::string_view token) {
  const auto sealed = decode_base64url(token);
  if (!sealed || sealed->size() < aes_siv::block{}.size()) return seal_error::malformed;
  const auto decoded = percent_decode(name);
  const auto plain = siv_.open(siv_.with(stream_data(stream_id), decoded), *sealed);
  if (!plain) return seal_error::foreign;
  auto payload = read_payload(*plain, decoded);
  if (!payload) return seal_error::foreign;
  return std::move(*payload);
}

void sealing_writer::operator()(const found_uri& found, rewritten_playlist& out) const {
  const auto place = sealer.seal(stream_id, found.absolute, found.kind,
                                 {.segment = is_segment(found), .posted = posted}, found.exported, out.text);
  out.client_ids.push_back(static_cast<std::uint32_t>(place));
  // A fragment is the player's own business. It may hold what a variable brought in.
  if (!found.fragment.empty())
    out.text.append("#").append(percent_encode(found.fragment.substr(1), "!$&'()*+,;=:@/?%"));
}

}  // namespace millrace::hls
