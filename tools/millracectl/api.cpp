#include "api.hpp"

#include "json_fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <set>
#include <utility>

namespace millrace::ctl {

namespace json = boost::json;

namespace {

constexpr std::size_t page_size = 500;

trouble no_millrace(const server_address& server, unsigned status) {
  return {"what " + server.shown() + " answered is no answer of millrace; is --server right?", status};
}

/// Tells entries apart; a client may have the same id on several streams.
std::string identity(const json::object& entry) {
  return text_of(entry, "stream_id") + ' ' + text_of(entry, "client_id");
}

outcome<document> read_document(const server_address& server, http_answer answer) {
  boost::system::error_code error;
  json::value value = json::parse(answer.body, error);
  if (error || !value.is_object()) {
    return no_millrace(server, answer.status);
  }
  return document{std::move(value.get_object()), std::move(answer.body), answer.status};
}

trouble refusal(const server_address& server, const http_answer& answer) {
  boost::system::error_code error;
  const json::value value = json::parse(answer.body, error);
  if (!error && value.is_object()) {
    auto detail = text_of(value.get_object(), "detail");
    if (detail.empty()) detail = text_of(value.get_object(), "title");
    if (!detail.empty()) return trouble{std::move(detail), answer.status};
  }
  std::string text = server.shown() + " answered " + std::to_string(answer.status);
  if (!answer.reason.empty()) text += " " + answer.reason;
  if (answer.status == 401 || answer.status == 403) text += "; is the token (--token) right?";
  if (answer.status / 100 == 3 && !answer.location.empty()) {
    text += "; it points to " + answer.location + ", give the address there as --server";
  }
  return trouble{std::move(text), answer.status};
}

}  // namespace

outcome<document> api::ask(std::string_view method, std::string_view path, std::string body) const {
  auto answer = client_.request(method, path, std::move(body));
  if (!answer) return answer.error();
  if (answer->status / 100 != 2) return refusal(server(), *answer);
  return read_document(server(), std::move(*answer));
}

outcome<document> api::health() const {
  auto answer = client_.request("GET", "/health");
  if (!answer) return answer.error();
  if (answer->status == 503) {
    // A problem document's status is a number; the server's own word on its health is text.
    auto found = read_document(server(), *answer);
    const json::value* status = found ? found->value.if_contains("status") : nullptr;
    if (status != nullptr && status->is_string()) return found;
  }
  if (answer->status / 100 != 2) return refusal(server(), *answer);
  return read_document(server(), std::move(*answer));
}

outcome<document> api::get_all(std::string_view path, std::string_view member) const {
  json::array all;
  std::set<std::string> seen;
  std::size_t offset = 0;
  while (true) {
    auto page =
        get(std::string(path) + "?limit=" + std::to_string(page_size) + "&offset=" + std::to_string(offset));
    if (!page) return page.error();
    const json::value* entries = page->value.if_contains(member);
    if (entries == nullptr || !entries->is_array()) return no_millrace(server(), page->status);
    const json::array& here = entries->get_array();
    const bool counted = page->value.contains("total");
    const std::uint64_t total = number_of(page->value, "total");
    if (offset == 0 && counted && here.size() >= total) return page;

    const std::size_t before = all.size();
    for (const json::value& each : here) {
      if (each.is_object() && seen.insert(identity(each.get_object())).second) all.push_back(each);
    }
    offset += here.size();
    // A server that ignores the offset would send the same page for ever.
    if (all.size() == before || (counted && offset >= total)) break;
  }
  document out;
  out.value["total"] = all.size();
  out.value[member] = std::move(all);
  out.raw = json::serialize(out.value);
  return out;
}

}  // namespace millrace::ctl
