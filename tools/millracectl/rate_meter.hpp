#pragma once
// Bytes per second from counters that are looked at now and then.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace millrace::ctl {

/// begin() a look, then ask for the rate of each counter seen in it.
class rate_meter {
 public:
  using clock = std::chrono::steady_clock;

  void begin(clock::time_point now);

  /// Bytes per second since the look before. A counter that was not there then began at 0 meanwhile. nullopt
  /// in the first look, and when the counter went backwards (the server was started anew).
  std::optional<double> rate(const std::string& counter, std::uint64_t value);

 private:
  using counters = std::map<std::string, std::uint64_t>;

  counters now_, before_;
  clock::time_point time_ = {};
  std::optional<std::chrono::duration<double>> elapsed_;
  bool begun_ = false;
};

}  // namespace millrace::ctl
