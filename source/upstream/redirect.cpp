#include "upstream/redirect.hpp"

#include "upstream/next_hop.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace millrace::upstream {

namespace {

failure failed(errc code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

}  // namespace

bool is_redirect(unsigned status) noexcept {
  constexpr std::array<unsigned, 5> redirects{301, 302, 303, 307, 308};
  return std::ranges::find(redirects, status) != redirects.end();
}

async::awaitable<fetch_result<located_exchange>> follow_redirects(
    const services& with, const request_profile& profile, url start, wanted bytes,
    std::optional<async::asio::ip::tcp::endpoint> pin, bool fresh) {
  std::vector<std::string> visited;
  url at = std::move(start);
  for (;;) {
    visited.push_back(at.text());
    auto answer = co_await send_request(with, at, profile.compose(at, bytes), pin, fresh);
    if (!answer) {
      auto cause = answer.error();
      cause.location = at.text();
      co_return cause;
    }
    if (!is_redirect(answer->head().status)) co_return located_exchange{std::move(*answer), std::move(at)};
    answer->discard();
    auto hop = next_hop(at, answer->head().fields.find("Location"));
    if (!hop) co_return hop.error();
    if (std::ranges::find(visited, hop->text()) != visited.end()) {
      co_return failed(errc::redirect_loop, visited.front() == at.text()
                                                ? at.redacted() + " redirects to itself"
                                                : "the redirects go round in a circle");
    }
    if (visited.size() > with.config.upstream.max_redirects) {
      co_return failed(errc::too_many_redirects,
                       "more than " + std::to_string(with.config.upstream.max_redirects) + " redirects");
    }
    at = std::move(*hop);
    pin.reset();
  }
}

}  // namespace millrace::upstream
