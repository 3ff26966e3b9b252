#include "views.hpp"

#include "core/size.hpp"
#include "core/url.hpp"
#include "json_fields.hpp"
#include "quantities.hpp"
#include "table.hpp"

#include <algorithm>

namespace millrace::ctl {

namespace json = boost::json;

namespace {

std::string size_of(const json::object& object, std::string_view name) {
  return format_size(number_of(object, name));
}

/// Lines of labels and values; a line without a value is left out.
class labelled {
 public:
  void add(std::string label, std::string value) {
    if (!value.empty()) table_.add({std::move(label), std::move(value)});
  }
  std::string text() const { return table_.text(); }

 private:
  table table_{{{""}, {""}}};
};

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [=](auto each) { return name.ends_with(each); });
}

/// "Total bytes served" for total_bytes_served.
std::string label_of(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '_', ' ');
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string value_of(const json::object& object, std::string_view name) {
  if (!object.at(name).is_number()) return text_of(object, name);
  const std::uint64_t number = number_of(object, name);
  if (name.ends_with("bytes_per_second")) return format_rate(static_cast<double>(number));
  if (name.ends_with("_seconds")) return format_duration(std::chrono::seconds(number));
  const bool is_size = name.find("bytes") != std::string_view::npos ||
                       ends_with_any(name, {"memory", "memory_rss", "resident_set_size"});
  return is_size ? format_size(number) : text_of(object, name);
}

void add_totals(labelled& out, const json::object& from, const std::string& before) {
  for (const auto& [name, value] : from) {
    const std::string label = before.empty() ? label_of(name) : before + " " + label_of(name);
    if (const auto* part = value.if_object()) {
      add_totals(out, *part, label);
    } else {
      out.add(label, value_of(from, name));
    }
  }
}

}  // namespace

std::string short_url(const std::string& text) {
  const auto parsed = url::parse(text);
  return parsed ? parsed->redacted() : text;
}

std::string source_name(const json::object& stream) {
  const std::uint64_t index = number_of(stream, "current_failover_index");
  return index == 0 ? "primary" : "failover " + std::to_string(index);
}

std::string activity(const json::object& stream) {
  return flag_of(stream, "is_active") ? "active" : "idle";
}

std::string stream_table(const json::array& streams) {
  if (streams.empty()) return "No streams.\n";
  table out({{"STREAM"},
             {"TYPE"},
             {"STATE"},
             {"SOURCE"},
             {"CLIENTS", align::right},
             {"SERVED", align::right},
             {"ERRORS", align::right},
             {"URL"}});
  for (const json::value& each : streams) {
    if (!each.is_object()) continue;
    const json::object& stream = each.get_object();
    out.add({text_of(stream, "stream_id"), text_of(stream, "stream_type"), activity(stream),
             source_name(stream), text_of(stream, "client_count"), size_of(stream, "total_bytes_served"),
             text_of(stream, "error_count"), short_url(text_of(stream, "current_url"))});
  }
  return out.text();
}

std::string client_table(const json::array& clients) {
  if (clients.empty()) return "No clients.\n";
  table out({{"CLIENT"}, {"STREAM"}, {"ADDRESS"}, {"SERVED", align::right}, {"LAST SEEN"}, {"USER AGENT"}});
  for (const json::value& each : clients) {
    if (!each.is_object()) continue;
    const json::object& client = each.get_object();
    out.add({text_of(client, "client_id"), text_of(client, "stream_id"), text_of(client, "ip_address"),
             size_of(client, "bytes_served"), text_of(client, "last_seen"), text_of(client, "user_agent")});
  }
  return out.text();
}

std::string stream_details(const json::object& stream) {
  labelled out;
  out.add("Stream", text_of(stream, "stream_id"));
  out.add("Type", text_of(stream, "stream_type"));
  out.add("State", activity(stream));
  out.add("URL", text_of(stream, "original_url"));
  std::size_t index = 0;
  for (const json::value& each : array_of(stream, "failover_urls")) {
    ++index;
    if (const auto* url = each.if_string()) out.add("Failover " + std::to_string(index), std::string(*url));
  }
  out.add("Plays from", source_name(stream) + ", " + text_of(stream, "current_url"));
  out.add("User agent", text_of(stream, "user_agent"));
  out.add("Clients", text_of(stream, "client_count"));
  out.add("Served", size_of(stream, "total_bytes_served"));
  if (number_of(stream, "total_segments_served") != 0) {
    out.add("Segments", text_of(stream, "total_segments_served"));
  }
  out.add("Failovers", text_of(stream, "failover_attempts"));
  out.add("Errors", text_of(stream, "error_count"));
  out.add("Last error", text_of(stream, "last_error"));
  out.add("Created", text_of(stream, "created_at"));
  out.add("Last access", text_of(stream, "last_access"));
  const json::object& metadata = object_of(stream, "metadata");
  for (const auto& [name, value] : metadata)
    out.add("Metadata", std::string(name) + " = " + text_of(metadata, name));
  return out.text();
}

std::string client_details(const json::object& client) {
  labelled out;
  out.add("Client", text_of(client, "client_id"));
  out.add("Stream", text_of(client, "stream_id"));
  out.add("Address", text_of(client, "ip_address"));
  out.add("User agent", text_of(client, "user_agent"));
  out.add("Served", size_of(client, "bytes_served"));
  if (number_of(client, "segments_served") != 0) out.add("Segments", text_of(client, "segments_served"));
  out.add("First seen", text_of(client, "first_seen"));
  out.add("Last seen", text_of(client, "last_seen"));
  return out.text();
}

std::string totals(const json::object& statistics) {
  labelled out;
  add_totals(out, statistics, "");
  return out.text();
}

}  // namespace millrace::ctl
