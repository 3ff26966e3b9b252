#include "transfer/memory_transport.hpp"

#include <boost/system/system_error.hpp>

#include <new>

namespace millrace::transfer {

namespace asio = async::asio;

memory_transport::memory_transport(const async::executor& on, shared_body& into)
    : transport({}, {}), body_(into), cancelled_(on) {}

std::size_t memory_transport::read_now(std::span<std::byte>, error_code& ec) noexcept {
  ec = asio::error::would_block;
  return 0;
}

std::size_t memory_transport::write_now(std::span<const asio::const_buffer> from, error_code& ec) noexcept {
  std::size_t taken = 0;
  ec = {};
  try {
    for (const auto& each : from) {
      if (body_.ended()) {
        ec = asio::error::connection_reset;
        break;
      }
      body_.append(std::span(static_cast<const std::byte*>(each.data()), each.size()));
      taken += each.size();
    }
  } catch (const std::bad_alloc&) {
    ec = make_error_code(boost::system::errc::not_enough_memory);
  }
  return taken;
}

async::awaitable<error_code> memory_transport::wait_readable() {
  co_await cancelled_.wait();
  co_return error_code(asio::error::operation_aborted);
}

async::awaitable<error_code> memory_transport::wait_writable() {
  co_return error_code();
}

void memory_transport::move_to(const async::executor&) {
  throw boost::system::system_error(make_error_code(boost::system::errc::operation_not_supported));
}

}  // namespace millrace::transfer
