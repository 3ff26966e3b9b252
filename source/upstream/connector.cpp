#include "upstream/connector.hpp"

#include "async/combinators.hpp"
#include "upstream/happy_eyeballs.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace millrace::upstream {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using link_result = fetch_result<std::unique_ptr<async::transport>>;

enum class stage { resolving, connecting, securing };

failure make_failure(errc code, std::string detail) {
  failure made;
  made.code = code;
  made.detail = std::move(detail);
  return made;
}

/// `host:port`, for people.
std::string place(const url& target) {
  const bool is_v6 = target.host().find(':') != std::string::npos;
  return (is_v6 ? "[" + target.host() + "]" : target.host()) + ":" + std::to_string(target.port());
}

failure explain_forbidden(const connector& via, const url& target, const tcp::endpoint& refused) {
  const auto start = place(target) + " is at " + refused.address().to_string() + ", ";
  std::string reason;
  switch (via.policy.why_refused(target.host(), refused.address(), refused.port())) {
    case refusal_reason::never:
      reason = "a link-local, multicast or unspecified address, where millrace never connects";
      break;
    case refusal_reason::own:
      reason = "where millrace listens itself";
      break;
    case refusal_reason::loopback:
      reason = "a loopback address; --allow-upstream loopback would allow it";
      break;
    case refusal_reason::none:
    case refusal_reason::rule:
      reason = "which a --deny-upstream rule refuses";
      break;
  }
  return make_failure(errc::address_forbidden, start + reason);
}

/// The local address for a connection of that family: config.bind in turn. nullopt inside: any. Empty: do not
/// try.
std::optional<std::optional<asio::ip::address>> choose_local(const std::vector<std::string>& bind, bool v4,
                                                             std::uint32_t turn) {
  if (bind.empty()) return std::optional<asio::ip::address>();
  std::vector<asio::ip::address> fitting;
  for (const auto& text : bind) {
    error_code ec;
    const auto address = asio::ip::make_address(text, ec);
    if (!ec && address.is_v4() == v4) fitting.push_back(address);
  }
  if (fitting.empty()) return std::nullopt;
  return fitting[turn % fitting.size()];
}

/// What may be tried, with the local addresses to try it from.
fetch_result<std::vector<connect_candidate>> choose_candidates(connector& via, const url& target,
                                                               const std::vector<tcp::endpoint>& endpoints) {
  std::vector<tcp::endpoint> allowed;
  std::copy_if(endpoints.begin(), endpoints.end(), std::back_inserter(allowed),
               [&](const tcp::endpoint& endpoint) {
                 return via.policy.allows(target.host(), endpoint.address(), endpoint.port());
               });
  if (allowed.empty()) return explain_forbidden(via, target, endpoints.front());

  const auto turn = via.next_bind.fetch_add(1, std::memory_order_relaxed);
  const auto local_v4 = choose_local(via.config.bind, true, turn);
  const auto local_v6 = choose_local(via.config.bind, false, turn);
  std::vector<connect_candidate> candidates;
  for (const auto& endpoint : allowed) {
    const auto& local = endpoint.address().is_v4() ? local_v4 : local_v6;
    if (local) candidates.push_back({endpoint, *local});
  }
  if (candidates.empty()) {
    return make_failure(
        errc::connect_failed,
        place(target) + " has no address of the same family (IPv4, IPv6) as any --bind address");
  }
  return candidates;
}

/// This machine has no way to that address or family: says nothing about the server.
bool is_no_route(const error_code& ec) {
  return ec == asio::error::network_unreachable || ec == asio::error::address_family_not_supported ||
         ec == boost::system::errc::address_not_available;
}

/// The origin was there and threw us out at once.
bool is_reset(const error_code& ec) {
  return ec == asio::error::connection_reset || ec == asio::error::connection_aborted ||
         ec == asio::error::broken_pipe;
}

