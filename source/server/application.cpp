#include "server/application.hpp"

#include "core/log.hpp"
#include "core/options.hpp"
#include "server/listener.hpp"
#include "server/machine.hpp"
#include "server/shared_state.hpp"
#include "server/shutdown.hpp"
#include "server/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace millrace::server {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct fitted_settings {
  settings config;
  std::size_t wanted_clients = 0;
  std::size_t descriptors = 0;
};

/// Where there are few descriptors, idle upstream connections may hold an eighth of them.
fitted_settings fit_to_machine(settings config) {
  fitted_settings fitted{.config = std::move(config), .descriptors = raise_descriptor_limit()};
  auto& idle = fitted.config.upstream.pool_idle_total;
  idle = std::min(idle, fitted.descriptors / 8);
  auto& clients = fitted.config.listen.max_clients;
  fitted.wanted_clients =
      std::exchange(clients, std::min(clients, clients_that_fit(fitted.descriptors, idle)));
  return fitted;
}

void log_limits(std::size_t descriptors, std::size_t wanted, std::size_t clients) {
  if (clients < wanted) {
    // Who has asked for no number misses none.
    const bool asked_for = wanted != listen_settings().max_clients;
    const auto line =
        fmt::format("{} file descriptors are allowed (ulimit -n): --max-clients lowered from {} to {}",
                    descriptors, wanted, clients);
    asked_for ? log::warning("{}", line) : log::info("{}", line);
  } else {
    log::info("{} file descriptors are allowed, enough for {} clients", descriptors, clients);
  }
}

/// It may come up later: no reason not to start.
void warn_of_absent(const std::vector<std::string>& local_addresses,
                    const std::vector<interface_address>& interfaces) {
  for (const auto& text : local_addresses) {
    const auto address = plain_address(asio::ip::make_address(text));
    const bool there =
        address.is_loopback() || address.is_unspecified() ||
        std::ranges::any_of(interfaces, [&](const auto& one) { return one.address == address; });
    if (!there)
      log::warning("--bind {}: this machine has no such address now, nothing can be fetched from it", text);
  }
}

tcp::endpoint listen_endpoint(const listen_settings& config) {
  error_code ec;
  const auto address = asio::ip::make_address(config.host, ec);
  if (ec) throw option_error(fmt::format("--host '{}': expected an IPv4 or IPv6 address", config.host));
  return {address, config.port};
}

access_control::surroundings look_around(const tcp::endpoint& at,
                                         const std::vector<interface_address>& interfaces) {
  access_control::surroundings found{.loopback_only = plain_address(at.address()).is_loopback(),
                                     .on_link = {},
                                     .machine_name = machine_name()};
  for (const auto& one : interfaces) {
    if (one.prefix > 0) found.on_link.emplace_back(one.address, one.prefix);
  }
  return found;
}

std::vector<std::unique_ptr<worker>> make_workers(shared_state& shared) {
  const auto wanted = shared.config.listen.threads;
  const auto count = wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::unique_ptr<worker>> workers;
  for (unsigned i = 0; i < count; ++i)
    workers.push_back(std::make_unique<worker>(shared.config, shared));
  return workers;
}

/// When run() ends by an exception the event loops still have to end, or joining their threads would take for
/// ever.
struct thread_end {
  const std::vector<std::unique_ptr<worker>>& workers;
  std::vector<std::jthread>& threads;

  ~thread_end() {
    if (threads.empty()) return;
    for (const auto& one : workers)
      one->finish();
    threads.clear();
  }
};

}  // namespace

struct application::parts {
  parts(fitted_settings given, const tcp::endpoint& at, const std::vector<interface_address>& interfaces)
      : wanted_clients(given.wanted_clients),
        descriptors(given.descriptors),
        shared(std::move(given.config), look_around(at, interfaces)),
        workers(make_workers(shared)),
        clients(control, at, shared, workers),
        ending(control, shared, clients, workers),
        signals(control) {
    std::vector<asio::ip::address> own;
    for (const auto& one : interfaces)
      own.push_back(one.address);
    shared.policy.add_own_endpoint(clients.local(), std::move(own));
  }

  void wait_for_signal() {
    signals.async_wait([this](const error_code& ec, int) {
      if (ec) return;
      ending.request();
      if (ending.requests() < 2) {
        wait_for_signal();
      } else {
        signals.clear();
      }
    });
  }

  async::awaitable<void> run_control() {
    co_await ending.supervise();
    error_code ignored;
    signals.cancel(ignored);
  }

  // Destroyed from the end: workers before what they share, the control loop last of those that others post
  // to.
  std::size_t wanted_clients, descriptors;
  asio::io_context control{1};
  shared_state shared;
  std::vector<std::unique_ptr<worker>> workers;
  listener clients;
  shutdown ending;
  asio::signal_set signals;
};

application::application(settings config) {
  const auto at = listen_endpoint(config.listen);
  parts_ = std::make_unique<parts>(fit_to_machine(std::move(config)), at, interface_addresses());
}

application::~application() = default;

std::uint16_t application::port() const noexcept {
  return parts_->clients.local().port();
}

std::string application::address() const {
  const auto host = parts_->clients.local().address();
  const auto text = host.to_string();
  return fmt::format("http://{}:{}", host.is_v6() ? "[" + text + "]" : text, port());
}

const shared_state& application::shared() const noexcept {
  return parts_->shared;
}

void application::stop_on_signals() {
  parts_->signals.add(SIGINT);
  parts_->signals.add(SIGTERM);
  parts_->wait_for_signal();
}

void application::stop() {
  asio::post(parts_->control, [this] { parts_->ending.request(); });
}

void application::run() {
  const auto& config = parts_->shared.config;
  log_limits(parts_->descriptors, parts_->wanted_clients, config.listen.max_clients);
  warn_of_absent(config.upstream.bind, interface_addresses());
  log::info("listening on {}, {} event loops", address(), parts_->workers.size());
  std::exception_ptr failure;
  std::vector<std::jthread> threads;
  const thread_end end{parts_->workers, threads};
  for (auto& one : parts_->workers)
    threads.emplace_back([&home = *one] { home.run(); });
  asio::co_spawn(parts_->control, parts_->run_control(), [&](std::exception_ptr error) { failure = error; });
  parts_->control.run();
  if (failure) std::rethrow_exception(failure);

  threads.clear();
  // Their sockets belong to the event loops.
  parts_->shared.pool.close_all();
  log::info("stopped");
}

}  // namespace millrace::server
