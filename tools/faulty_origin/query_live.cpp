// The query parameters of live paths: /live.ts?live=8M&repeat=2s&close_after=10s

#include "query_parts.hpp"

namespace millrace::origin {
namespace {

using sv = std::string_view;
using source = live_source;

using beginning_name = std::pair<sv, source::beginning>;
constexpr beginning_name beginning_names[] = {{"present", source::beginning::present},
                                              {"last_end", source::beginning::last_end}};

using ending_name = std::pair<sv, source::ending>;
constexpr ending_name ending_names[] = {{"close", source::ending::close},
                                        {"cut", source::ending::cut},
                                        {"reset", source::ending::reset},
                                        {"stall", source::ending::stall}};

using range_name = std::pair<sv, source::range_reply>;
constexpr range_name range_names[] = {{"ignore", source::range_reply::ignore},
                                      {"unknown_total", source::range_reply::unknown_total},
                                      {"416", source::range_reply::unsatisfiable},
                                      {"403", source::range_reply::forbidden}};

source& live(draft& d) {
  return ensure(d.rules.live);
}

/// Bits per second as the field counts them: K and M are powers of ten.
bool read_bit_rate(sv text, std::uint64_t& value) {
  if (text.empty()) return true;
  double factor = 1;
  if (text.ends_with('M') || text.ends_with('K')) {
    factor = text.ends_with('M') ? 1e6 : 1e3;
    text.remove_suffix(1);
  }
  double number = 0;
  if (!read_number(text, number) || !(number >= 0) || number * factor > 1e12) return false;
  value = static_cast<std::uint64_t>(number * factor);
  return true;
}

constexpr parameter parameters[] = {
    {"live", "8M", "broadcast a transport stream of `seed` at so many bit/s; empty: 8M",
     [](draft& d, sv v) { return read_bit_rate(v, live(d).bit_rate); }},
    {"speed", "10", "stream time passes so much faster",
     [](draft& d, sv v) { return read_number(v, live(d).speed); }},
    {"timeline", "NAME", "begins with its first request; by default all paths share the server's start",
     [](draft& d, sv v) {
       live(d).timeline = v;
       return true;
     }},
    {"age", "60s", "broadcast before the timeline began",
     [](draft& d, sv v) { return read_duration(v, live(d).age); }},
    {"begin", "present|last_end", "where a connection begins: now, or behind what the path sent last",
     [](draft& d, sv v) { return choose<source::beginning>(v, live(d).begin, beginning_names); }},
    {"repeat", "2s", "begin so much earlier; the backlog comes at once",
     [](draft& d, sv v) { return read_duration(v, live(d).repeat); }},
    {"gap", "500ms", "never send so much behind the path's last packet",
     [](draft& d, sv v) { return read_duration(v, live(d).gap); }},
    {"close_after", "10s", "end each connection so long after its head",
     [](draft& d, sv v) { return read_duration(v, ensure(live(d).close_after)); }},
    {"close_after_packets", "N", "end each connection after so many packets",
     [](draft& d, sv v) { return read_number(v, ensure(live(d).close_after_packets)); }},
    {"end", "close|cut|reset|stall", "how: properly, without the last chunk, RST, silence",
     [](draft& d, sv v) { return choose<source::ending>(v, live(d).end, ending_names); }},
    {"torn", "100", "bytes of one more packet before the end",
     [](draft& d, sv v) { return read_number(v, live(d).torn); }},
    {"restamp", "", "counters and time stamps of each connection are its own",
     [](draft& d, sv v) { return read_flag(v, live(d).restamp); }},
    {"tables_first", "", "begin with PAT and PMT out of turn",
     [](draft& d, sv v) { return read_flag(v, live(d).tables_first); }},
    {"misaligned", "100", "bytes of the first packet that are missing",
     [](draft& d, sv v) { return read_number(v, live(d).misaligned); }},
    {"garbage_at", "N", "noise after so many body bytes",
     [](draft& d, sv v) { return read_size(v, ensure(live(d).garbage_at)); }},
    {"garbage", "100", "bytes of noise", [](draft& d, sv v) { return read_number(v, live(d).garbage); }},
    {"recording", "N", "these packets from packet 0 on every connection, then the end",
     [](draft& d, sv v) { return read_number(v, ensure(live(d).recording)); }},
    {"paced", "", "a recording comes at its bit rate",
     [](draft& d, sv v) { return read_flag(v, live(d).paced); }},
    {"ranges", "KIND", "what a Range request gets: ignore, unknown_total, 416, 403",
     [](draft& d, sv v) { return choose<source::range_reply>(v, live(d).ranges, range_names); }},
};

}  // namespace

std::span<const parameter> live_parameters() {
  return parameters;
}

}  // namespace millrace::origin
