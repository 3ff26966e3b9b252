#include "upstream/dns_lookup.hpp"

#include <ares.h>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>

#include <netinet/in.h>
#include <sys/epoll.h>

namespace millrace::upstream {

namespace asio = boost::asio;

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds hosts_file_ttl{60};
constexpr std::chrono::milliseconds first_try{1'500};  ///< c-ares doubles it each round
constexpr int rounds = 4;

/// What is known of one address family.
struct family_answer {
  bool done = false;
  int status = ARES_SUCCESS;
  int ttl = INT_MAX;
  std::vector<asio::ip::address> addresses;

  void take(int outcome, ares_addrinfo* found);
};

void family_answer::take(int outcome, ares_addrinfo* found) {
  done = true;
  status = outcome;
  if (!found) return;
  for (auto* node = found->nodes; node; node = node->ai_next) {
    if (node->ai_family == AF_INET) {
      sockaddr_in plain;
      std::memcpy(&plain, node->ai_addr, sizeof plain);
      addresses.emplace_back(asio::ip::address_v4(ntohl(plain.sin_addr.s_addr)));
    } else if (node->ai_family == AF_INET6) {
      sockaddr_in6 plain;
      std::memcpy(&plain, node->ai_addr, sizeof plain);
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &plain.sin6_addr, bytes.size());
      addresses.emplace_back(asio::ip::address_v6(bytes, plain.sin6_scope_id));
    } else {
      continue;
    }
    ttl = std::min(ttl, node->ai_ttl);
  }
  ares_freeaddrinfo(found);
}

/// A channel with its sockets in an epoll set, which is the one descriptor that the event loop watches.
class lookup {
 public:
  explicit lookup(const async::executor& on) : watched_(on), timer_(on) {}
  ~lookup() {
    if (channel_) ares_destroy(channel_);
  }
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;

  /// ARES_SUCCESS or c-ares's error.
  int start(const std::string& host, const upstream_settings& config);
  /// Until a socket is ready, c-ares wants to repeat a question, or `limit`.
  async::awaitable<void> wait(clock::time_point limit);
  void process();

  bool from_hosts_file() const noexcept { return from_file_; }
  const family_answer& v6() const noexcept { return v6_; }
  const family_answer& v4() const noexcept { return v4_; }

 private:
  static void on_socket_state(void* self, ares_socket_t socket, int readable, int writable);
  static void on_answer(void* family, int status, int, ares_addrinfo* found) {
    static_cast<family_answer*>(family)->take(status, found);
  }
  void ask(const std::string& host, int family, family_answer& into);

  asio::posix::stream_descriptor watched_;
  asio::steady_timer timer_;
  family_answer v6_, v4_;
  bool from_file_ = false;
  ares_channel channel_ = nullptr;
};

int lookup::start(const std::string& host, const upstream_settings& config) {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return ARES_ENOMEM;
  watched_.assign(set);

  ares_options options{};
  options.timeout =
      static_cast<int>(std::min<std::chrono::milliseconds>(first_try, config.dns_timeout).count());
  options.tries = rounds;
  options.sock_state_cb = on_socket_state;
  options.sock_state_cb_data = this;
  auto status =
      ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) {
    channel_ = nullptr;
    return status;
  }
  if (!config.dns_servers.empty()) {
    std::string servers;
    for (const auto& server : config.dns_servers)
      servers += (servers.empty() ? "" : ",") + server;
    status = ares_set_servers_ports_csv(channel_, servers.c_str());
    if (status != ARES_SUCCESS) return status;
  }
  ask(host, AF_INET6, v6_);
  ask(host, AF_INET, v4_);
  return ARES_SUCCESS;
}

void lookup::ask(const std::string& host, int family, family_answer& into) {
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;  // each address once
  hints.ai_flags = ARES_AI_NOSORT;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, on_answer, &into);
  // Only the hosts file has an address before any packet was answered.
  if (into.done && !into.addresses.empty()) from_file_ = true;
}

