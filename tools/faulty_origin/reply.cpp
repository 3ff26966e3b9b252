#include "reply.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

namespace millrace::origin {
namespace {

constexpr std::string_view fixed_date = "Tue, 02 Jan 2024 03:04:05 GMT";

/// The version of the resource that this request sees.
struct version {
  std::shared_ptr<const body> content;
  std::string etag;
  std::string last_modified;
};

std::string status_line(int status, bool http_1_0) {
  return fmt::format("HTTP/1.{} {} {}\r\n", http_1_0 ? 0 : 1, status, reason_of(status));
}

void add(std::string& head, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
}

void add_if(std::string& head, std::string_view name, std::string_view value) {
  if (!value.empty()) add(head, name, value);
}

std::optional<version> choose_version(const services& with, const request_record& asked, behaviour rules) {
  if (rules.changes && with.seen.applies(feature::change, rules.changes->when, asked)) {
    const change& now = *rules.changes;
    rules.size = now.size.value_or(rules.size);
    rules.seed = now.seed.value_or(rules.seed);
    if (now.text) rules.text = now.text;
    if (now.etag) rules.etag = now.etag;
    if (now.last_modified) rules.last_modified = now.last_modified;
  }
  const bool other = rules.lies && rules.lies->about == lie::kind::other_bytes &&
                     with.seen.applies(feature::lie, rules.lies->when, asked);
  version made;
  std::string tag;
  if (!rules.file.empty()) {
    made.content = make_file_body(rules.file);
    if (!made.content) return std::nullopt;
    tag = fmt::format("\"f{:x}\"", made.content->size());
  } else if (rules.text) {
    tag = fmt::format("\"t{:x}\"", std::hash<std::string>()(*rules.text));
    made.content = make_text_body(*rules.text);
  } else {
    tag = fmt::format("\"g{:x}-{:x}\"", rules.seed, rules.size);
    made.content = with.contents.generated(rules.seed, rules.size);
  }
  if (other) made.content = with.contents.generated(rules.seed + 1, made.content->size());
  made.etag = rules.etag.value_or(tag);
  made.last_modified = rules.last_modified.value_or(std::string(fixed_date));
  return made;
}

/// RFC 9110 §13.1.5: a weak or different validator means the whole resource.
bool range_allowed(const request_record& asked, const version& now) {
  const auto condition = asked.header("If-Range");
  if (!condition) return true;
  if (condition->starts_with("W/")) return false;
  return condition->starts_with('"') ? *condition == now.etag : *condition == now.last_modified;
}

bool not_modified(const request_record& asked, const version& now) {
  const auto condition = asked.header("If-None-Match");
  return condition && !now.etag.empty() &&
         (*condition == "*" || condition->find(now.etag) != std::string::npos);
}

void describe(std::string& head, const request_record& asked, const behaviour& rules, const version& now) {
  add_if(head, "ETag", now.etag);
  add_if(head, "Last-Modified", now.last_modified);
  add_if(head, "Content-Type", rules.content_type.value_or(std::string(type_by_extension(asked.path))));
  add_if(head, "Content-Disposition", rules.content_disposition);
  for (const auto& [name, value] : rules.headers)
    add(head, name, value);
}

/// What a lie about the range does to it. `total` is what Content-Range will say.
void bend(lie::kind about, closed_range& part, std::string& total, std::uint64_t size) {
  switch (about) {
    case lie::kind::wrong_start:
      if (part.first < part.last)
        ++part.first;
      else if (part.last + 1 < size)
        part.first = ++part.last;
      break;
    case lie::kind::wrong_total:
      total = std::to_string(size + 1);
      break;
    case lie::kind::unknown_total:
      total = "*";
      break;
    case lie::kind::shorter:
      part.last = part.first + (part.last - part.first) / 2;
      break;
    default:
      break;
  }
}

void add_events(const services& with, const request_record& asked, const behaviour& rules, reply& made) {
  const auto consider = [&](feature part, const auto& place, body_event::kind what, std::uint64_t rate) {
    std::uint64_t after = place.after;
    if (place.absolute) {
      if (after < made.offset) return;
      after -= made.offset;
    }
    if (after >= made.length || !with.seen.applies(part, place.when, asked)) return;
    made.events.push_back({what, after, rate});
  };
  if (rules.slow_at) consider(feature::slow, *rules.slow_at, body_event::kind::slow, rules.slow_at->rate);
  if (rules.stall_at) consider(feature::stall, *rules.stall_at, body_event::kind::stall, 0);
  if (rules.truncate_at) consider(feature::truncate, *rules.truncate_at, body_event::kind::truncate, 0);
  if (rules.reset_at) consider(feature::reset, *rules.reset_at, body_event::kind::reset, 0);
  // At the same place, slowing down comes before what ends the body.
  std::sort(made.events.begin(), made.events.end(), [](const body_event& a, const body_event& b) {
    return a.after != b.after ? a.after < b.after : a.what > b.what;
  });
}

void finish_head(const request_record& asked, const behaviour& rules, reply& made) {
  made.body_framing = rules.body_framing;
  if (made.body_framing == framing::chunked && (rules.http_1_0 || asked.version == "HTTP/1.0")) {
    made.body_framing = framing::until_close;
  }
  made.keep_alive = rules.keep_alive && !rules.http_1_0 && !asked.wants_close() &&
                    made.body_framing != framing::until_close;
  if (made.body_framing == framing::content_length)
    add(made.head, "Content-Length", std::to_string(made.length));
  if (made.body_framing == framing::chunked) add(made.head, "Transfer-Encoding", "chunked");
  // An HTTP/1.0 answer closes without saying so, as old servers do.
  if (!made.keep_alive && !rules.http_1_0) add(made.head, "Connection", "close");
  made.head += "\r\n";
}

/// What a live path says to a Range: the status, and Content-Range where it belongs.
int answer_live_range(const services& with, const request_record& asked, const behaviour& rules,
                      std::string& fields) {
  using range_reply = live_source::range_reply;
  const auto range = asked.header("Range");
  if (!range || asked.method != "GET") return 200;
  range_reply answer = rules.live->ranges;
  if (rules.lies && with.seen.applies(feature::lie, rules.lies->when, asked)) {
    if (rules.lies->about == lie::kind::unknown_total) answer = range_reply::unknown_total;
    if (rules.lies->about == lie::kind::ignore_range) answer = range_reply::ignore;
  }
  switch (answer) {
    case range_reply::ignore:
      break;
    case range_reply::unknown_total:
      add(fields, "Content-Range", fmt::format("bytes {}-*/*", first_byte_asked(range)));
      return 206;
    case range_reply::unsatisfiable:
      return 416;
    case range_reply::forbidden:
      return 403;
  }
  return 200;
}

/// What the body of this response begins and ends with.
std::shared_ptr<const live_body> plan_live(const services& with, const request_record& asked,
                                           const behaviour& rules) {
  const live_source& source = *rules.live;
  live_plan plan{.seed = rules.seed,
                 .began = with.seen.timeline(source.timeline),
                 .now = std::chrono::steady_clock::now(),
                 .last_end = with.seen.last_packet_end(asked.key)};
  plan.ends = with.seen.applies(feature::live_end, source.ends_when, asked);
  plan.salt = asked.connection << 16U | asked.index;
  return std::make_shared<const live_body>(source, plan);
}

reply compose_live(const services& with, const request_record& asked, behaviour rules) {
  std::string fields;
  const int status = answer_live_range(with, asked, rules, fields);
  if (status >= 400) return compose_text(asked, status, {});
  reply made;
  made.status = status;
  if (!rules.content_type && type_by_extension(asked.path) == type_by_extension({}))
    rules.content_type = "video/mp2t";
  describe(
      fields, asked, rules,
      {.content = {}, .etag = rules.etag.value_or(""), .last_modified = rules.last_modified.value_or("")});
  made.head = status_line(status, rules.http_1_0) + fields;
  // Nobody knows how long a broadcast will be.
  if (rules.body_framing == framing::content_length) rules.body_framing = framing::until_close;
  finish_head(asked, rules, made);
  if (asked.method == "HEAD") return made;
  made.live = plan_live(with, asked, rules);
  made.content = made.live;
  made.length = made.live->size();
  made.rate = rules.rate;
  using ending = live_source::ending;
  const ending end = rules.live->end;
  if (made.length != endless && end != ending::close) {
    const auto what = end == ending::reset   ? body_event::kind::reset
                      : end == ending::stall ? body_event::kind::stall
                                             : body_event::kind::truncate;
    made.events.push_back({what, std::exchange(made.length, endless)});
  }
  add_events(with, asked, rules, made);
  return made;
}

reply compose_resource(const services& with, const request_record& asked, const behaviour& rules) {
  const auto now = choose_version(with, asked, rules);
  if (!now) return compose_text(asked, 404, "no such file\n");
  const std::uint64_t size = now->content->size();
  reply made;
  std::string fields;
  describe(fields, asked, rules, *now);
  if (not_modified(asked, *now)) {
    made.status = 304;
    made.keep_alive = rules.keep_alive && !asked.wants_close();
    made.head =
        status_line(304, rules.http_1_0) + fields + (made.keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
    return made;
  }

  range_answer range;
  if (asked.method == "GET" && range_allowed(asked, *now))
    range = interpret_range(asked.header("Range"), size);
  std::optional<lie::kind> told;
  if (rules.lies && rules.lies->about != lie::kind::other_bytes && range.what != range_answer::kind::whole &&
      with.seen.applies(feature::lie, rules.lies->when, asked)) {
    told = rules.lies->about;
  }
  if (told == lie::kind::ignore_range) range = {};

  made.content = now->content;
  made.length = size;
  made.rate = rules.rate;
  if (told != lie::kind::ignore_range && !(rules.lies && rules.lies->about == lie::kind::ignore_range)) {
    add(fields, "Accept-Ranges", "bytes");
  }
  if (range.what == range_answer::kind::unsatisfiable) {
    made.status = 416;
    made.length = 0;
    add(fields, "Content-Range", fmt::format("bytes */{}", size));
  } else if (range.what == range_answer::kind::part) {
    made.status = 206;
    std::string total = std::to_string(size);
    if (told) bend(*told, range.part, total, size);
    made.offset = range.part.first;
    made.length = range.part.last - range.part.first + 1;
    if (told != lie::kind::no_content_range) {
      add(fields, "Content-Range", fmt::format("bytes {}-{}/{}", range.part.first, range.part.last, total));
    }
  }
  made.head = status_line(made.status, rules.http_1_0) + fields;
  finish_head(asked, rules, made);
  add_events(with, asked, rules, made);
  if (asked.method == "HEAD") made.content = nullptr;
  return made;
}

std::string own_location(const services& with, const request_record& asked, const redirection& to,
                         std::string_view name, std::uint64_t value) {
  const std::string target = without_own_parameters(asked.target);
  std::string location =
      fmt::format("{}{}{}={}", target, target.find('?') == target.npos ? '?' : '&', name, value);
  if (!to.absolute) return location;
  return fmt::format("{}://{}{}", with.tls ? "https" : "http", asked.header("Host").value_or(""), location);
}

/// The redirect that this request gets, or nothing when it gets the resource.
std::optional<reply> compose_redirect(const services& with, const request_record& asked,
                                      const redirection& to) {
  const std::uint64_t hop = own_parameter(asked.target, hop_parameter).value_or(0);
  if (const auto ticket = own_parameter(asked.target, ticket_parameter)) {
    if (with.seen.use_ticket(asked.key, *ticket, to.uses)) return std::nullopt;
    return compose_text(asked, to.expired_status, "this ticket is used up\n");
  }
  if (to.to == redirection::kind::chain && hop >= to.hops) return std::nullopt;
  if (!with.seen.applies(feature::redirect, to.when, asked)) return std::nullopt;
  header_list fields;
  switch (to.to) {
    case redirection::kind::location:
      fields.emplace_back("Location", to.location);
      break;
    case redirection::kind::missing:
      break;
    case redirection::kind::chain:
      fields.emplace_back("Location", own_location(with, asked, to, hop_parameter, hop + 1));
      break;
    case redirection::kind::loop:
      fields.emplace_back("Location",
                          own_location(with, asked, to, hop_parameter, 1 - std::min<std::uint64_t>(hop, 1)));
      break;
    case redirection::kind::expiring:
      fields.emplace_back("Location",
                          own_location(with, asked, to, ticket_parameter, with.seen.issue_ticket(asked.key)));
      break;
  }
  return compose_text(asked, to.status, "elsewhere\n", fields);
}

reply compose_status(const request_record& asked, const status_reply& answer) {
  header_list fields = answer.headers;
  if (answer.retry_after) fields.emplace_back("Retry-After", *answer.retry_after);
  if (answer.status == 401) fields.emplace_back("WWW-Authenticate", "Basic realm=\"origin\"");
  return compose_text(asked, answer.status, answer.text, fields);
}

reply compose_plain(const services& with, const request_record& asked, const behaviour& rules) {
  if (!rules.authorization.empty() && asked.header("Authorization") != rules.authorization) {
    return compose_status(asked, status_reply{.status = 401});
  }
  if (rules.status && with.seen.applies(feature::status, rules.status->when, asked)) {
    return compose_status(asked, *rules.status);
  }
  if (rules.redirect) {
    auto redirect = compose_redirect(with, asked, *rules.redirect);
    if (redirect) return std::move(*redirect);
  }
  return rules.live ? compose_live(with, asked, rules) : compose_resource(with, asked, rules);
}

}  // namespace

reply compose_reply(const services& with, const request_record& asked, const behaviour& rules) {
  std::optional<head_fault> fault;
  if (rules.head && with.seen.applies(feature::head, rules.head->when, asked)) fault = rules.head;
  reply made = compose_plain(with, asked, rules);
  std::string interim;
  for (unsigned i = 0; i < rules.interim; ++i)
    interim += "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
  made.head.insert(0, interim);
  if (fault && fault->what == head_fault::kind::huge_header) {
    made.head.insert(made.head.size() - 2, "X-Huge: " + std::string(1024UL * 1024, 'x') + "\r\n");
  }
  made.fault = fault;
  return made;
}

reply compose_text(const request_record& asked, int status, std::string text, const header_list& headers,
                   std::string_view type) {
  reply made;
  made.status = status;
  made.keep_alive = !asked.wants_close();
  if (text.empty()) text = fmt::format("{} {}\n", status, reason_of(status));
  if (status == 204 || status == 304) text.clear();
  made.head = status_line(status, false);
  for (const auto& [name, value] : headers)
    add(made.head, name, value);
  if (status != 204 && status != 304) {
    add(made.head, "Content-Type", type);
    add(made.head, "Content-Length", std::to_string(text.size()));
  }
  if (!made.keep_alive) add(made.head, "Connection", "close");
  made.head += "\r\n";
  made.length = text.size();
  if (asked.method != "HEAD" && !text.empty()) made.content = make_text_body(std::move(text));
  return made;
}

reply compose_refusal(const request_record& asked, const connection_limit& limit) {
  reply made = compose_status(
      asked, status_reply{
                 .status = limit.status, .retry_after = limit.retry_after, .text = "too many connections\n"});
  if (limit.over == connection_limit::refusal::answer) return made;
  made.fault = head_fault{.what = limit.over == connection_limit::refusal::reset ? head_fault::kind::reset
                                                                                 : head_fault::kind::close};
  return made;
}

}  // namespace millrace::origin
