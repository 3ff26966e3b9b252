#include "upstream/resolver.hpp"

#include "upstream/dns_lookup.hpp"
#include "upstream/numeric_host.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace millrace::upstream {

namespace ip = boost::asio::ip;

namespace {

using address_list = std::vector<ip::address>;

failure not_found(std::string detail) {
  failure why;
  why.code = errc::host_not_found;
  why.detail = std::move(detail);
  return why;
}

/// No empty label: "host..test" is not what a rule for "host.test" names.
bool is_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.back() != '.' &&
         name.find("..") == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

bool is_localhost(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

address_list interleaved(const address_list& first, const address_list& second) {
  address_list both;
  both.reserve(first.size() + second.size());
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) both.push_back(first[i]);
    if (i < second.size()) both.push_back(second[i]);
  }
  return both;
}

}  // namespace

std::vector<ip::address> dns_cache::find(const std::string& host, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(host);
  if (found == entries_.end()) return {};
  if (found->second.until <= now) {
    entries_.erase(found);
    return {};
  }
  return found->second.addresses;
}

void dns_cache::keep(const std::string& host, std::vector<ip::address> addresses, clock::time_point until) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= max_entries && !entries_.contains(host)) {
    const auto soonest = std::min_element(
        entries_.begin(), entries_.end(),
        [](const auto& left, const auto& right) { return left.second.until < right.second.until; });
    entries_.erase(soonest);
  }
  entries_.insert_or_assign(host, entry{std::move(addresses), until});
}

void dns_cache::forget(const std::string& host) {
  const std::lock_guard lock(mutex_);
  entries_.erase(host);
}

async::awaitable<fetch_result<std::vector<ip::address>>> resolve(const std::string& host, dns_cache& cache,
                                                                 const upstream_settings& config) {
  const auto name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  if (is_numeric_host(host)) {
    const auto address = parse_numeric_host(host);
    if (address) co_return address_list{*address};
    co_return not_found(host + " is not a valid IP address");
  }
  if (!is_name(name)) co_return not_found("this is no host name");
  if (is_localhost(name)) co_return address_list{ip::address_v6::loopback(), ip::address_v4::loopback()};

  auto remembered = cache.find(host, dns_cache::clock::now());
  if (!remembered.empty()) co_return remembered;
  const auto answer = co_await look_up(host, config);
  if (!answer) co_return answer.error();
  auto addresses = interleaved(answer->v6, answer->v4);
  const auto ttl = std::clamp(answer->ttl, std::chrono::seconds(1),
                              std::max(config.dns_cache_limit, std::chrono::seconds(1)));
  cache.keep(host, addresses, dns_cache::clock::now() + ttl);
  co_return addresses;
}

}  // namespace millrace::upstream
