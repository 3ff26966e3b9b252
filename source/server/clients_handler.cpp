#include "server/clients_handler.hpp"

#include "api/client_resource.hpp"
#include "api/page.hpp"
#include "server/control_response.hpp"
#include "server/shared_state.hpp"

#include <utility>

namespace millrace::server {

namespace {

constexpr std::string_view no_such_client =
    "There is no client with this id. GET /clients lists all of them.";

async::awaitable<void> answer_removal(request_context& context, std::string id, bool removed) {
  if (removed) {
    co_await respond_message(context, "Client " + id + " disconnected");
  } else {
    co_await respond_not_found(context, std::string(no_such_client));
  }
}

}  // namespace

async::awaitable<void> handle_list_clients(request_context& context) {
  const auto asked = api::parse_page(context.query);
  if (!asked) {
    co_await respond_refusal(context, asked.error().problem);
    co_return;
  }
  const auto all = context.worker.shared.directory.clients();
  std::string text = R"({"clients":[)";
  co_await append_in_turns(text, asked->of(std::span(all)));
  text += R"(],"total":)" + std::to_string(all.size()) + '}';
  co_await respond_json(context, std::move(text));
}

async::awaitable<void> handle_show_client(request_context& context) {
  const auto found = context.worker.shared.directory.find_client(std::string(context.captures.at(0)));
  if (!found) {
    co_await respond_not_found(context, std::string(no_such_client));
    co_return;
  }
  auto body = api::client_info(*found, registry::wall_clock::now());
  co_await respond_json(context, std::move(body));
}

async::awaitable<void> handle_delete_client(request_context& context) {
  std::string id(context.captures.at(0));
  const bool removed = context.worker.shared.directory.remove_client(id);
  co_await answer_removal(context, std::move(id), removed);
}

async::awaitable<void> handle_delete_client_of_stream(request_context& context) {
  const std::string stream(context.captures.at(0));
  std::string id(context.captures.at(1));
  const bool removed = context.worker.shared.directory.remove_client(id, stream);
  co_await answer_removal(context, std::move(id), removed);
}

}  // namespace millrace::server
