#pragma once
// What is known of a resource from its first answer: size, type, validators, name.

#include "core/url.hpp"
#include "http/conditional.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>

namespace millrace::transfer {

struct resource {
  std::optional<std::uint64_t> total;  ///< bytes; absent when the upstream does not tell
  std::string media_type;
  std::string encoding;  ///< Content-Encoding, if the upstream insists on one
  http::validator version;
  std::string file_name;  ///< safe for any file system
};

/// Describes the resource by a response head (200 or 206) and the URL that gave it. `given_name` wins over
/// the others.
resource describe(const http::response_head& head, const url& location, std::optional<std::uint64_t> total,
                  const std::string& given_name);

/// Content-Type, Content-Disposition, ETag, Last-Modified (and Content-Encoding) for the client.
http::field_list representation_fields(const resource& of);

}  // namespace millrace::transfer
