#pragma once
// The body of one live response: which packets of the broadcast it has, and when each may be sent.

#include "content.hpp"
#include "live.hpp"
#include "ts_content.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::origin {

/// Stands for "does not end".
inline constexpr std::uint64_t endless = std::uint64_t{1} << 62U;

/// What a response to one request is made of, decided when its head is composed.
struct live_plan {
  std::uint64_t seed = 1;
  std::chrono::steady_clock::time_point began{};  ///< of the timeline
  std::chrono::steady_clock::time_point now{};
  std::optional<std::uint64_t> last_end{};  ///< one past the last packet that the path has sent
  bool ends = true;                         ///< close_after and close_after_packets hold
  std::uint64_t salt = 0;                   ///< of restamped filler, different for each connection
};

/// Bytes are made when they are asked for, in a buffer of the body: at() is for one connection, and its view
/// is good until the next call.
class live_body final : public body {
 public:
  using clock = std::chrono::steady_clock;

  /// Nothing must be wrong with the source; a bit rate out of bounds throws std::invalid_argument.
  live_body(const live_source& source, const live_plan& plan);

  std::uint64_t size() const override { return size_; }  ///< `endless` or the bytes up to the end
  std::string_view at(std::uint64_t offset) const override;

  /// Body bytes that may have been sent by `now`.
  std::uint64_t released(clock::time_point now) const;
  /// When it is worth to look again after `sent` bytes: some packets are due together.
  clock::time_point due(std::uint64_t sent) const;

  std::uint64_t first_packet() const { return whole_first_; }  ///< the first that is whole
  /// One past the last packet that is whole in the first `bytes` of the body; at least first_packet().
  std::uint64_t packets_end(std::uint64_t bytes) const;

 private:
  std::uint64_t bytes_before_packet(std::uint64_t number) const;
  double packets_per_second() const;

  live_source source_;
  ts_stream stream_;
  clock::time_point began_;
  double age_packets_ = 0;  // broadcast at began_
  bool held_back_ = true;   // by time
  std::uint64_t first_ = 0;
  std::uint64_t whole_first_ = 0;
  std::optional<std::uint64_t> end_;
  std::uint64_t size_ = endless;
  std::string prefix_;   // tables out of turn
  std::string garbage_;  // in the middle
  mutable std::string block_;
};

/// What is impossible about it, in some words; empty when nothing is.
std::string what_is_wrong(const live_source& source);

/// The packet that is broadcast at `now`.
std::uint64_t present_packet(const live_source& source, std::uint64_t seed,
                             std::chrono::steady_clock::time_point began,
                             std::chrono::steady_clock::time_point now);

}  // namespace millrace::origin
