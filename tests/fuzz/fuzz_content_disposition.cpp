// Whatever a server sends, the file name is UTF-8, safe, and comes back from our own header unchanged.

#include "core/utf8.hpp"
#include "fuzzing.hpp"
#include "http/content_disposition.hpp"

namespace {

using namespace millrace;

void check_safe(std::string_view name) {
  const auto safe = http::safe_file_name(name);
  fuzz::require(!safe.empty() && safe.size() <= 255 && millrace::is_utf8(safe));
  fuzz::require(safe != "." && safe != "..");
  for (const char c : safe) {
    fuzz::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    fuzz::require(std::string_view("<>:\"/\\|?*").find(c) == std::string_view::npos);
  }
  fuzz::require(http::safe_file_name(safe) == safe);
  fuzz::require(http::disposition_file_name(http::format_inline_disposition(safe)) == safe);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::to_text(data, size);
  const auto name = http::disposition_file_name(text);
  fuzz::require(millrace::is_utf8(name));
  check_safe(name);
  check_safe(text);
  check_safe(http::path_file_name(text));
  return 0;
}
