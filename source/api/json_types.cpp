#include "api/json_types.hpp"

#include "core/utf8.hpp"

#include <spdlog/fmt/compile.h>

namespace millrace::api {

std::string iso_time(std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss time(floor<milliseconds>(when - day));
  return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"), static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

void put_text(boost::json::object& into, std::string_view name, std::string_view text) {
  if (is_utf8(text)) {
    into.emplace(name, text);
  } else {
    into.emplace(name, to_utf8(text));
  }
}

}  // namespace millrace::api
