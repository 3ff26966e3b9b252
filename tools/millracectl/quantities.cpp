#include "quantities.hpp"

#include "core/size.hpp"

#include <array>
#include <cmath>

namespace millrace::ctl {

std::string format_duration(std::chrono::seconds time) {
  struct unit {
    std::int64_t seconds;
    std::string_view name;
  };
  static constexpr std::array units{unit{86'400, " d"}, unit{3'600, " h"}, unit{60, " min"}, unit{1, " s"}};
  const std::int64_t total = time.count();
  for (std::size_t i = 0; i + 1 < units.size(); ++i) {
    if (total < units[i].seconds) continue;
    std::string out = std::to_string(total / units[i].seconds).append(units[i].name);
    const std::int64_t rest = total % units[i].seconds / units[i + 1].seconds;
    if (rest != 0) out.append(" ").append(std::to_string(rest)).append(units[i + 1].name);
    return out;
  }
  return std::to_string(total).append(units.back().name);
}

std::string format_rate(std::optional<double> bytes_per_second) {
  if (!bytes_per_second) return "-";
  return format_size(static_cast<std::uint64_t>(std::llround(*bytes_per_second))) + "/s";
}

std::string format_count(std::uint64_t count, std::string_view singular) {
  std::string out = std::to_string(count) + " ";
  out += singular;
  if (count != 1) out += 's';
  return out;
}

}  // namespace millrace::ctl
