#include "server.hpp"

#include "connection.hpp"
#include "stats_page.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace millrace::origin {
namespace {

using asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int port_attempts = 20;

/// One event loop and the thread that runs it.
struct worker {
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{loop.get_executor()};
  std::thread thread;
};

awaitable<> run_connection(std::shared_ptr<connection> one) {
  co_await one->run();
}

std::vector<tcp::acceptor> listen_once(asio::io_context& loop, const server_options& options) {
  std::vector<tcp::acceptor> listeners;
  std::uint16_t port = options.port;
  for (const std::string& address : options.addresses) {
    const tcp::endpoint endpoint(asio::ip::make_address(address), port);
    tcp::acceptor& listener = listeners.emplace_back(loop);
    listener.open(endpoint.protocol());
    listener.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.address().is_v6()) listener.set_option(asio::ip::v6_only(true));
    listener.bind(endpoint);
    listener.listen(1024);
    port = listener.local_endpoint().port();
  }
  return listeners;
}

void check(const behaviour& rules) {
  const std::string wrong = rules.live ? what_is_wrong(*rules.live) : std::string();
  if (!wrong.empty()) throw std::invalid_argument(wrong);
}

/// A port that the kernel chose for the first address may be taken at the next one.
std::vector<tcp::acceptor> listen(asio::io_context& loop, const server_options& options) {
  for (int attempt = 1;; ++attempt) {
    try {
      return listen_once(loop, options);
    } catch (const boost::system::system_error&) {
      if (options.port != 0 || options.addresses.size() < 2 || attempt == port_attempts) throw;
    }
  }
}

}  // namespace

class server::implementation {
 public:
  explicit implementation(server_options given) : options_(std::move(given)) {
    if (options_.addresses.empty()) throw std::runtime_error("no address to listen on");
    prepare_tls();
    context_.tls = tls_.get();
    context_.connect_delay = options_.connect_delay;
    context_.query_behaviour = options_.query_behaviour;
    context_.file_root = options_.file_root;
    context_.own_page = [this](const std::string& path, std::string& type) { return own_page(path, type); };
    for (unsigned i = 0; i < std::max(options_.threads, 1U); ++i)
      workers_.push_back(std::make_unique<worker>());
    listeners_ = listen(workers_.front()->loop, options_);
    port_ = listeners_.front().local_endpoint().port();
    for (tcp::acceptor& listener : listeners_) {
      asio::co_spawn(workers_.front()->loop, accept_connections(listener), asio::detached);
    }
    for (const auto& one : workers_)
      one->thread = std::thread([loop = &one->loop] { loop->run(); });
  }

  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;
  ~implementation() { stop(); }

  void stop() {
    const std::lock_guard lock(stopping_);
    if (workers_.empty()) return;
    asio::post(workers_.front()->loop, [this] {
      closed_ = true;
      for (tcp::acceptor& listener : listeners_)
        listener.close();
      drop(false);
      for (const auto& one : workers_)
        one->work.reset();
    });
    for (const auto& one : workers_)
      one->thread.join();
    listeners_.clear();
    workers_.clear();
  }

  void drop(bool reset) {
    const std::lock_guard lock(connections_mutex_);
    for (const auto& weak : connections_) {
      const auto one = weak.lock();
      if (!one) continue;
      asio::post(one->executor(), [one, reset] { one->abort(reset); });
    }
  }

  server_options options_;
  journal seen_;
  content_store contents_;
  std::shared_ptr<SSL_CTX> tls_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> most_connections_{0};

 private:
  void prepare_tls() {
    const bool files = !options_.certificate_file.empty() || !options_.key_file.empty();
    if (files) {
      tls_ = context_from_files(options_.certificate_file, options_.key_file);
    } else if (options_.tls != tls_mode::none) {
      if (!options_.authority) options_.authority = std::make_shared<const tls_authority>();
      tls_ = options_.authority->context(options_.tls);
    }
    context_.with.tls = tls_ != nullptr;
  }