failure explain_failures(const url& target, const std::vector<connect_failure>& failures) {
  const auto is_refused = [](const connect_failure& one) {
    return one.code == asio::error::connection_refused;
  };
  const auto refusals = std::count_if(failures.begin(), failures.end(), is_refused);
  const auto telling = std::find_if(failures.begin(), failures.end(), [&](const connect_failure& one) {
    return !is_refused(one) && !is_no_route(one.code);
  });
  if (refusals > 0 && telling == failures.end()) {
    return make_failure(errc::connection_refused, "connection to " + place(target) + " refused");
  }
  const auto& told = telling != failures.end() ? *telling : failures.front();
  auto detail = "cannot connect to " + place(target);
  if (told.to.local) detail += " from " + told.to.local->to_string();
  const auto code = is_reset(told.code) ? errc::connection_lost : errc::connect_failed;
  return make_failure(code, detail + ": " + told.code.message());
}

async::awaitable<link_result> secure(connector& via, const url& target, tcp::socket socket) {
  std::string why;
  const auto session_key = target.origin();
  auto link = co_await async::tls_connect(std::move(socket), via.tls, target.host(), session_key, why);
  if (link) co_return std::move(*link);
  const auto code = link.error() == errc::tls_failed ? errc::tls_failed
                    : is_reset(link.error())         ? errc::connection_lost
                                                     : errc::connect_failed;
  co_return make_failure(code, "TLS with " + place(target) + " failed: " + why);
}

async::awaitable<link_result> establish(connector& via, const url& target, std::optional<tcp::endpoint> pin,
                                        stage& reached) {
  std::vector<tcp::endpoint> endpoints;
  if (pin) {
    endpoints.push_back(*pin);
  } else {
    const auto addresses = co_await resolve(target.host(), via.dns, via.config);
    if (!addresses) co_return addresses.error();
    for (const auto& address : *addresses)
      endpoints.emplace_back(address, target.port());
  }
  const auto candidates = choose_candidates(via, target, endpoints);
  if (!candidates) co_return candidates.error();

  reached = stage::connecting;
  auto outcome = co_await connect_first(*candidates, via.config.happy_eyeballs_delay);
  if (!outcome.socket) {
    if (!pin) via.dns.forget(target.host());
    co_return explain_failures(target, outcome.failures);
  }
  if (!target.is_https()) co_return async::make_tcp_transport(std::move(*outcome.socket));
  reached = stage::securing;
  co_return co_await secure(via, target, std::move(*outcome.socket));
}

}  // namespace

async::awaitable<link_result> connect(connector& via, const url& target, std::optional<tcp::endpoint> pin) {
  auto reached = stage::resolving;
  auto done = co_await async::with_timeout(via.config.connect_timeout, establish(via, target, pin, reached));
  if (done) co_return std::move(*done);
  if (reached == stage::connecting && !pin) via.dns.forget(target.host());
  const auto limit = " within " + std::to_string(via.config.connect_timeout.count()) + " ms";
  switch (reached) {
    case stage::resolving:
      co_return make_failure(errc::connect_timeout, "DNS gave no address of " + target.host() + limit);
    case stage::connecting:
      co_return make_failure(errc::connect_timeout, "no connection to " + place(target) + limit);
    case stage::securing:
      break;
  }
  co_return make_failure(errc::connect_timeout, "no TLS session with " + place(target) + limit);
}

async::awaitable<bool> web_readable(connector& via, const url& target) {
  const auto addresses = co_await resolve(target.host(), via.dns, via.config);
  if (!addresses) co_return false;
  bool any = false;
  for (const auto& address : *addresses) {
    if (!via.policy.allows(target.host(), address, target.port())) continue;
    if (!via.policy.web_readable(target.host(), address)) co_return false;
    any = true;
  }
  co_return any;
}

async::awaitable<bool> is_forbidden(connector& via, const url& target,
                                    std::chrono::steady_clock::duration limit) {
  if (via.policy.refuses_host(target.host())) co_return true;
  const auto answer = co_await async::with_timeout(limit, resolve(target.host(), via.dns, via.config));
  if (!answer || !*answer) co_return false;
  const auto& addresses = **answer;
  co_return !addresses.empty() &&
      std::none_of(addresses.begin(), addresses.end(), [&](const asio::ip::address& address) {
        return via.policy.allows(target.host(), address, target.port());
      });
}

}  // namespace millrace::upstream
