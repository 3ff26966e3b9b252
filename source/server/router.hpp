#pragma once
// Which handler serves a request: a constant table.

#include "server/request_context.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

using handler = async::awaitable<void> (*)(request_context&);

/// Whether a request with this query may pass without the API token.
using gate = bool (*)(std::string_view query);

/// For everybody, whatever the query.
constexpr bool open_to_everybody(std::string_view) noexcept {
  return true;
}

/// One method set on one path. `{}` in the pattern stands for one segment that is not empty.
struct route {
  std::string_view pattern;
  std::string_view methods;  ///< "GET, HEAD", as Allow spells it; OPTIONS comes by itself
  handler handle = nullptr;
  gate open = nullptr;               ///< null: only with the API token, where one is configured
  handler handle_options = nullptr;  ///< null: 204 with Allow
  bool media = false;                ///< errors carry CORS fields, too
  bool takes_body = false;           ///< gets the request body; elsewhere it is read and dropped
};

struct route_match {
  const route* found = nullptr;                 ///< null: 404 when `allow` is empty, else 405 (or OPTIONS)
  const route* path = nullptr;                  ///< the first route of that path, whatever its methods
  std::string allow;                            ///< all methods of that path
  std::vector<std::string_view> captures = {};  ///< views into the path
};

/// The first route that fits. For OPTIONS `found` stays null and `path` tells whose it is.
route_match find_route(std::span<const route> routes, std::string_view method, std::string_view path);

/// millrace's own.
std::span<const route> routes() noexcept;

}  // namespace millrace::server
