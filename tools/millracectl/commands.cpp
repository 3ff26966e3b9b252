#include "commands.hpp"

#include "core/size.hpp"
#include "core/url.hpp"
#include "json_fields.hpp"
#include "quantities.hpp"
#include "table.hpp"
#include "text.hpp"
#include "views.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

namespace millrace::ctl {

namespace json = boost::json;

namespace {

/// The document itself with --json, else what `show` makes of it.
template <class Show>
outcome<reply> answer(const outcome<document>& got, const invocation& asked, const Show& show) {
  if (!got) return got.error();
  if (asked.json) return reply{printable_json(got->raw) + "\n"};
  return reply{show(got->value)};
}

std::string message_of(const json::object& value) {
  return printable(text_of(value, "message")) + "\n";
}

std::string stream_path(const std::string& id) {
  return "/streams/" + percent_encode(id);
}

json::object as_object(const stream_request::pairs& all) {
  json::object out;
  for (const auto& [name, value] : all)
    out[name] = value;
  return out;
}

outcome<reply> create(const api& server, const invocation& asked) {
  const stream_request& stream = asked.stream;
  json::object body{{"url", stream.url}};
  if (!stream.failover_urls.empty())
    body["failover_urls"] = json::array(stream.failover_urls.begin(), stream.failover_urls.end());
  if (!stream.user_agent.empty()) body["user_agent"] = stream.user_agent;
  if (!stream.headers.empty()) body["headers"] = as_object(stream.headers);
  if (!stream.metadata.empty()) body["metadata"] = as_object(stream.metadata);
  return answer(server.post("/streams", json::serialize(body)), asked, [&](const json::object& made) {
    table out({{""}, {""}});
    out.add({"Stream", text_of(made, "stream_id")});
    out.add({"Type", text_of(made, "stream_type")});
    out.add({"Play", server.server().locate(text_of(made, "stream_endpoint"))});
    return out.text();
  });
}

outcome<reply> list(const api& server, const invocation& asked) {
  return answer(server.get_all("/streams", "streams"), asked,
                [](const json::object& all) { return stream_table(array_of(all, "streams")); });
}

outcome<reply> info(const api& server, const invocation& asked) {
  return answer(server.get(stream_path(asked.id)), asked, [](const json::object& found) {
    std::string out = stream_details(object_of(found, "stream"));
    const json::array& clients = array_of(found, "clients");
    if (!clients.empty()) out += "\n" + client_table(clients);
    return out;
  });
}

outcome<reply> stats(const api& server, const invocation& asked) {
  return answer(server.get("/stats"), asked,
                [](const json::object& all) { return totals(object_of(all, "proxy_stats")); });
}

std::string health_line(const json::object& health) {
  std::string out = printable(text_of(health, "status"));
  if (const auto version = printable(text_of(health, "version")); !version.empty())
    out += ": millrace " + version;
  out += ", up " + format_duration(std::chrono::seconds(number_of(health, "uptime_seconds")));
  out += ", " + format_count(number_of(health, "active_streams"), "active stream");
  out += ", " + format_count(number_of(health, "active_clients"), "active client");
  return out + ", " + format_size(number_of(health, "total_bytes_served")) + " served\n";
}

outcome<reply> health(const api& server, const invocation& asked) {
  const auto got = server.health();
  auto out = answer(got, asked, health_line);
  if (out && (got->status != 200 || text_of(got->value, "status") != "healthy")) out->exit_code = 1;
  return out;
}

outcome<reply> failover(const api& server, const invocation& asked) {
  return answer(server.post(stream_path(asked.id) + "/failover", {}), asked, [](const json::object& done) {
    const std::uint64_t index = number_of(done, "failover_index");
    const std::string name = index == 0 ? "the primary source" : "failover " + std::to_string(index);
    return "The stream plays from " + name + " now: " + printable(text_of(done, "new_url")) + "\n";
  });
}

outcome<reply> remove(const api& server, const invocation& asked) {
  return answer(server.remove(stream_path(asked.id)), asked, message_of);
}

bool is_stream_id(const std::string& id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The clients of one stream in the shape of GET /clients.
outcome<document> clients_of_stream(const api& server, const std::string& id) {
  auto stream = server.get(stream_path(id));
  if (!stream) return stream.error();
  const json::array& found = array_of(stream->value, "clients");
  document out;
  out.value["clients"] = found;
  out.value["total"] = found.size();
  out.raw = json::serialize(out.value);
  return out;
}

outcome<reply> clients(const api& server, const invocation& asked) {
  const auto show_all = [](const json::object& all) { return client_table(array_of(all, "clients")); };
  if (asked.id.empty()) return answer(server.get_all("/clients", "clients"), asked, show_all);
  const auto one = server.get("/clients/" + percent_encode(asked.id));
  if (!one && one.error().status == 404 && is_stream_id(asked.id)) {
    const auto all = clients_of_stream(server, asked.id);
    if (!all && all.error().status == 404) return trouble{"there is no client or stream " + asked.id, 404};
    return answer(all, asked, show_all);
  }
  return answer(one, asked, client_details);
}

outcome<reply> disconnect(const api& server, const invocation& asked) {
  std::string path = "/clients/" + percent_encode(asked.id);
  if (!asked.stream_id.empty()) path.insert(0, "/hls/" + percent_encode(asked.stream_id));
  return answer(server.remove(path), asked, message_of);
}

}  // namespace

outcome<reply> run_command(const api& server, const invocation& asked) {
  switch (asked.command) {
    case verb::create:
      return create(server, asked);
    case verb::list:
      return list(server, asked);
    case verb::info:
      return info(server, asked);
    case verb::stats:
      return stats(server, asked);
    case verb::health:
      return health(server, asked);
    case verb::failover:
      return failover(server, asked);
    case verb::remove:
      return remove(server, asked);
    case verb::clients:
      return clients(server, asked);
    case verb::disconnect:
      return disconnect(server, asked);
    case verb::monitor:
      break;
  }
  throw std::logic_error("monitor is no command that asks once");
}

}  // namespace millrace::ctl
