#include "api/client_resource.hpp"

#include "api/json_types.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>

#include <array>

namespace millrace::api {

namespace json = boost::json;
using registry::client;

json::object client_info(const client& who, registry::wall_clock::time_point now, json::storage_ptr storage) {
  constexpr std::size_t members = 8;
  json::object info(members, std::move(storage));
  put_text(info, "client_id", who.id());
  put_text(info, "stream_id", who.playing().id());
  put_text(info, "user_agent", who.user_agent());
  put_text(info, "ip_address", who.address());
  info.emplace("first_seen", iso_time(who.first_seen()));
  info.emplace("last_seen", iso_time(who.running.load() > 0 ? now : who.last_seen()));
  info.emplace("bytes_served", who.bytes_served.load());
  info.emplace("segments_served", who.segments_served.load());
  return info;
}

void append_infos(std::string& text, std::span<const std::shared_ptr<client>> entries,
                  registry::wall_clock::time_point now) {
  std::array<unsigned char, 4 * 1024> memory;
  for (const auto& each : entries) {
    json::monotonic_resource arena(memory.data(), memory.size());
    if (text.back() != '[') text += ',';
    text += json::serialize(client_info(*each, now, &arena));
  }
}

}  // namespace millrace::api
