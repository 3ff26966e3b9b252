#include "http/message_writer.hpp"

#include "http/characters.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/status.hpp>

#include <stdexcept>

namespace millrace::http {

namespace {

namespace beast = boost::beast;

constexpr unsigned version = 11;

void require(bool holds, const char* message) {
  if (!holds) throw std::invalid_argument(message);
}

/// Beast writes what it is given: the check that nothing can split the message is ours.
void insert_fields(beast::http::fields& into, const field_list& fields) {
  for (const auto& each : fields) {
    require(is_token(each.name), "a header name that is no token");
    require(consists_of(value_characters, each.value), "a header value with control characters");
    into.insert(each.name, each.value);
  }
}

}  // namespace

std::string write_request_head(std::string_view method, std::string_view target, const field_list& fields) {
  require(is_token(method), "a method that is no token");
  require(!target.empty() && consists_of(target_characters, target),
          "a target with white space or control characters");
  beast::http::request_header<> head;
  head.method_string({method.data(), method.size()});
  head.target({target.data(), target.size()});
  insert_fields(head, fields);
  const beast::http::fields::writer writer(head, version, head.method());
  return beast::buffers_to_string(writer.get());
}

std::string write_response_head(unsigned status, const field_list& fields) {
  require(status >= 100 && status <= 999, "a status that has not three digits");
  beast::http::response_header<> head;
  const auto reason = reason_phrase(status);
  head.reason({reason.data(), reason.size()});
  insert_fields(head, fields);
  const beast::http::fields::writer writer(head, version, status);
  return beast::buffers_to_string(writer.get());
}

std::string_view reason_phrase(unsigned status) noexcept {
  const auto known = beast::http::int_to_status(status);
  if (known == beast::http::status::unknown) return "Unknown";
  const auto phrase = beast::http::obsolete_reason(known);
  return {phrase.data(), phrase.size()};
}

}  // namespace millrace::http
