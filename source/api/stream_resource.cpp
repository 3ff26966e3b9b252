#include "api/stream_resource.hpp"

#include "api/json_types.hpp"
#include "core/utf8.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace millrace::api {

namespace json = boost::json;
using registry::stream;
using registry::stream_definition;

namespace {

bool is_hls(const stream& what) {
  return what.kind() == registry::stream_kind::hls;
}

std::string_view type_of(const stream& what) {
  return is_hls(what) ? "hls" : "direct";
}

json::array failover_urls(const stream_definition& of, const json::storage_ptr& storage) {
  json::array urls(storage);
  urls.reserve(of.sources.size() - 1);
  for (std::size_t i = 1; i < of.sources.size(); ++i)
    urls.emplace_back(of.sources[i].text());
  return urls;
}

json::object metadata(const stream_definition& of, const json::storage_ptr& storage) {
  json::object all(storage);
  for (const auto& [name, value] : of.metadata)
    put_text(all, to_utf8(name), value);
  return all;
}

}  // namespace

json::object stream_info(const stream& what, registry::wall_clock::time_point now,
                         json::storage_ptr storage) {
  const auto definition = what.definition();
  const auto& sources = definition->sources;
  const auto chosen = what.current_source();
  // The definition may have been replaced meanwhile.
  const auto current = chosen < sources.size() ? chosen : 0;
  const bool active = what.is_active(now);

  constexpr std::size_t members = 18;
  json::object info(members, storage);
  put_text(info, "stream_id", what.id());
  put_text(info, "original_url", sources.front().text());
  put_text(info, "current_url", sources[current].text());
  info.emplace("failover_urls", failover_urls(*definition, storage));
  info.emplace("current_failover_index", current);
  info.emplace("failover_attempts", what.failovers.load());
  info.emplace("has_failover", sources.size() > 1);
  put_text(info, "user_agent", definition->user_agent);
  info.emplace("stream_type", type_of(what));
  info.emplace("client_count", what.clients.load());
  info.emplace("total_bytes_served", what.bytes_served.load());
  info.emplace("total_segments_served", what.segments_served.load());
  info.emplace("error_count", what.errors.load());
  put_text(info, "last_error", what.last_error());
  info.emplace("is_active", active);
  info.emplace("created_at", iso_time(what.created_at()));
  info.emplace("last_access", iso_time(what.running.load() > 0 ? now : what.last_access()));
  info.emplace("metadata", metadata(*definition, storage));
  return info;
}

json::object stream_reply(const stream& what, std::string_view message) {
  const auto definition = what.definition();
  json::object reply;
  put_text(reply, "stream_id", what.id());
  put_text(reply, "primary_url", definition->sources.front().text());
  reply.emplace("failover_urls", failover_urls(*definition, {}));
  put_text(reply, "user_agent", definition->user_agent);
  reply.emplace("stream_type", type_of(what));
  reply.emplace("stream_endpoint",
                is_hls(what) ? "/hls/" + what.id() + "/playlist.m3u8" : "/stream/" + what.id());
  put_text(reply, "message", message);
  reply.emplace("metadata", metadata(*definition, {}));
  return reply;
}

void append_infos(std::string& text, std::span<const std::shared_ptr<stream>> entries,
                  registry::wall_clock::time_point now) {
  std::array<unsigned char, 8 * 1024> memory;
  for (const auto& each : entries) {
    json::monotonic_resource arena(memory.data(), memory.size());
    if (text.back() != '[') text += ',';
    text += json::serialize(stream_info(*each, now, &arena));
  }
}

}  // namespace millrace::api
