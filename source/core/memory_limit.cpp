#include "core/memory_limit.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace millrace {
namespace {

namespace fs = std::filesystem;

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

/// A file that holds one number; "max" and unreadable files are no limit.
std::uint64_t read_limit(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  return in >> value ? value : unlimited;
}

std::uint64_t read_ram(const fs::path& file) {
  std::ifstream in(file);
  for (std::string name, rest; in >> name; std::getline(in, rest)) {
    std::uint64_t kibibytes = 0;
    if (name == "MemTotal:" && in >> kibibytes) return kibibytes * 1024;
  }
  return unlimited;
}

/// The smallest limit from the group's own folder up to `mount`. In a container the path of /proc/self/cgroup
/// may be the host's, with only its end (or nothing) mounted: folders that do not exist set no limit.
std::uint64_t smallest_limit(const fs::path& mount, const fs::path& group, const char* file) {
  std::uint64_t out = read_limit(mount / file);
  fs::path folder = mount;
  for (const auto& step : group.relative_path()) {
    folder /= step;
    out = std::min(out, read_limit(folder / file));
  }
  return out;
}

/// One line of /proc/self/cgroup, `number:controllers:path` (cgroups(7)).
std::uint64_t limit_of_line(std::string_view line, const fs::path& mount) {
  const auto first = line.find(':');
  const auto second = line.find(':', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return unlimited;
  const std::string controllers = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
  const fs::path group(line.substr(second + 1));
  if (controllers == ",,") return smallest_limit(mount, group, "memory.max");
  if (controllers.find(",memory,") != std::string::npos)
    return smallest_limit(mount / "memory", group, "memory.limit_in_bytes");
  return unlimited;
}

}  // namespace

std::uint64_t memory_limit(const fs::path& root) {
  std::uint64_t out = read_ram(root / "proc/meminfo");
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    out = std::min(out, limit_of_line(line, root / "sys/fs/cgroup"));
  }
  return out == unlimited ? 0 : out;
}

}  // namespace millrace
