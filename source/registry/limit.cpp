#include "registry/limit.hpp"

#include <array>

namespace millrace::registry {

std::string_view name_of(limit which) noexcept {
  constexpr std::array<std::string_view, limit_count> names{
      "max-head",           "head-timeout", "max-body",    "body-timeout",
      "keep-alive-timeout", "send-timeout", "max-clients", "max-clients-per-address"};
  return names[static_cast<std::size_t>(which)];
}

std::string_view name_of(objection why) noexcept {
  constexpr std::array<std::string_view, objection_count> names{"malformed", "public_client", "host",
                                                                "origin",    "no_token",      "wrong_token"};
  return names[static_cast<std::size_t>(why)];
}

}  // namespace millrace::registry
