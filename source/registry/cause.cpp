#include "registry/cause.hpp"

#include <array>

namespace millrace::registry {

std::string_view name_of(cause why) noexcept {
  constexpr std::array<std::string_view, cause_count> names{
      "refused", "unreachable", "dns",          "tls",          "timeout", "low_speed", "broken",
      "ended",   "malformed",   "client_error", "server_error", "changed", "manual"};
  return names[static_cast<std::size_t>(why)];
}

cause cause_of(const failure& why) noexcept {
  if (why.code == errc::connection_refused) return cause::refused;
  if (why.code == errc::host_not_found || why.code == errc::resolve_failed) return cause::dns;
  if (why.code == errc::tls_failed) return cause::tls;
  if (why.code == errc::low_speed) return cause::low_speed;
  if (why.code == condition::timeout) return cause::timeout;
  if (why.code == errc::connection_lost) return cause::broken;
  if (why.code == errc::body_ended) return cause::ended;
  if (why.code == errc::connect_failed || why.code == errc::address_forbidden) return cause::unreachable;
  if (why.code == errc::unexpected_status || why.code == errc::range_unsatisfiable)
    return why.status / 100 == 4 ? cause::client_error : cause::server_error;
  if (why.code == errc::resource_changed || why.code == errc::source_differs) return cause::changed;
  return cause::malformed;
}

}  // namespace millrace::registry
