#pragma once
// What a token holds, as bytes: short, because it becomes part of a URL.

#include "hls/sealed_url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::hls {

struct token_payload {
  std::string_view absolute;  ///< a `url::text`
  std::string_view name;      ///< its last path segment where the token need not repeat it, else empty
  uri_kind kind;
  url_marks marks;
  const variable_list& variables;
};

void append_payload(std::string& out, const token_payload& what);
/// nullopt for bytes that `append_payload` does not make, also for those of a later format.
std::optional<unsealed_url> read_payload(std::string_view bytes, std::string_view name);

}  // namespace millrace::hls
