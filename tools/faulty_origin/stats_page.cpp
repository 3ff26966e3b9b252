#include "stats_page.hpp"

#include "query.hpp"

#include <iterator>

#include <fmt/format.h>

namespace millrace::origin {
namespace {

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (code < 0x20 || code > 0x7e) {
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", code);
    } else {
      json += c;
    }
  }
  return json + '"';
}

std::string to_json(const counters& seen) {
  return fmt::format(
      R"({{"connections": {}, "open_connections": {}, "peak_connections": {}, "requests": {}, "active_requests": {}, )"
      R"("peak_requests": {}, "refused": {}, "bytes_sent": {}, "handshakes": {}, "resumed_sessions": {}, )"
      R"("failed_handshakes": {}}})",
      seen.connections, seen.open_connections, seen.peak_connections, seen.requests, seen.active_requests,
      seen.peak_requests, seen.refused, seen.bytes_sent, seen.handshakes, seen.resumed_sessions,
      seen.failed_handshakes);
}

}  // namespace

std::string stats_page(const journal& seen) {
  std::string paths;
  for (const std::string& key : seen.keys()) {
    if (!paths.empty()) paths += ",";
    paths += fmt::format("\n  {}: {}", quoted(key), to_json(seen.of(key)));
  }
  return fmt::format("{{\"total\": {},\n \"paths\": {{{}}}}}\n", to_json(seen.totals()), paths);
}

std::string help_page() {
  return "A path's query says how the origin behaves, for instance\n"
         "  /movie.mkv?size=64M&seed=7&rate=4M&delay=40ms\n"
         "  /movie.mkv?size=64M&truncate_at=1M&times=3\n"
         "GET /_stats shows connections, requests and bytes as JSON.\n\nParameters:\n" +
         describe_query();
}

}  // namespace millrace::origin
