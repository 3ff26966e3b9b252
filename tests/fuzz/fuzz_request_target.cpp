// A request head; what its target and Host come to lies inside the head, and means the same in each form.

#include "core/url.hpp"
#include "fuzzing.hpp"
#include "http/message_reader.hpp"
#include "server/request_target.hpp"

#include <string>

namespace {

using namespace millrace;

bool is_inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_again(const server::request_target& parsed, const http::request_head& head) {
  http::request_head origin_form;
  origin_form.method = "GET";
  origin_form.target = percent_encode(parsed.path, "/") + "?" + std::string(parsed.query);
  origin_form.fields.add("Host", std::string(parsed.host));
  const auto same = server::parse_target(origin_form);
  fuzz::require(same.has_value() && same->path == parsed.path && same->query == parsed.query);
  fuzz::require(same->host == parsed.host);
  if (parsed.host.empty() || parsed.host.find_first_of("/?@") != std::string_view::npos) return;
  http::request_head absolute = head;
  absolute.target = "HTTP://" + std::string(parsed.host) + origin_form.target;
  const auto other = server::parse_target(absolute);
  fuzz::require(other.has_value() && other->path == parsed.path && other->query == parsed.query);
  fuzz::require(other->host == parsed.host);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::to_text(data, size);
  http::request_head head;
  head.method = "GET";
  if (const auto read = http::parse_request_head(text, 64 * 1024); read.state == http::head_state::complete) {
    head = read.head;
  } else {
    const auto line_end = std::min(text.find('\n'), text.size());
    head.target = text.substr(0, line_end);
    head.fields.add("Host", std::string(text.substr(std::min(line_end + 1, text.size()))));
  }
  const auto parsed = server::parse_target(head);
  if (!parsed) return 0;
  fuzz::require(is_inside(parsed->query, head.target));
  fuzz::require(is_inside(parsed->host, head.target) || is_inside(parsed->host, head.fields.get("Host")));
  if (parsed->path == "*" && head.target == "*") {
    fuzz::require(head.method == "OPTIONS" && parsed->query.empty());
    return 0;
  }
  fuzz::require(parsed->path.starts_with('/'));
  check_again(*parsed, head);
  return 0;
}
