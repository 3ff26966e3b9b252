#include "upstream/address_policy.hpp"

#include "upstream/own_address.hpp"

#include <algorithm>

namespace millrace::upstream {

namespace ip = boost::asio::ip;

namespace {

/// Lets the most specific rule decide.
class contest {
 public:
  explicit contest(bool by_default) noexcept : allowed_(by_default) {}

  void enter(const upstream_rule& candidate, std::size_t rank) noexcept {
    if (rank == 0 || rank < best_) return;
    allowed_ = rank == best_ ? allowed_ && candidate.allow : candidate.allow;
    best_ = rank;
  }
  bool allowed() const noexcept { return allowed_; }
  bool by_rule() const noexcept { return best_ > 0; }

 private:
  bool allowed_;
  std::size_t best_ = 0;
};

}  // namespace

address_policy::address_policy(const std::vector<std::string>& allow, const std::vector<std::string>& deny) {
  for (const auto& text : allow)
    rules_.push_back(upstream_rule::parse(text, true));
  for (const auto& text : deny)
    rules_.push_back(upstream_rule::parse(text, false));
}

void address_policy::add_own_endpoint(const ip::tcp::endpoint& endpoint, std::vector<ip::address> local) {
  own_.emplace_back(plain_address(endpoint.address()), endpoint.port());
  if (!endpoint.address().is_unspecified()) return;
  for (const auto& address : local)
    own_.emplace_back(plain_address(address), endpoint.port());
}

bool address_policy::refuses_host(std::string_view host) const {
  const auto name = normalised_host(host);
  contest names(true);
  for (const auto& candidate : rules_) {
    if (candidate.is_host()) names.enter(candidate, candidate.match(name, {}, address_class::public_network));
  }
  return !names.allowed();
}

bool address_policy::allows(std::string_view host, const ip::address& address, std::uint16_t port) const {
  return why_refused(host, address, port) == refusal_reason::none;
}

refusal_reason address_policy::why_refused(std::string_view host, const ip::address& address,
                                           std::uint16_t port) const {
  const auto name = normalised_host(host);
  for (const auto& each : destinations(address)) {
    if (is_own(each, port)) return refusal_reason::own;
    const auto outcome = decide(name, each);
    if (outcome.reason != refusal_reason::none) return outcome.reason;
  }
  return refusal_reason::none;
}

bool address_policy::web_readable(std::string_view host, const ip::address& address) const {
  const auto name = normalised_host(host);
  const auto all = destinations(address);
  return std::all_of(all.begin(), all.end(), [&](const ip::address& each) {
    const auto outcome = decide(name, each);
    return outcome.reason == refusal_reason::none &&
           (outcome.by_rule || classify_destination(each) == address_class::public_network);
  });
}

bool address_policy::is_own(const ip::address& address, std::uint16_t port) const {
  return std::any_of(own_.begin(), own_.end(), [&](const ip::tcp::endpoint& own) {
    if (own.port() != port) return false;
    if (own.address() == address) return true;
    if (!own.address().is_unspecified()) return false;
    return classify(address) == address_class::loopback || is_own_address(address);
  });
}

address_policy::verdict address_policy::decide(const std::string& name, const ip::address& address) const {
  const auto its_class = classify_destination(address);
  switch (its_class) {
    case address_class::link_local:
    case address_class::multicast:
    case address_class::unspecified:
      return {.reason = refusal_reason::never};
    case address_class::loopback:
    case address_class::private_network:
    case address_class::public_network:
      break;
  }
  contest rules(its_class != address_class::loopback);
  for (const auto& candidate : rules_)
    rules.enter(candidate, candidate.match(name, address, its_class));
  if (rules.allowed()) return {.reason = refusal_reason::none, .by_rule = rules.by_rule()};
  return {.reason = rules.by_rule() ? refusal_reason::rule : refusal_reason::loopback,
          .by_rule = rules.by_rule()};
}

}  // namespace millrace::upstream
