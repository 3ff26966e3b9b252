#include "monitor_view.hpp"

#include "core/size.hpp"
#include "json_fields.hpp"
#include "quantities.hpp"
#include "table.hpp"
#include "text.hpp"
#include "views.hpp"

#include <algorithm>
#include <utility>

namespace millrace::ctl {

namespace json = boost::json;

namespace {

std::vector<measured> measure(const json::array& entries, std::string_view counter, rate_meter& meter) {
  std::vector<measured> out;
  for (const json::value& each : entries) {
    if (!each.is_object()) continue;
    const json::object& info = each.get_object();
    std::string name = text_of(info, "stream_id") + ' ' + text_of(info, "client_id");
    const auto rate = meter.rate(name, number_of(info, counter));
    out.push_back({std::move(name), info, rate});
  }
  std::ranges::sort(out, [](const measured& a, const measured& b) {
    const double faster = a.rate.value_or(0) - b.rate.value_or(0);
    return faster != 0 ? faster > 0 : a.name < b.name;
  });
  return out;
}

std::string summary(const look& what) {
  const json::object& all = what.totals;
  return format_count(number_of(all, "total_streams"), "stream") + " (" +
         std::to_string(number_of(all, "active_streams")) + " active), " +
         format_count(number_of(all, "total_clients"), "client") + " (" +
         std::to_string(number_of(all, "active_clients")) + " active), " + format_rate(what.rate) + ", " +
         format_size(number_of(all, "total_bytes_served")) + " served, up " +
         format_duration(std::chrono::seconds(number_of(all, "uptime_seconds")));
}

table stream_rows(const std::vector<measured>& streams) {
  table out({{"STREAM"},
             {"RATE", align::right},
             {"SERVED", align::right},
             {"CLIENTS", align::right},
             {"ERRORS", align::right},
             {"STATE"},
             {"SOURCE"},
             {"URL"}});
  for (const auto& [name, info, rate] : streams) {
    out.add({text_of(info, "stream_id"), format_rate(rate),
             format_size(number_of(info, "total_bytes_served")), text_of(info, "client_count"),
             text_of(info, "error_count"), activity(info), source_name(info),
             short_url(text_of(info, "current_url"))});
  }
  return out;
}

table client_rows(const std::vector<measured>& clients) {
  table out({{"CLIENT"},
             {"RATE", align::right},
             {"SERVED", align::right},
             {"STREAM"},
             {"ADDRESS"},
             {"USER AGENT"}});
  for (const auto& [name, info, rate] : clients) {
    out.add({text_of(info, "client_id"), format_rate(rate), format_size(number_of(info, "bytes_served")),
             text_of(info, "stream_id"), text_of(info, "ip_address"), text_of(info, "user_agent")});
  }
  return out;
}

/// At most `room` lines; when lines are left out, the last one says how many.
void append_cut(std::vector<std::string>& out, std::vector<std::string> lines, std::size_t room) {
  if (lines.size() > room && room > 0) {
    const std::size_t more = lines.size() - room + 1;
    lines[room - 1] = "… " + std::to_string(more) + " more";
  }
  lines.resize(std::min(lines.size(), room));
  std::ranges::move(lines, std::back_inserter(out));
}

}  // namespace

look take_look(const json::object& stats, rate_meter& meter, rate_meter::clock::time_point now) {
  meter.begin(now);
  look out;
  out.totals = object_of(stats, "proxy_stats");
  out.rate = meter.rate("total", number_of(out.totals, "total_bytes_served"));
  out.streams = measure(array_of(stats, "streams"), "total_bytes_served", meter);
  out.clients = measure(array_of(stats, "clients"), "bytes_served", meter);
  return out;
}

std::vector<std::string> screen_lines(const look& what, std::string_view headline, std::size_t columns,
                                      std::size_t rows) {
  std::vector<std::string> out{printable(headline), summary(what), ""};
  auto streams = stream_rows(what.streams).lines();
  auto clients = client_rows(what.clients).lines();
  // Half of the room each, but what one does not need the other may have; an empty line stands between.
  const std::size_t room = rows > out.size() + 1 ? rows - out.size() - 1 : 0;
  const std::size_t rest = room - std::min(room, clients.size());
  append_cut(out, std::move(streams), std::max(room / 2, rest));
  out.emplace_back();
  append_cut(out, std::move(clients), rows > out.size() ? rows - out.size() : 0);
  out.resize(std::min(out.size(), rows));
  for (std::string& each : out)
    each = shortened(each, columns);
  return out;
}

std::vector<std::string> plain_lines(const look& what, std::string_view time) {
  std::vector<std::string> out{"total   " + summary(what)};
  const auto append = [&out](std::string_view kind, table rows) {
    const auto lines = rows.lines();
    for (std::size_t i = 1; i < lines.size(); ++i)
      out.push_back(std::string(kind) + lines[i]);
  };
  append("stream  ", stream_rows(what.streams));
  append("client  ", client_rows(what.clients));
  for (std::string& each : out)
    each = std::string(time) + " " + each;
  return out;
}

}  // namespace millrace::ctl
