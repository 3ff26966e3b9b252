#include "live_body.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::origin {
namespace {

constexpr std::uint64_t packet_size = ts_packet_size;
constexpr std::uint64_t packets_per_block = 87;  // about 16 KiB
constexpr std::uint64_t most_garbage = 64UL * 1024 * 1024;
constexpr std::chrono::duration<double> step{0.008};

std::uint64_t packets_in(const ts_stream& stream, std::chrono::milliseconds time) {
  return stream.packets_in(std::chrono::duration<double>(time));
}

std::uint64_t minus(std::uint64_t value, std::uint64_t less) {
  return value - std::min(value, less);
}

std::uint64_t present(const live_source& source, const ts_stream& stream, live_body::clock::time_point began,
                      live_body::clock::time_point now) {
  const std::chrono::duration<double> passed = now - began;
  return stream.packets_in(passed * source.speed + std::chrono::duration<double>(source.age));
}

std::uint64_t first_of(const live_source& source, const ts_stream& stream, const live_plan& plan) {
  if (source.recording) return 0;
  const std::uint64_t now = present(source, stream, plan.began, plan.now);
  const bool follow = source.begin == live_source::beginning::last_end && plan.last_end;
  std::uint64_t first = minus(follow ? *plan.last_end : now, packets_in(stream, source.repeat));
  if (plan.last_end && source.gap.count() > 0) {
    const std::uint64_t lost = packets_in(stream, source.gap);
    first = follow ? first + lost : std::max(first, *plan.last_end + lost);
  }
  return first;
}

/// One past the last packet of the response, nothing when it does not end.
std::optional<std::uint64_t> end_of(const live_source& source, const ts_stream& stream, const live_plan& plan,
                                    std::uint64_t first) {
  std::optional<std::uint64_t> end;
  const auto limit = [&end](std::uint64_t at) { end = std::min(end.value_or(at), at); };
  if (source.recording) limit(*source.recording);
  if (plan.ends && source.close_after) {
    const std::uint64_t now = source.recording ? 0 : present(source, stream, plan.began, plan.now);
    limit(std::max(first, now) + packets_in(stream, *source.close_after));
  }
  if (plan.ends && source.close_after_packets) limit(first + *source.close_after_packets);
  return end;
}

/// The next table of this kind after `first`, with a counter that does not fit before it.
void put_early(const ts_stream& stream, ts_kind table, std::uint64_t first, std::span<char> out) {
  while (stream.kind_of(first) != table)
    ++first;
  stream.write(first, out);
  stream.write_table(table, static_cast<unsigned char>(out[3]) + 7U, out);
}

std::string noise(std::uint64_t size) {
  std::string bytes = content_of(0x47, 0, static_cast<std::size_t>(size));
  // Something that looks like the start of a packet, for those who search for one.
  for (std::size_t i = 13; i < bytes.size(); i += 50)
    bytes[i] = 0x47;
  return bytes;
}

}  // namespace

std::string what_is_wrong(const live_source& source) {
  if (source.bit_rate < least_ts_rate || source.bit_rate > most_ts_rate) return "bit rate out of bounds";
  if (!(source.speed > 0) || source.speed > 1e6) return "speed out of bounds";
  if (source.misaligned >= packet_size || source.torn >= packet_size) return "more than a packet is missing";
  if (source.garbage > most_garbage) return "too much garbage";
  for (const auto time : {source.age, source.repeat, source.gap, source.close_after.value_or(source.age)}) {
    if (time.count() < 0) return "negative time";
  }
  return {};
}

std::uint64_t present_packet(const live_source& source, std::uint64_t seed,
                             std::chrono::steady_clock::time_point began,
                             std::chrono::steady_clock::time_point now) {
  return present(source, ts_stream(seed, source.bit_rate), began, now);
}

