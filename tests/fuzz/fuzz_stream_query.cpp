// What a query of /stream or /stream/{id} asks for lies within the limits, can be sent upstream, and comes
// back from a query that is written from it.

#include "fuzzing.hpp"
#include "http/header_policy.hpp"
#include "registry/identity.hpp"
#include "server/stream_request.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace millrace;

void check_sendable(const http::field_list& fields) {
  for (const auto& each : fields) {
    const auto again = http::check_given_header(each.name, each.value);
    fuzz::require(again.has_value() && again->name == each.name && again->value == each.value);
    fuzz::require((each.name + each.value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
}

void check_limits(const server::stream_request& asked, const transfer_settings& limits) {
  fuzz::require(asked.connections >= 1 && asked.connections <= limits.connections);
  fuzz::require(asked.chunk_size >= 64 * 1024 && asked.chunk_size <= limits.chunk_size);
  fuzz::require(asked.client_id.empty() || registry::is_client_id(asked.client_id));
  fuzz::require(asked.gid.empty() || registry::is_gid(asked.gid));
}

bool same(const server::stream_request& a, const server::stream_request& b) {
  return a.gid == b.gid && a.sources == b.sources && a.header_lines() == b.header_lines() &&
         a.connections == b.connections && a.chunk_size == b.chunk_size && a.file_name == b.file_name &&
         a.client_id == b.client_id;
}

std::string written(const server::stream_request& asked) {
  std::string query =
      "connections=" + std::to_string(asked.connections) + "&chunk_size=" + std::to_string(asked.chunk_size);
  if (!asked.file_name.empty()) query += "&filename=" + percent_encode(asked.file_name);
  if (!asked.client_id.empty()) query += "&client_id=" + asked.client_id;
  if (!asked.gid.empty()) query += "&gid=" + asked.gid;
  for (const auto& each : asked.headers)
    query += "&header=" + percent_encode(each.name + ": " + each.value);
  const auto first_mirror = asked.gid.empty() ? 1U : 0U;
  for (std::size_t i = first_mirror; i < asked.sources.size(); ++i)
    query += "&mirror=" + percent_encode(asked.sources[i].text());
  if (asked.gid.empty()) query += "&url=" + percent_encode(asked.sources.front().text());
  return query;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto query = fuzz::to_text(data, size);
  transfer_settings limits;
  limits.connections = 16;
  limits.chunk_size = 8 * 1024 * 1024;
  const auto played = server::parse_play_query(query, limits);
  if (played) {
    check_limits(*played, limits);
    fuzz::require(played->sources.empty() && played->headers.empty());
  }
  const bool gid_only = server::plays_gid_only(query);
  const auto asked = server::parse_stream_query(query, limits);
  if (!asked) {
    fuzz::require(!asked.error().problem.detail.empty() && asked.error().problem.detail.size() < 512);
    return 0;
  }
  check_limits(*asked, limits);
  check_sendable(asked->headers);
  fuzz::require(asked->gid.empty() != asked->sources.empty() || !asked->gid.empty());
  if (gid_only) fuzz::require(!asked->gid.empty() && asked->sources.empty() && asked->headers.empty());
  for (const auto& each : asked->sources) {
    const auto again = url::parse(each.text());
    fuzz::require(again.has_value() && *again == each);
  }
  const auto again = server::parse_stream_query(written(*asked), limits);
  fuzz::require(again.has_value() && same(*again, *asked));
  return 0;
}
