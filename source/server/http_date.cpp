#include "server/http_date.hpp"

#include "http/conditional.hpp"

namespace millrace::server {

const std::string& http_date::now() {
  const auto second = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (second != second_ || text_.empty()) {
    second_ = second;
    text_ = http::format_http_date(second);
  }
  return text_;
}

}  // namespace millrace::server
