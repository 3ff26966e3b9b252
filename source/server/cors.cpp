#include "server/cors.hpp"

#include <string>

namespace millrace::server {

void add_cors(http::field_list& fields) {
  fields.set("Access-Control-Allow-Origin", "*");
  fields.set(
      "Access-Control-Expose-Headers",
      "Content-Length, Content-Range, Accept-Ranges, Content-Type, Content-Disposition, ETag, Last-Modified, "
      "X-Client-ID, X-Stream-ID, Retry-After");
}

void add_cors_for(http::field_list& fields, const std::string& origin) {
  fields.set("Access-Control-Allow-Origin", origin);
  fields.set("Access-Control-Expose-Headers", "Allow, Retry-After, WWW-Authenticate");
}

http::field_list open_to_all() {
  http::field_list fields;
  add_cors(fields);
  return fields;
}

void add_preflight(http::field_list& fields, std::string_view allow) {
  fields.set("Access-Control-Allow-Methods", std::string(allow));
  fields.set("Access-Control-Allow-Headers",
             "Range, If-Range, If-None-Match, If-Modified-Since, Content-Type, Authorization, X-API-Token");
  fields.set("Access-Control-Max-Age", "86400");
}

void add_private_network(http::field_list& fields, const http::field_list& asked) {
  const auto wanted = asked.get("Access-Control-Request-Private-Network");
  if (http::equal_ignoring_case(wanted, "true")) fields.set("Access-Control-Allow-Private-Network", "true");
}

}  // namespace millrace::server
