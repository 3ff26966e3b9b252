#include "server/shutdown.hpp"

#include "async/combinators.hpp"
#include "core/log.hpp"
#include "server/housekeeping.hpp"
#include "server/shared_state.hpp"

#include <boost/asio/post.hpp>

namespace millrace::server {

namespace asio = boost::asio;

shutdown::shutdown(asio::io_context& control, shared_state& shared, listener& clients,
                   std::span<const std::unique_ptr<worker>> workers)
    : shared_(shared),
      clients_(clients),
      workers_(workers),
      requested_(control.get_executor()),
      grace_(control),
      tasks_(control.get_executor()) {
  shared.clients.on_empty([this, &control] {
    if (shared_.draining.load()) asio::post(control, [this] { grace_.cancel(); });
  });
}

void shutdown::request() {
  if (++requests_ == 1) {
    requested_.notify();
  } else {
    grace_.cancel();
  }
}

async::awaitable<void> shutdown::supervise() {
  tasks_.spawn(clients_.run());
  tasks_.spawn(run_pool_cleanup(shared_.pool));
  tasks_.spawn(run_registry_cleanup(shared_));
  tasks_.spawn(run_segment_cleanup(shared_.hls));
  tasks_.spawn(run_speed_sampling(shared_.statistics));
  co_await requested_.wait();
  shared_.draining.store(true);
  clients_.close();
  log::info("stopping, {} connections are open", shared_.clients.open());
  co_await drain();

  tasks_.cancel();
  co_await tasks_.join();
  clients_.refusals().cancel();
  co_await clients_.refusals().join();
  for (const auto& one : workers_)
    one->finish();
}

async::awaitable<void> shutdown::drain() {
  if (requests_ > 1 || shared_.clients.open() == 0) co_return;
  grace_.expires_after(shared_.config.listen.drain_timeout);
  co_await grace_.async_wait(async::as_result);
  if (shared_.clients.open() > 0)
    log::info("ending the {} connections that are left", shared_.clients.open());
}

}  // namespace millrace::server
