#include "http/message_reader.hpp"

#include "http/characters.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/none.hpp>

#include <algorithm>
#include <limits>
#include <type_traits>

namespace millrace::http {

namespace {

namespace beast = boost::beast;

constexpr std::size_t usual_fields = 16;
constexpr std::size_t longest_method = 64;
constexpr std::size_t status_line_without_reason = std::string_view("HTTP/1.1 200").size();

/// What went wrong in plain words; empty when nothing did.
using complaint = std::string;

/// Fills our head with what Beast reads; sees the head alone, never a body.
template <bool is_request>
class head_parser final : public beast::http::basic_parser<is_request> {
 public:
  using head_type = std::conditional_t<is_request, request_head, response_head>;

  explicit head_parser(head_type& head) : head_(head) {
    this->eager(false);
    this->header_limit(std::numeric_limits<std::uint32_t>::max());  // the caller has cut the head already
    this->body_limit(boost::none);
    head_.fields.reserve(usual_fields);
  }

  /// `bytes`: from the start line to the empty line.
  complaint read(std::string_view bytes) {
    beast::error_code ec;
    const auto used = this->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    if (ec) return ec.message();
    return used == bytes.size() ? complaint() : "an empty line inside the head";
  }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       beast::error_code&) override {
    if constexpr (is_request) {
      head_.method.assign(method.data(), method.size());
      head_.target.assign(target.data(), target.size());
      head_.version = static_cast<unsigned>(version);
    }
  }

  void on_response_impl(int status, beast::string_view, int version, beast::error_code&) override {
    if constexpr (!is_request) {
      head_.status = static_cast<unsigned>(status);
      head_.version = static_cast<unsigned>(version);
    }
  }

  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     beast::error_code&) override {
    head_.fields.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }

  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override { return 0; }
  void on_finish_impl(beast::error_code&) override {}

  head_type& head_;
};

/// Bytes of empty lines before the head.
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

/// What is worth knowing before the parser runs, from one pass over the line ends.
struct outline {
  std::size_t size =
      std::string_view::npos;  ///< of the head with its empty line; npos: that has not come yet
  bool bare = false;           ///< a line ends without CR
  bool folded = false;         ///< a line begins with white space (obs-fold)
};

outline find_outline(std::string_view bytes) noexcept {
  outline found;
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const auto rest = bytes.substr(at + 1);
    found.bare |= at == 0 || bytes[at - 1] != '\r' || rest.starts_with('\n');
    found.folded |= rest.starts_with(' ') || rest.starts_with('\t');
    if (rest.starts_with('\n')) {
      found.size = at + 2;
      return found;
    }
    if (rest.starts_with("\r\n")) {
      found.size = at + 3;
      return found;
    }
  }
  return found;
}

/// "chunked" in one line, or none at all.
complaint check_codings(const field_list& fields) {
  const auto lines = fields.count("Transfer-Encoding");
  if (lines == 0) return {};
  const bool known = lines == 1 && equal_ignoring_case(fields.get("Transfer-Encoding"), "chunked");
  return known ? "" : "an unknown Transfer-Encoding";
}

/// RFC 9112 §9.3. Beast's own answer lets keep-alive win over close in HTTP/1.0 and heeds Proxy-Connection.
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
  if (hosts == 0) return head.version >= 11 ? "no Host" : "";
  return consists_of(host_characters, head.fields.get("Host")) ? "" : "a Host that is no host";
}

complaint check_target(std::string_view target) {
  const auto scheme = target.substr(0, target.find("://"));
  const bool absolute = scheme.size() < target.size() &&
                        (equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https"));
  const bool known = target.starts_with('/') || target == "*" || absolute;
  return known ? "" : "a request target that is no path and no URL";
}

complaint check(const request_head& head) {
  if (auto wrong = check_target(head.target); !wrong.empty()) return wrong;
  if (auto wrong = check_host(head); !wrong.empty()) return wrong;
  if (auto wrong = check_codings(head.fields); !wrong.empty()) return wrong;
  const bool coded = head.fields.count("Transfer-Encoding") != 0;
  if (coded && head.fields.count("Content-Length") != 0) return "both Content-Length and Transfer-Encoding";
  return coded && head.version < 11 ? "Transfer-Encoding in HTTP/1.0" : "";
}

complaint read_head(std::string_view bytes, const outline& lines, request_head& head) {
  if (lines.folded) return "a header that is folded over several lines";
  head_parser<true> parser(head);
  if (auto wrong = parser.read(bytes); !wrong.empty()) return wrong;
  if (auto wrong = check(head); !wrong.empty()) return wrong;

  const auto length = parser.content_length();
  if (parser.chunked()) {
    head.body = framing::chunked;
  } else if (length && *length != 0) {
    head.body = framing::length;
    head.content_length = *length;
  }
  head.keep_alive = keeps_alive(head.version, head.fields);
  head.expects_continue = head.version >= 11 && head.fields.has_token("Expect", "100-continue");
  return {};
}

/// What a client may take and Beast does not: lines that end without CR (RFC 9112 §2.2), no space after the
/// status.
std::string normalise(std::string_view head) {
  std::string out;
  out.reserve(head.size() + 2 * usual_fields);
  while (!head.empty()) {
    auto line = head.substr(0, head.find('\n'));
    head.remove_prefix(line.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool status_alone = out.empty() && line.size() == status_line_without_reason;
    out.append(line).append(status_alone ? " \r\n" : "\r\n");
  }
  return out;
}

complaint read_head(std::string_view bytes, const outline& lines, response_head& head, bool to_head) {
  std::string normal;
  if (lines.bare || bytes.find('\r') == status_line_without_reason) bytes = normal = normalise(bytes);
  head_parser<false> parser(head);
  if (auto wrong = parser.read(bytes); !wrong.empty()) return wrong;
  if (head.status < 100) return "a status below 100";
  if (auto wrong = check_codings(head.fields); !wrong.empty()) return wrong;

  head.keep_alive = keeps_alive(head.version, head.fields);
  // The framing is faulty then: another party on the way may have read it otherwise.
  if (parser.chunked() && head.version < 11) head.keep_alive = false;
  if (to_head || head.status < 200 || head.status == 204 || head.status == 304) {
    head.body = framing::none;
  } else if (parser.chunked()) {
    head.body = framing::chunked;
  } else if (const auto length = parser.content_length()) {
    head.body = framing::length;
    head.content_length = *length;
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
  return bytes.starts_with(beginning.substr(0, std::min(bytes.size(), beginning.size())));
}

template <class Head, class... Context>
parsed_head<Head> parse_head(std::string_view bytes, std::size_t limit, Context... context) {
  parsed_head<Head> parsed;
  const auto within = bytes.substr(0, limit);
  const auto begin = skip_empty_lines(within);
  const auto head = within.substr(begin);
  const auto lines = find_outline(head);
  if (head != "\r" && !may_become(head, parsed.head)) {
    parsed.reason = "it does not begin like HTTP/1.x";
  } else if (lines.size != std::string_view::npos) {
    parsed.state = head_state::complete;
    parsed.consumed = begin + lines.size;
    parsed.reason = read_head(head.substr(0, lines.size), lines, parsed.head, context...);
  } else if (bytes.size() >= limit) {
    parsed.state = head_state::too_large;
  }
  if (!parsed.reason.empty()) parsed.state = head_state::malformed;
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
