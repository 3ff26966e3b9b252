#pragma once
// What the handlers of the control plane have in common: JSON that nobody may keep, long lists without
// holding up the event loop.

#include "api/client_resource.hpp"
#include "api/process_view.hpp"
#include "api/stream_resource.hpp"
#include "server/request_context.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>

namespace millrace::server {

struct shared_state;

async::awaitable<void> respond_json(request_context& context, std::string body);
async::awaitable<void> respond_json(request_context& context, boost::json::object body,
                                    unsigned status = 200);
/// `{"message": …}`
async::awaitable<void> respond_message(request_context& context, std::string message);
async::awaitable<void> respond_refusal(request_context& context, http::problem why);
/// 404 with this detail.
async::awaitable<void> respond_not_found(request_context& context, std::string detail);

api::process_view look_at(const shared_state& shared);

/// api::append_infos() in slices; other requests of the event loop get their turns between them. The entries
/// belong to the caller.
template <class T>
async::awaitable<void> append_in_turns(std::string& text, std::span<const std::shared_ptr<T>> entries) {
  constexpr std::size_t slice = 50;
  const auto now = registry::wall_clock::now();
  const auto start = text.size();
  const auto slices = entries.size() / slice + 1;
  bool first = true;
  while (!entries.empty()) {
    const auto count = std::min(slice, entries.size());
    api::append_infos(text, entries.first(count), now);
    // One look ahead: growing step by step would cost a third of the time.
    if (first) text.reserve(start + (text.size() - start) * slices);
    first = false;
    entries = entries.subspan(count);
    if (!entries.empty()) co_await boost::asio::post(boost::asio::use_awaitable);
  }
}

}  // namespace millrace::server
