#include "http/message_writer.hpp"

#include "http/characters.hpp"

#include <stdexcept>

namespace millrace::http {

namespace {

void require(bool holds, const char* message) {
  if (!holds) throw std::invalid_argument(message);
}

void append_fields(std::string& out, const field_list& fields) {
  for (const auto& each : fields) {
    require(is_token(each.name), "a header name that is no token");
    require(consists_of(value_characters, each.value), "a header value with control characters");
    out.append(each.name).append(": ").append(each.value).append("\r\n");
  }
  out.append("\r\n");
}

std::size_t size_of(const field_list& fields) noexcept {
  std::size_t size = 2;
  for (const auto& each : fields)
    size += each.name.size() + each.value.size() + 4;
  return size;
}

}  // namespace

std::string write_request_head(std::string_view method, std::string_view target, const field_list& fields) {
  require(is_token(method), "a method that is no token");
  require(!target.empty() && consists_of(target_characters, target),
          "a target with white space or control characters");
  std::string out;
  out.reserve(method.size() + target.size() + 12 + size_of(fields));
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  append_fields(out, fields);
  return out;
}

std::string write_response_head(unsigned status, const field_list& fields) {
  require(status >= 100 && status <= 999, "a status that has not three digits");
  const auto reason = reason_phrase(status);
  std::string out;
  out.reserve(16 + reason.size() + size_of(fields));
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason).append("\r\n");
  append_fields(out, fields);
  return out;
}

std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 305:
      return "Use Proxy";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace millrace::http
