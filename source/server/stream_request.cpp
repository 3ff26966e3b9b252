#include "server/stream_request.hpp"

#include "core/size.hpp"
#include "http/header_policy.hpp"
#include "registry/identity.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace millrace::server {

namespace {

using outcome = boost::system::result<void, bad_query>;

constexpr std::size_t smallest_chunk = 64 * 1024;
constexpr std::size_t largest_chunk = 64 * 1024 * 1024;
constexpr unsigned most_connections = 64;

bad_query bad(std::string detail) {
  return {{.code = http::problem_code::bad_request, .detail = std::move(detail), .status = {}}};
}

outcome take_url(stream_request& request, std::string_view name, std::string_view text, bool first) {
  const auto parsed = url::parse(text);
  if (!parsed) {
    return bad(std::string(name) +
               ": not an absolute http or https URL. Give it as http://host/path, or percent-encoded.");
  }
  if (first) {
    request.sources.insert(request.sources.begin(), *parsed);
  } else {
    request.sources.push_back(*parsed);
  }
  return {};
}

outcome take_connections(stream_request& request, const std::string& text) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = ec == std::errc() && end == text.data() + text.size();
  if (!whole || value < 1 || value > most_connections)
    return bad("connections: must be a number from 1 to 64.");
  request.connections = std::min(request.connections, value);
  return {};
}

outcome take_chunk_size(stream_request& request, const std::string& text) {
  const auto size = parse_size(text);
  if (!size || *size < smallest_chunk || *size > largest_chunk) {
    return bad("chunk_size: must be a size from 64K to 64M, such as 512K.");
  }
  request.chunk_size = std::min(request.chunk_size, static_cast<std::size_t>(*size));
  return {};
}

outcome take_header(stream_request& request, const std::string& text) {
  auto field = http::parse_given_header(text);
  if (!field) {
    return bad(
        "header: not a \"Name: value\" that may be sent upstream. Host, Range, If-*, Accept-Encoding, "
        "Content-*, "
        "Expect and connection headers may not be given.");
  }
  request.headers.add(std::move(field->name), std::move(field->value));
  return {};
}

outcome take_file_name(stream_request& request, std::string text) {
  if (text.empty()) return bad("filename: must not be empty.");
  request.file_name = std::move(text);
  return {};
}

outcome take_client_id(stream_request& request, std::string text) {
  if (!registry::is_client_id(text)) return bad("client_id: must be 1 to 64 of A-Z a-z 0-9 . _ -");
  request.client_id = std::move(text);
  return {};
}

outcome take_gid(stream_request& request, std::string text) {
  if (!request.gid.empty()) return bad("gid: given more than once.");
  if (!registry::is_gid(text)) return bad("gid: must be 16 lower-case hex digits, as aria2.addUri answered.");
  request.gid = std::move(text);
  return {};
}

/// How to play, whatever it is.
outcome take_option(stream_request& request, std::string_view name, std::string value) {
  if (name == "connections") return take_connections(request, value);
  if (name == "chunk_size") return take_chunk_size(request, value);
  if (name == "filename") return take_file_name(request, std::move(value));
  if (name == "client_id") return take_client_id(request, std::move(value));
  return {};
}

outcome take(stream_request& request, std::string_view name, std::string_view raw, bool& has_url) {
  auto value = percent_decode(raw);
  if (name == "url") {
    if (has_url) return bad("url: given more than once. Use mirror= for other URLs of the same file.");
    has_url = true;
    return take_url(request, name, value, true);
  }
  if (name == "gid") return take_gid(request, std::move(value));
  if (name == "mirror") return take_url(request, name, value, false);
  if (name == "header") return take_header(request, value);
  return take_option(request, name, std::move(value));
}

bool is_literal_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

/// One parameter, as sent.
struct parameter {
  std::string name;
  std::string_view value;
  bool literal = false;  ///< a url that runs to the end of the query
};

/// Takes the first parameter off the query. `name` is decoded, `value` is not.
parameter take_parameter(std::string_view& query) {
  const auto equals = query.find('=');
  const bool literal = query.substr(0, equals) == "url" && is_literal_url(query.substr(equals + 1));
  const auto end = literal ? query.size() : std::min(query.find('&'), query.size());
  const auto pair = query.substr(0, end);
  query.remove_prefix(std::min(end + 1, query.size()));
  const auto split = std::min(pair.find('='), pair.size());
  return {.name = percent_decode(pair.substr(0, split)),
          .value = pair.substr(std::min(split + 1, pair.size())),
          .literal = literal};
}

}  // namespace

std::string stream_request::header_lines() const {
  std::string lines;
  for (const auto& field : headers)
    lines += field.name + ": " + field.value + "\n";
  return lines;
}

boost::system::result<stream_request, bad_query> parse_stream_query(std::string_view query,
                                                                    const transfer_settings& limits) {
  stream_request request;
  request.connections = limits.connections;
  request.chunk_size = limits.chunk_size;
  bool has_url = false;
  while (!query.empty()) {
    const auto next = take_parameter(query);
    const auto taken = next.literal && !has_url ? take_url(request, "url", next.value, true)
                                                : take(request, next.name, next.value, has_url);
    if (!taken) return taken.error();
    has_url = has_url || next.literal;
  }
  if (has_url && !request.gid.empty()) return bad("gid: cannot stand beside url. Give one of them.");
  if (!has_url && request.gid.empty()) return bad("url: missing. Ask for /stream?url=http://host/path");
  return request;
}

bool plays_gid_only(std::string_view query) {
  bool has_gid = false;
  while (!query.empty()) {
    const auto next = take_parameter(query);
    if (next.name == "url" || next.name == "mirror" || next.name == "header") return false;
    has_gid = has_gid || next.name == "gid";
  }
  return has_gid;
}

boost::system::result<stream_request, bad_query> parse_play_query(std::string_view query,
                                                                  const transfer_settings& limits) {
  stream_request request;
  request.connections = limits.connections;
  request.chunk_size = limits.chunk_size;
  while (!query.empty()) {
    const auto next = take_parameter(query);
    const auto taken = take_option(request, next.name, percent_decode(next.value));
    if (!taken) return taken.error();
  }
  return request;
}

void throw_exception_from_error(const bad_query& error, const boost::source_location&) {
  throw std::invalid_argument(error.problem.detail);
}

}  // namespace millrace::server