void lookup::on_socket_state(void* self, ares_socket_t socket, int readable, int writable) {
  const int set = static_cast<lookup*>(self)->watched_.native_handle();
  epoll_event wanted{};
  wanted.data.fd = socket;
  wanted.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
  if (wanted.events == 0) {
    ::epoll_ctl(set, EPOLL_CTL_DEL, socket, nullptr);
  } else if (::epoll_ctl(set, EPOLL_CTL_ADD, socket, &wanted) != 0 && errno == EEXIST) {
    ::epoll_ctl(set, EPOLL_CTL_MOD, socket, &wanted);
  }
}

async::awaitable<void> lookup::wait(clock::time_point limit) {
  timeval until_repeat{};
  if (ares_timeout(channel_, nullptr, &until_repeat)) {
    const auto pause =
        std::chrono::seconds(until_repeat.tv_sec) + std::chrono::microseconds(until_repeat.tv_usec);
    limit = std::min(limit, clock::now() + pause);
  }
  timer_.expires_at(limit);
  co_await asio::experimental::make_parallel_group(
      watched_.async_wait(asio::posix::stream_descriptor::wait_read, asio::deferred),
      timer_.async_wait(asio::deferred))
      .async_wait(asio::experimental::wait_for_one(), async::as_result);
}

void lookup::process() {
  std::array<epoll_event, 16> ready;
  const int count = ::epoll_wait(watched_.native_handle(), ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = ready[static_cast<std::size_t>(i)];
    ares_process_fd(channel_, (event.events & ~std::uint32_t{EPOLLOUT}) ? event.data.fd : ARES_SOCKET_BAD,
                    (event.events & EPOLLOUT) ? event.data.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what has timed out
}

bool knows_nothing(const family_answer& family) {
  switch (family.status) {
    case ARES_SUCCESS:  // without an address
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
    case ARES_EBADNAME:
      return true;
    default:
      return false;
  }
}

failure explain(const std::string& host, const lookup& asked, const upstream_settings& config) {
  failure why;
  const auto& broken = knows_nothing(asked.v4()) && asked.v4().done ? asked.v6() : asked.v4();
  if (!broken.done) {
    why.code = errc::resolve_failed;
    why.detail = "DNS did not answer within " + std::to_string(config.dns_timeout.count()) + " s for " + host;
  } else if (knows_nothing(broken)) {
    why.code = errc::host_not_found;
    why.detail = "DNS knows no address of " + host;
  } else {
    why.code = errc::resolve_failed;
    why.detail = "DNS lookup of " + host + " failed: " + ares_strerror(broken.status);
  }
  return why;
}

}  // namespace

async::awaitable<fetch_result<dns_answer>> look_up(const std::string& host, const upstream_settings& config) {
  lookup running(co_await asio::this_coro::executor);
  const int started = running.start(host, config);
  if (started != ARES_SUCCESS) {
    failure why;
    why.code = errc::resolve_failed;
    why.detail = std::string("DNS cannot be used: ") + ares_strerror(started);
    co_return why;
  }

  auto limit = clock::now() + config.dns_timeout;
  bool settling = false;
  const auto& v6 = running.v6();
  const auto& v4 = running.v4();
  while (!(v6.done && v4.done) && !running.from_hosts_file()) {
    if (!v4.addresses.empty() && !settling) {
      settling = true;
      limit = std::min(limit, clock::now() + config.dns_resolution_delay);
    }
    if (clock::now() >= limit) break;
    co_await running.wait(limit);
    running.process();
  }

  if (v6.addresses.empty() && v4.addresses.empty()) co_return explain(host, running, config);
  dns_answer answer;
  answer.v6 = v6.addresses;
  answer.v4 = v4.addresses;
  answer.ttl = running.from_hosts_file() ? hosts_file_ttl : std::chrono::seconds(std::min(v6.ttl, v4.ttl));
  co_return answer;
}

}  // namespace millrace::upstream