live_body::live_body(const live_source& source, const live_plan& plan)
    : source_(source),
      stream_(plan.seed, source.bit_rate),
      began_(source.recording ? plan.now : plan.began),
      held_back_(!source.recording || source.paced),
      first_(first_of(source, stream_, plan)) {
  if (!source.recording) {
    age_packets_ = std::chrono::duration<double>(source.age).count() / stream_.time_of(1).count();
  }
  end_ = end_of(source, stream_, plan, first_);
  if (source.restamp) stream_ = stream_.restamped(first_, plan.salt);
  if (source.tables_first) {
    prefix_.resize(2 * packet_size);
    const std::span<char> both(prefix_);
    for (const ts_kind table : {ts_kind::pat, ts_kind::pmt}) {
      put_early(stream_, table, first_, both.subspan(table == ts_kind::pat ? 0 : packet_size, packet_size));
    }
  }
  whole_first_ = first_ + (source_.misaligned > 0 ? 1 : 0);
  if (end_) {
    size_ = bytes_before_packet(*end_) + (plan.ends ? source.torn : 0);
  }
  if (source.garbage_at && *source.garbage_at <= size_) {
    garbage_ = noise(source.garbage);
    if (size_ != endless) size_ += garbage_.size();
  }
}

double live_body::packets_per_second() const {
  return source_.speed / stream_.time_of(1).count();
}

/// Body bytes before this packet, garbage left out.
std::uint64_t live_body::bytes_before_packet(std::uint64_t number) const {
  return prefix_.size() + minus(minus(number, first_) * packet_size, source_.misaligned);
}

std::string_view live_body::at(std::uint64_t offset) const {
  std::uint64_t until = size_;
  if (!garbage_.empty()) {
    const std::uint64_t place = *source_.garbage_at;
    if (offset < place) {
      until = std::min(until, place);
    } else if (offset < place + garbage_.size()) {
      return std::string_view(garbage_).substr(offset - place);
    } else {
      offset -= garbage_.size();
      if (until != endless) until -= garbage_.size();
    }
  }
  if (offset < prefix_.size()) return std::string_view(prefix_).substr(offset, until - offset);
  const std::uint64_t position = offset - prefix_.size() + source_.misaligned;
  const std::uint64_t number = position / packet_size;
  const std::uint64_t skip = position % packet_size;
  const std::uint64_t wanted =
      (std::min(until - offset, packets_per_block * packet_size) + skip + packet_size - 1) / packet_size;
  block_.resize(static_cast<std::size_t>(wanted * packet_size));
  for (std::uint64_t i = 0; i < wanted; ++i) {
    stream_.write(first_ + number + i, std::span<char>(block_).subspan(i * packet_size, packet_size));
  }
  return std::string_view(block_).substr(skip, until - offset);
}

std::uint64_t live_body::released(clock::time_point now) const {
  if (!held_back_) return size_;
  const std::chrono::duration<double> passed = now - began_;
  const double packets = passed.count() * packets_per_second() + age_packets_ + 1e-6;
  const auto present = static_cast<std::uint64_t>(std::max(0.0, packets));
  // What is torn at the end goes with the last whole packet.
  if (end_ && present >= *end_) return size_;
  std::uint64_t bytes = bytes_before_packet(present);
  if (!garbage_.empty() && bytes >= *source_.garbage_at) bytes += garbage_.size();
  return std::min(bytes, size_);
}

live_body::clock::time_point live_body::due(std::uint64_t sent) const {
  const double together = std::max(1.0, packets_per_second() * step.count());
  double packet = static_cast<double>(packets_end(sent)) + together;
  if (end_) packet = std::min(packet, static_cast<double>(*end_));
  const double seconds = (packet - age_packets_) / packets_per_second();
  return began_ + std::chrono::ceil<clock::duration>(std::chrono::duration<double>(seconds));
}

std::uint64_t live_body::packets_end(std::uint64_t bytes) const {
  if (!garbage_.empty() && bytes > *source_.garbage_at) {
    bytes -= std::min<std::uint64_t>(bytes - *source_.garbage_at, garbage_.size());
  }
  if (bytes <= prefix_.size()) return whole_first_;
  const std::uint64_t end = first_ + (bytes - prefix_.size() + source_.misaligned) / packet_size;
  return std::max(end, whole_first_);
}

}  // namespace millrace::origin
