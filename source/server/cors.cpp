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

}  // namespace millrace::server
