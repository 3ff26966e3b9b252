#include "transfer/client_writer.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>

namespace millrace::transfer {

namespace asio = async::asio;

namespace {

using buffer_list = boost::container::small_vector<asio::const_buffer, 4>;

/// Drops the first `bytes` of the list, and buffers that are empty.
void advance(buffer_list& buffers, std::size_t bytes) {
  while (!buffers.empty() && (bytes > 0 || buffers.front().size() == 0)) {
    const auto step = std::min(bytes, buffers.front().size());
    buffers.front() += step;
    bytes -= step;
    if (buffers.front().size() == 0) buffers.erase(buffers.begin());
  }
}

}  // namespace

std::size_t client_writer::send_now(std::span<const asio::const_buffer> payload, error_code& ec) {
  if (head_.empty()) return client_.write_now(payload, ec);
  buffer_list buffers;
  buffers.emplace_back(head_.data(), head_.size());
  buffers.insert(buffers.end(), payload.begin(), payload.end());
  auto sent = client_.write_now(std::span(buffers.data(), buffers.size()), ec);
  const auto of_head = std::min(sent, head_.size());
  head_.erase(0, of_head);
  return sent - of_head;
}

async::awaitable<error_code> client_writer::send_all(std::span<const asio::const_buffer> payload,
                                                     std::size_t& sent) {
  buffer_list rest(payload.begin(), payload.end());
  advance(rest, 0);
  while (head_pending() || !rest.empty()) {
    error_code ec;
    const auto count = send_now(std::span(rest.data(), rest.size()), ec);
    sent += count;
    advance(rest, count);
    if (ec == asio::error::would_block) ec = co_await wait();
    if (ec) co_return ec;
  }
  co_return error_code();
}

}  // namespace millrace::transfer
