#include "core/memory_limit.hpp"

#include "support/temporary_folder.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <utility>
#include <vector>

using namespace millrace;

namespace {

/// The files of a machine and the limit that follows from them.
struct machine {
  std::string name;
  std::vector<std::pair<std::string, std::string>> files;
  std::uint64_t expected;
  friend std::ostream& operator<<(std::ostream& out, const machine& each) { return out << each.name; }
};

const std::string ram_1_gib = "MemTotal:        1048576 kB\nMemFree:          524288 kB\n";
const std::string cgroup = "sys/fs/cgroup/";

const std::vector<machine> machines{
    {"nothing to read", {}, 0},
    {"RAM alone", {{"proc/meminfo", ram_1_gib}}, 1ull << 30},
    {"MemTotal is not the first line", {{"proc/meminfo", "Odd: 7\nMemTotal: 2048 kB\n"}}, 2048ull << 10},
    {"version 2, own group",
     {{"proc/meminfo", ram_1_gib},
      {"proc/self/cgroup", "0::/a/b\n"},
      {cgroup + "a/b/memory.max", "268435456\n"}},
     256ull << 20},
    {"version 2, a parent is tighter",
     {{"proc/meminfo", ram_1_gib},
      {"proc/self/cgroup", "0::/a/b/c\n"},
      {cgroup + "a/memory.max", "1000000\n"},
      {cgroup + "a/b/memory.max", "2000000\n"},
      {cgroup + "a/b/c/memory.max", "max\n"}},
     1000000},
    {"version 2, unlimited",
     {{"proc/meminfo", ram_1_gib}, {"proc/self/cgroup", "0::/\n"}, {cgroup + "memory.max", "max\n"}},
     1ull << 30},
    {"version 2, the path is the host's and only the root is mounted",
     {{"proc/meminfo", ram_1_gib},
      {"proc/self/cgroup", "0::/system.slice/docker-1.scope\n"},
      {cgroup + "memory.max", "134217728\n"}},
     128ull << 20},
    {"version 1",
     {{"proc/meminfo", ram_1_gib},
      {"proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n1:name=systemd:/a\n"},
      {cgroup + "memory/a/memory.limit_in_bytes", "33554432\n"}},
     32ull << 20},
    {"version 1, unlimited",
     {{"proc/meminfo", ram_1_gib},
      {"proc/self/cgroup", "4:memory:/\n"},
      {cgroup + "memory/memory.limit_in_bytes", "9223372036854771712\n"}},
     1ull << 30},
    {"the group allows more than there is",
     {{"proc/meminfo", ram_1_gib}, {"proc/self/cgroup", "0::/\n"}, {cgroup + "memory.max", "99999999999\n"}},
     1ull << 30},
    {"malformed files", {{"proc/meminfo", "MemTotal: lots\n"}, {"proc/self/cgroup", "nonsense\n\n:\n"}}, 0},
};

}  // namespace

namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(memory_limits)

BOOST_DATA_TEST_CASE(the_smallest_limit_counts, data::make(machines), row) {
  const test::temporary_folder folder;
  for (const auto& [name, content] : row.files)
    folder.write(name, content);
  BOOST_TEST(memory_limit(folder.path("")) == row.expected);
}

BOOST_AUTO_TEST_SUITE_END()
