#include "server/streams_handler.hpp"

#include "api/page.hpp"
#include "api/stream_definition.hpp"
#include "api/stream_resource.hpp"
#include "registry/identity.hpp"
#include "server/control_response.hpp"
#include "server/shared_state.hpp"
#include "server/source_check.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace millrace::server {

namespace {

constexpr std::string_view no_such_stream =
    "There is no stream with this id. GET /streams lists all of them.";

http::problem forbidden(std::size_t position) {
  const auto field = position == 0 ? "url" : "failover_urls[" + std::to_string(position - 1) + "]";
  return {
      .code = http::problem_code::upstream_forbidden,
      .detail =
          field +
          ": millrace may not connect to this host. --allow-upstream opens addresses; link-local, multicast "
          "and millrace's own are never allowed.",
      .status = {}};
}

}  // namespace

async::awaitable<void> handle_post_stream(request_context& context) {
  auto& shared = context.worker.shared;
  auto definition = api::parse_stream_definition(context.body);
  if (!definition) {
    co_await respond_refusal(context, definition.error().problem);
    co_return;
  }
  const auto refused = co_await find_forbidden(shared.network, definition->sources);
  if (refused) {
    auto why = forbidden(*refused);
    co_await respond_refusal(context, std::move(why));
    co_return;
  }
  const auto id = registry::stream_id(definition->sources.front().text(), {});
  const bool known = shared.directory.find_stream(id) != nullptr;
  const auto made = shared.directory.post(std::move(*definition));
  if (!made) {
    http::problem why{.code = http::problem_code::busy,
                      .detail = "There are too many streams. Delete some that are not needed any more.",
                      .status = {}};
    co_await respond_refusal(context, std::move(why));
    co_return;
  }
  auto reply = api::stream_reply(*made, known ? "Stream updated" : "Stream created");
  co_await respond_json(context, std::move(reply));
}

async::awaitable<void> handle_list_streams(request_context& context) {
  const auto asked = api::parse_page(context.query);
  if (!asked) {
    co_await respond_refusal(context, asked.error().problem);
    co_return;
  }
  const auto all = context.worker.shared.directory.streams();
  std::string text = R"({"streams":[)";
  co_await append_in_turns(text, asked->of(std::span(all)));
  text += R"(],"total":)" + std::to_string(all.size()) + '}';
  co_await respond_json(context, std::move(text));
}

async::awaitable<void> handle_show_stream(request_context& context) {
  const auto& directory = context.worker.shared.directory;
  const auto found = directory.find_stream(std::string(context.captures.at(0)));
  if (!found) {
    co_await respond_not_found(context, std::string(no_such_stream));
    co_return;
  }
  const auto clients = directory.clients_of(*found);
  auto text = R"({"stream":)" + boost::json::serialize(api::stream_info(*found, registry::wall_clock::now()));
  text += R"(,"clients":[)";
  co_await append_in_turns(text, std::span(clients));
  text += R"(],"client_count":)" + std::to_string(clients.size()) + '}';
  co_await respond_json(context, std::move(text));
}

async::awaitable<void> handle_delete_stream(request_context& context) {
  const std::string id(context.captures.at(0));
  if (!context.worker.shared.directory.remove_stream(id)) {
    co_await respond_not_found(context, std::string(no_such_stream));
    co_return;
  }
  context.worker.shared.hls.shelf.forget(id);
  co_await respond_message(context, "Stream " + id + " deleted");
}

}  // namespace millrace::server
