#include "http/message_reader.hpp"

#include "http/characters.hpp"

#include <charconv>

namespace millrace::http {

namespace {

constexpr std::size_t usual_fields = 16;
constexpr std::size_t longest_method = 64;

/// What went wrong in plain words; empty when nothing did.
using complaint = std::string_view;

/// Empty lines before the head.
std::size_t skip_empty_lines(std::string_view bytes) noexcept {
  std::size_t at = 0;
  for (;;) {
    if (bytes.substr(at).starts_with("\r\n")) {
      at += 2;
    } else if (bytes.substr(at).starts_with('\n')) {
      at += 1;
    } else {
      return at;
    }
  }
}

/// Length of the head with its empty line; npos when that is not there yet.
std::size_t find_head_end(std::string_view bytes) noexcept {
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const auto rest = bytes.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

enum class line_ends { strict, lenient };

/// Takes a line off a complete head, without its end. nullopt for a bare LF that is not allowed.
std::optional<std::string_view> take_line(std::string_view& head, line_ends ends) noexcept {
  const auto end = head.find('\n');
  auto line = head.substr(0, end);
  head.remove_prefix(end + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else if (ends == line_ends::strict) {
    return std::nullopt;
  }
  return line;
}

complaint read_fields(std::string_view head, line_ends ends, field_list& fields) {
  fields.reserve(usual_fields);
  for (;;) {
    const auto line = take_line(head, ends);
    if (!line) return "a header line that does not end with CR LF";
    if (line->empty()) return {};
    std::size_t name_end = 0;
    while (name_end < line->size() && contains(token_characters, (*line)[name_end]))
      ++name_end;
    if (name_end == line->size() || (*line)[name_end] != ':') {
      const bool folded = name_end == 0 && (line->front() == ' ' || line->front() == '\t');
      return folded ? "a header that is folded over several lines" : "a header name that is no token";
    }
    if (name_end == 0) return "a header without a name";
    const auto value = trim(line->substr(name_end + 1));
    if (!consists_of(value_characters, value)) return "control characters in a header";
    fields.add(std::string(line->substr(0, name_end)), std::string(value));
  }
}

/// "HTTP/1.0" and "HTTP/1.1" only; 0 otherwise.
unsigned read_version(std::string_view text) noexcept {
  if (text == "HTTP/1.1") return 11;
  return text == "HTTP/1.0" ? 10 : 0;
}

/// Content-Length over all its lines: equal values are one (RFC 9110 §8.6).
complaint read_content_length(const field_list& fields, std::optional<std::uint64_t>& length) {
  for (const auto& each : fields) {
    if (!equal_ignoring_case(each.name, "Content-Length")) continue;
    std::string_view rest = each.value;
    do {
      const auto element = take_element(rest);
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(element.data(), element.data() + element.size(), value);
      if (error != std::errc{} || end != element.data() + element.size())
        return "a Content-Length that is no number";
      if (length && *length != value) return "several different Content-Lengths";
      length = value;
    } while (!rest.empty());
    if (each.value.ends_with(',')) return "a Content-Length that is no number";
  }
  return {};
}

struct framing_fields {
  std::optional<std::uint64_t> length;
  bool has_transfer_encoding = false;
  bool chunked = false;
};

complaint read_framing(const field_list& fields, framing_fields& found) {
  for (const auto& each : fields) {
    if (!equal_ignoring_case(each.name, "Transfer-Encoding")) continue;
    found.has_transfer_encoding = true;
    if (found.chunked || !equal_ignoring_case(each.value, "chunked")) return "an unknown Transfer-Encoding";
    found.chunked = true;
  }
  return read_content_length(fields, found.length);
}

/// RFC 9112 §9.3.
bool keeps_alive(unsigned version, const field_list& fields) noexcept {
  if (fields.has_token("Connection", "close")) return false;
  return version >= 11 || fields.has_token("Connection", "keep-alive");
}

constexpr character_set host_characters = make_character_set([](unsigned char c) {
  return token_characters[c] ||
         std::string_view("()~;=:[],").find(static_cast<char>(c)) != std::string_view::npos;
});

complaint check_host(const request_head& head) {
  const auto hosts = head.fields.count("Host");
  if (hosts > 1) return "more than one Host";
  if (hosts == 0) return head.version >= 11 ? complaint("no Host") : complaint();
  return consists_of(host_characters, head.fields.get("Host")) ? complaint()
                                                               : complaint("a Host that is no host");
}

complaint read_request_line(std::string_view line, request_head& head) {
  const auto method_end = line.find(' ');
  const auto target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) {
    return "a request line that is not method, target and version";
  }
  const auto method = line.substr(0, method_end);
  const auto target = line.substr(method_end + 1, target_end - method_end - 1);
  if (!is_token(method) || method.size() > longest_method) return "a method that is none";
  if (!consists_of(target_characters, target))
    return "white space or control characters in the request target";
  const auto scheme_end = target.find("://");
  const bool absolute =
      scheme_end != std::string_view::npos && (equal_ignoring_case(target.substr(0, scheme_end), "http") ||
                                               equal_ignoring_case(target.substr(0, scheme_end), "https"));
  if (!target.starts_with('/') && target != "*" && !absolute)
    return "a request target that is no path and no URL";
  head.version = read_version(line.substr(target_end + 1));
  if (head.version == 0) return "a version other than HTTP/1.0 and HTTP/1.1";
  head.method = method;
  head.target = target;
  return {};
}

complaint read_status_line(std::string_view line, response_head& head) {
  const auto version_end = line.find(' ');
  head.version = read_version(line.substr(0, version_end));
  if (head.version == 0) return "a version other than HTTP/1.0 and HTTP/1.1";
  if (version_end == std::string_view::npos) return "no status";
  line.remove_prefix(version_end + 1);
  const auto status = line.substr(0, 3);
  const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), head.status);
  const bool three_digits = error == std::errc{} && status.size() == 3 && end == status.data() + 3;
  if (!three_digits || head.status < 100) return "a status that has not three digits";
  line.remove_prefix(3);
  if (!line.empty() && !line.starts_with(' ')) return "a status that has not three digits";
  return consists_of(value_characters, line) ? complaint() : complaint("control characters in the reason");
}

complaint read_head(std::string_view bytes, request_head& head) {
  const auto line = take_line(bytes, line_ends::strict);
  if (!line) return "a request line that does not end with CR LF";
  if (const auto wrong = read_request_line(*line, head); !wrong.empty()) return wrong;
  if (const auto wrong = read_fields(bytes, line_ends::strict, head.fields); !wrong.empty()) return wrong;
  framing_fields found;
  if (const auto wrong = read_framing(head.fields, found); !wrong.empty()) return wrong;
  if (found.has_transfer_encoding && head.fields.count("Content-Length") != 0) {
    return "both Content-Length and Transfer-Encoding";
  }
  if (found.has_transfer_encoding && head.version < 11) return "Transfer-Encoding in HTTP/1.0";
  if (const auto wrong = check_host(head); !wrong.empty()) return wrong;

  if (found.chunked) {
    head.body = framing::chunked;
  } else if (found.length.value_or(0) != 0) {
    head.body = framing::length;
    head.content_length = *found.length;
  }
  head.keep_alive = keeps_alive(head.version, head.fields);
  head.expects_continue = head.version >= 11 && head.fields.has_token("Expect", "100-continue");
  return {};
}

complaint read_head(std::string_view bytes, response_head& head, bool to_head) {
  const auto line = take_line(bytes, line_ends::lenient);
  if (const auto wrong = read_status_line(*line, head); !wrong.empty()) return wrong;
  if (const auto wrong = read_fields(bytes, line_ends::lenient, head.fields); !wrong.empty()) return wrong;
  framing_fields found;
  if (const auto wrong = read_framing(head.fields, found); !wrong.empty()) return wrong;

  head.keep_alive = keeps_alive(head.version, head.fields);
  // The framing is faulty then: another party on the way may have read it otherwise.
  if (found.has_transfer_encoding && (head.version < 11 || found.length)) head.keep_alive = false;
  if (to_head || head.status < 200 || head.status == 204 || head.status == 304) {
    head.body = framing::none;
  } else if (found.chunked) {
    head.body = framing::chunked;
  } else if (found.length) {
    head.body = framing::length;
    head.content_length = *found.length;
  } else {
    head.body = framing::until_close;
    head.keep_alive = false;
  }
  return {};
}

/// Whether these first bytes can still become a request line: a TLS hello on the plain port is told at once.
bool may_become(std::string_view bytes, const request_head&) noexcept {
  const auto method = bytes.substr(0, bytes.find(' '));
  return method.size() <= longest_method && consists_of(token_characters, method) && !bytes.starts_with(' ');
}

bool may_become(std::string_view bytes, const response_head&) noexcept {
  constexpr std::string_view beginning = "HTTP/1.";
  const auto both = std::min(bytes.size(), beginning.size());
  return bytes.substr(0, both) == beginning.substr(0, both);
}

template <class Head, class... Context>
parsed_head<Head> parse_head(std::string_view bytes, std::size_t limit, Context... context) {
  parsed_head<Head> parsed;
  const bool full = bytes.size() >= limit;
  const auto begin = skip_empty_lines(bytes.substr(0, limit));
  const auto head = bytes.substr(0, limit).substr(begin);
  const auto size = find_head_end(head);
  complaint wrong;
  if (size != std::string_view::npos) {
    parsed.state = head_state::complete;
    parsed.consumed = begin + size;
    wrong = read_head(head.substr(0, size), parsed.head, context...);
  } else if (head != "\r" && !may_become(head, parsed.head)) {
    wrong = "the beginning is not HTTP";
  } else if (full) {
    parsed.state = head_state::too_large;
  }
  if (!wrong.empty()) {
    parsed.state = head_state::malformed;
    parsed.reason = wrong;
  }
  return parsed;
}

}  // namespace

parsed_head<request_head> parse_request_head(std::string_view bytes, std::size_t limit) {
  return parse_head<request_head>(bytes, limit);
}

parsed_head<response_head> parse_response_head(std::string_view bytes, std::size_t limit, bool to_head) {
  return parse_head<response_head>(bytes, limit, to_head);
}

}  // namespace millrace::http