  std::string own_page(const std::string& path, std::string& type) const {
    if (!options_.query_behaviour) return {};
    if (path == "/") return help_page();
    if (path != "/_stats") return {};
    type = "application/json";
    return stats_page(seen_);
  }

  awaitable<> accept_connections(tcp::acceptor& listener) {
    std::size_t turn = 0;
    while (listener.is_open()) {
      asio::io_context& loop = workers_[turn++ % workers_.size()]->loop;
      auto [error, socket] = co_await listener.async_accept(loop, as_result);
      if (closed_) co_return;
      if (error) continue;
      if (const auto most = most_connections_.load(); most != 0 && seen_.totals().open_connections >= most) {
        wire(std::move(socket)).reset();
        seen_.connection_refused();
        continue;
      }
      auto one = std::make_shared<connection>(std::move(socket), context_);
      remember(one);
      asio::co_spawn(loop, run_connection(std::move(one)), asio::detached);
    }
  }

  void remember(const std::shared_ptr<connection>& one) {
    const std::lock_guard lock(connections_mutex_);
    std::erase_if(connections_, [](const std::weak_ptr<connection>& old) { return old.expired(); });
    connections_.push_back(one);
  }

  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<tcp::acceptor> listeners_;  // of the first worker
  connection_context context_{.with = {seen_, contents_, false}, .file_root = {}, .own_page = {}};
  bool closed_ = false;  // on the first worker's thread
  std::mutex connections_mutex_;
  std::vector<std::weak_ptr<connection>> connections_;
  std::mutex stopping_;
};

server::server(server_options options)
    : implementation_(std::make_unique<implementation>(std::move(options))) {}
server::~server() = default;

void server::stop() {
  implementation_->stop();
}

std::uint16_t server::port() const {
  return implementation_->port_;
}

std::string server::url(std::string_view target, std::string_view host) const {
  if (host.empty()) host = implementation_->options_.addresses.front();
  const bool v6 = host.find(':') != host.npos;
  return fmt::format("{}://{}{}{}:{}{}", implementation_->tls_ ? "https" : "http", v6 ? "[" : "", host,
                     v6 ? "]" : "", port(), target);
}

const tls_authority& server::authority() const {
  if (!implementation_->options_.authority) throw std::runtime_error("this origin has no authority");
  return *implementation_->options_.authority;
}

void server::set(const std::string& path, behaviour rules) {
  check(rules);
  implementation_->seen_.set(path, std::move(rules));
}

void server::update(const std::string& path, const std::function<void(behaviour&)>& edit) {
  implementation_->seen_.update(path, [&edit](behaviour& rules) {
    behaviour edited = rules;
    edit(edited);
    check(edited);
    rules = std::move(edited);
  });
}

void server::remove(const std::string& path) {
  implementation_->seen_.remove(path);
}

counters server::totals() const {
  return implementation_->seen_.totals();
}

counters server::of(const std::string& path) const {
  return implementation_->seen_.of(path);
}

std::vector<request_record> server::requests(std::string_view path) const {
  return implementation_->seen_.requests(path);
}

std::uint64_t server::present_packet(const std::string& path) const {
  const auto rules = implementation_->seen_.rules_of(path);
  if (!rules || !rules->live) return 0;
  const auto began = implementation_->seen_.timeline(rules->live->timeline);
  return origin::present_packet(*rules->live, rules->seed, began, std::chrono::steady_clock::now());
}

void server::reset_counters() {
  implementation_->seen_.reset();
}

bool server::wait_until(const std::function<bool()>& predicate,
                        std::chrono::steady_clock::duration limit) const {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void server::drop_connections(bool reset) {
  implementation_->drop(reset);
}

void server::limit_connections(std::uint64_t most) {
  implementation_->most_connections_ = most;
}

std::string server::stats_json() const {
  return stats_page(implementation_->seen_);
}

}  // namespace millrace::origin
