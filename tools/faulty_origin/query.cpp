#include "query.hpp"

#include "message.hpp"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <span>

#include <fmt/format.h>

namespace millrace::origin {
namespace {

/// A behaviour on its way: conditions belong to every fault of the URL and are handed out at the end.
struct draft {
  behaviour rules;
  condition when;
  std::string file_root;
};

using apply = bool (*)(draft&, std::string_view);

struct parameter {
  std::string_view name;
  std::string_view values;
  std::string_view help;
  apply set;
};

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_duration(std::string_view text, std::chrono::milliseconds& value) {
  double factor = 1;
  if (text.ends_with("ms")) {
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
    factor = 1000;
  }
  double number = 0;
  if (!read_number(text, number) || !(number >= 0) || number > 1e9) return false;
  value = std::chrono::milliseconds(std::llround(number * factor));
  return true;
}

bool read_flag(std::string_view text, bool& value) {
  value = text.empty() || text == "true" || text == "1" || text == "yes";
  return value || text == "false" || text == "0" || text == "no";
}

template <class E>
bool choose(std::string_view text, E& value, std::span<const std::pair<std::string_view, E>> names) {
  for (const auto& [name, choice] : names) {
    if (name == text) {
      value = choice;
      return true;
    }
  }
  return false;
}

template <class T>
T& ensure(std::optional<T>& held) {
  if (!held) held.emplace();
  return *held;
}

/// `1M` counts in the body, `@1M` in the resource.
template <class C>
bool read_place(std::string_view text, C& place) {
  place.absolute = text.starts_with("@");
  if (place.absolute) text.remove_prefix(1);
  return read_size(text, place.after);
}

bool read_header(std::string_view text, header_list& headers) {
  const auto colon = text.find(':');
  if (colon == text.npos || colon == 0) return false;
  auto value = text.substr(colon + 1);
  while (value.starts_with(' '))
    value.remove_prefix(1);
  headers.emplace_back(text.substr(0, colon), value);
  return text.find_first_of("\r\n") == text.npos;
}

bool read_etag(std::string_view text, behaviour& rules) {
  if (text == "none") {
    rules.etag = "";
  } else if (text == "weak") {
    rules.etag = "W/\"weak\"";
  } else if (text != "strong") {
    rules.etag =
        text.starts_with('"') || text.starts_with("W/") ? std::string(text) : fmt::format("\"{}\"", text);
  }
  return true;
}

bool read_file_name(std::string_view text, draft& d) {
  namespace fs = std::filesystem;
  if (d.file_root.empty()) return false;
  std::error_code error;
  const fs::path root = fs::canonical(d.file_root, error);
  if (error) return false;
  const fs::path file = fs::weakly_canonical(root / fs::path(text).relative_path(), error);
  if (error) return false;
  const auto inside = file.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..") return false;
  d.rules.file = file.string();
  return true;
}

using head_name = std::pair<std::string_view, head_fault::kind>;
constexpr head_name head_names[] = {
    {"garbage", head_fault::kind::garbage},  {"endless", head_fault::kind::endless},
    {"huge", head_fault::kind::huge_header}, {"bytewise", head_fault::kind::byte_by_byte},
    {"never", head_fault::kind::never},      {"close", head_fault::kind::close},
    {"reset", head_fault::kind::reset}};

using lie_name = std::pair<std::string_view, lie::kind>;
constexpr lie_name lie_names[] = {
    {"ignore_range", lie::kind::ignore_range}, {"wrong_start", lie::kind::wrong_start},
    {"wrong_total", lie::kind::wrong_total},   {"unknown_total", lie::kind::unknown_total},
    {"shorter", lie::kind::shorter},           {"no_content_range", lie::kind::no_content_range},
    {"other_bytes", lie::kind::other_bytes}};

using framing_name = std::pair<std::string_view, framing>;
constexpr framing_name framing_names[] = {
    {"length", framing::content_length}, {"chunked", framing::chunked}, {"close", framing::until_close}};

bool read_status(std::string_view text, int& status) {
  return read_number(text, status) && status >= 200 && status <= 599;
}

bool read_over(std::string_view text, connection_limit& limit) {
  using refusal = connection_limit::refusal;
  limit.over = text == "reset" ? refusal::reset : text == "close" ? refusal::close : refusal::answer;
  return limit.over != refusal::answer || read_status(text, limit.status);
}

bool read_redirect(std::string_view text, redirection& redirect) {
  return read_status(text, redirect.status);
}

bool read_expiring(std::string_view text, redirection& redirect) {
  redirect.to = redirection::kind::expiring;
  return read_number(text, redirect.uses);
}

bool read_hops(std::string_view text, redirection& redirect) {
  redirect.to = text == "loop" ? redirection::kind::loop : redirection::kind::chain;
  return text == "loop" || read_number(text, redirect.hops);
}

bool read_location(std::string_view text, redirection& redirect) {
  redirect.to = text.empty() ? redirection::kind::missing : redirection::kind::location;
  redirect.location = text;
  return text.find_first_of("\r\n") == text.npos;
}

using sv = std::string_view;

constexpr parameter parameters[] = {
    {"size", "64M", "bytes of the resource (K, M, G, T; default 1M)",
     [](draft& d, sv v) { return read_size(v, d.rules.size); }},
    {"seed", "7", "which generated bytes", [](draft& d, sv v) { return read_number(v, d.rules.seed); }},
    {"text", "hello", "this text instead of generated bytes",
     [](draft& d, sv v) {
       d.rules.text = v;
       return true;
     }},
    {"file", "a.mkv", "a file below --root", [](draft& d, sv v) { return read_file_name(v, d); }},
    {"type", "video/mp4", "Content-Type, by default from the extension; empty: none",
     [](draft& d, sv v) {
       d.rules.content_type = v;
       return true;
     }},
    {"etag", "strong|weak|none|X", "ETag", [](draft& d, sv v) { return read_etag(v, d.rules); }},
    {"modified", "DATE", "Last-Modified; empty: none",
     [](draft& d, sv v) {
       d.rules.last_modified = v;
       return true;
     }},
    {"disposition", "X", "Content-Disposition",
     [](draft& d, sv v) {
       d.rules.content_disposition = v;
       return true;
     }},
    {"header", "Name:value", "one more header field, repeatable",
     [](draft& d, sv v) { return read_header(v, d.rules.headers); }},
    {"authorization", "Basic x", "401 for requests without exactly this Authorization",
     [](draft& d, sv v) {
       d.rules.authorization = v;
       return true;
     }},
    {"rate", "4M", "bytes per second and connection",
     [](draft& d, sv v) { return read_size(v, d.rules.rate); }},
    {"delay", "40ms", "from request to response head",
     [](draft& d, sv v) { return read_duration(v, d.rules.delay); }},
    {"connect_delay", "40ms", "added for a connection's first request",
     [](draft& d, sv v) { return read_duration(v, d.rules.connect_delay); }},
    {"stall_at", "N|@N", "send nothing more after N body bytes (@N: at offset N of the resource), stay open",
     [](draft& d, sv v) { return read_place(v, ensure(d.rules.stall_at)); }},
    {"truncate_at", "N|@N", "close after N body bytes",
     [](draft& d, sv v) { return read_place(v, ensure(d.rules.truncate_at)); }},
    {"reset_at", "N|@N", "reset the connection after N body bytes",
     [](draft& d, sv v) { return read_place(v, ensure(d.rules.reset_at)); }},
    {"slow_at", "N|@N", "go on at slow_rate after N body bytes",
     [](draft& d, sv v) { return read_place(v, ensure(d.rules.slow_at)); }},
    {"slow_rate", "1K", "bytes per second after slow_at",
     [](draft& d, sv v) { return read_size(v, ensure(d.rules.slow_at).rate) && d.rules.slow_at->rate > 0; }},
    {"lie", "KIND",
     "ignore_range, wrong_start, wrong_total, unknown_total, shorter, no_content_range, other_bytes",
     [](draft& d, sv v) { return choose<lie::kind>(v, ensure(d.rules.lies).about, lie_names); }},
    {"change_size", "1M", "another version has this size",
     [](draft& d, sv v) { return read_size(v, ensure(d.rules.changes).size.emplace()); }},
    {"change_seed", "8", "another version has these bytes",
     [](draft& d, sv v) { return read_number(v, ensure(d.rules.changes).seed.emplace()); }},
    {"change_etag", "\"b\"", "another version has this ETag",
     [](draft& d, sv v) {
       ensure(d.rules.changes).etag = v;
       return true;
     }},
    {"status", "503", "answer with this status",
     [](draft& d, sv v) { return read_status(v, ensure(d.rules.status).status); }},
    {"retry_after", "2", "Retry-After of status and max_connections",
     [](draft& d, sv v) {
       (d.rules.max_connections ? d.rules.max_connections->retry_after : ensure(d.rules.status).retry_after) =
           v;
       return true;
     }},
    {"max_connections", "2", "most connections answering at the same time",
     [](draft& d, sv v) { return read_number(v, ensure(d.rules.max_connections).most); }},
    {"over", "503|reset|close", "what connections beyond max_connections get",
     [](draft& d, sv v) { return read_over(v, ensure(d.rules.max_connections)); }},
    {"redirect", "302", "redirect with this status",
     [](draft& d, sv v) { return read_redirect(v, ensure(d.rules.redirect)); }},
    {"location", "URL", "where to, as it stands; empty: no Location",
     [](draft& d, sv v) { return read_location(v, ensure(d.rules.redirect)); }},
    {"hops", "3|loop", "redirect to itself this many times, or for ever",
     [](draft& d, sv v) { return read_hops(v, ensure(d.rules.redirect)); }},
    {"expiring", "2", "redirect to a fresh ticket that is good for so many requests",
     [](draft& d, sv v) { return read_expiring(v, ensure(d.rules.redirect)); }},
    {"expired_status", "403", "what a used-up ticket answers",
     [](draft& d, sv v) { return read_status(v, ensure(d.rules.redirect).expired_status); }},
    {"framing", "length|chunked|close", "how the body ends",
     [](draft& d, sv v) { return choose<framing>(v, d.rules.body_framing, framing_names); }},
    {"http10", "", "answer as HTTP/1.0", [](draft& d, sv v) { return read_flag(v, d.rules.http_1_0); }},
    {"keep_alive", "false", "close after each response",
     [](draft& d, sv v) { return read_flag(v, d.rules.keep_alive); }},
    {"interim", "1", "so many 103 responses first",
     [](draft& d, sv v) { return read_number(v, d.rules.interim); }},
    {"head", "KIND", "garbage, endless, huge, bytewise, never, close, reset",
     [](draft& d, sv v) { return choose<head_fault::kind>(v, ensure(d.rules.head).what, head_names); }},
    {"from", "3", "all faults: only from the n-th request on",
     [](draft& d, sv v) { return read_number(v, d.when.from); }},
    {"times", "2", "all faults: only so many times",
     [](draft& d, sv v) { return read_number(v, d.when.times); }},
    {"probability", "0.1", "all faults: only so often",
     [](draft& d, sv v) { return read_number(v, d.when.probability); }},
    {"beyond", "1M", "all faults: only ranges that begin here or later",
     [](draft& d, sv v) { return read_size(v, d.when.first_byte_from); }},
    {"reused", "", "all faults: only on kept-alive connections",
     [](draft& d, sv v) { return read_flag(v, d.when.reused); }},
    {"client", "127.0.0.2", "all faults: only for this client address",
     [](draft& d, sv v) {
       d.when.client = v;
       return true;
     }},
    {"server", "127.0.0.2", "all faults: only at this listening address",
     [](draft& d, sv v) {
       d.when.server = v;
       return true;
     }},
};

void hand_out(const condition& when, behaviour& rules) {
  const auto give = [&](auto& held) {
    if (held) held->when = when;
  };
  give(rules.stall_at);
  give(rules.truncate_at);
  give(rules.reset_at);
  give(rules.slow_at);
  give(rules.lies);
  give(rules.changes);
  give(rules.status);
  give(rules.redirect);
  give(rules.head);
}

}  // namespace

bool read_size(std::string_view text, std::uint64_t& value) {
  double factor = 1;
  if (!text.empty()) {
    const auto unit = std::string_view("KMGTkmgt").find(text.back());
    if (unit != std::string_view::npos) {
      factor = std::ldexp(1.0, static_cast<int>(unit % 4 + 1) * 10);
      text.remove_suffix(1);
    }
  }
  double number = 0;
  if (!read_number(text, number) || !(number >= 0) || number * factor > 9e18) return false;
  value = static_cast<std::uint64_t>(number * factor);
  return true;
}

std::variant<behaviour, query_error> behaviour_from_query(std::string_view query,
                                                          const std::string& file_root) {
  draft made{.rules = {}, .when = {}, .file_root = file_root};
  for (const auto& [name, value] : parse_query(query)) {
    bool found = false;
    for (const parameter& one : parameters) {
      if (one.name != name) continue;
      found = true;
      if (!one.set(made, value)) return query_error{fmt::format("bad value for {}: {}", name, value)};
    }
    if (!found) return query_error{fmt::format("unknown parameter: {}", name)};
  }
  hand_out(made.when, made.rules);
  return made.rules;
}

std::string describe_query() {
  std::string text;
  for (const parameter& one : parameters) {
    text += fmt::format(
        "  {:<34}{}\n",
        one.values.empty() ? std::string(one.name) : fmt::format("{}={}", one.name, one.values), one.help);
  }
  return text;
}

}  // namespace millrace::origin
