#include "upstream/request_profile.hpp"

#include "http/header_policy.hpp"
#include "http/message_writer.hpp"
#include "http/range_header.hpp"

#include <boost/beast/core/detail/base64.hpp>

namespace millrace::upstream {

namespace {

std::string base64(std::string_view text) {
  namespace detail = boost::beast::detail::base64;
  std::string encoded(detail::encoded_size(text.size()), '\0');
  encoded.resize(detail::encode(encoded.data(), text.data(), text.size()));
  return encoded;
}

std::optional<std::string> range_value(const wanted& bytes) {
  if (const auto* range = std::get_if<byte_range>(&bytes)) return http::format_range(*range);
  if (const auto* suffix = std::get_if<wanted_suffix>(&bytes))
    return "bytes=-" + std::to_string(suffix->length);
  return std::nullopt;
}

}  // namespace

std::string request_profile::compose(const url& target, const wanted& bytes) const {
  http::field_list fields;
  fields.add("Host", target.host_header());
  if (!given.find("User-Agent")) fields.add("User-Agent", user_agent);
  if (!given.find("Accept")) fields.add("Accept", "*/*");
  fields.add("Accept-Encoding", accepted_codings);
  const bool at_home = target.origin() == credential_origin;
  for (const auto& field : given) {
    if (at_home || !http::is_credential(field.name)) fields.add(field.name, field.value);
  }
  if (target.credentials() && !fields.find("Authorization")) {
    fields.add("Authorization", "Basic " + base64(*target.credentials()));
  }
  if (const auto value = range_value(bytes)) fields.add("Range", *value);
  fields.add("Connection", "keep-alive");
  return http::write_request_head("GET", target.target(), fields);
}

std::string request_profile::key() const {
  std::string key = user_agent + '\n' + credential_origin + '\n' + accepted_codings;
  for (const auto& field : given)
    key += '\n' + field.name + ':' + field.value;
  return key;
}

}  // namespace millrace::upstream
