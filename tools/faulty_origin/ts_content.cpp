#include "ts_content.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace millrace::origin {
namespace {

constexpr std::uint64_t packet_bits = ts_packet_size * 8;
constexpr std::uint64_t pictures_per_second = 25;
constexpr std::uint64_t pictures_per_key = 24;  // even: a key frame comes right behind the tables
constexpr std::uint64_t clock_rate = 27'000'000;
constexpr std::uint64_t clock_start = clock_rate;         // the first PCR: one second
constexpr std::uint64_t clock_end = (1ULL << 33U) * 300;  // PCR wraps here
constexpr std::uint64_t decoder_delay = 45'000;           // PTS behind PCR, 90 kHz
constexpr std::size_t header_size = 4;
constexpr std::size_t mark_size = 60;
constexpr std::string_view mark_begin = "MRTS";

// ITU-T H.264 §7.3: one macroblock, baseline; a grey picture and pictures that repeat it.
constexpr std::string_view access_unit{"\0\0\0\1\x09\xf0", 6};
constexpr std::string_view parameter_sets{"\0\0\0\1\x67\x42\xc0\x0a\xda\x79\0\0\0\1\x68\xce\x38\x80", 18};
constexpr std::string_view key_slice{"\0\0\1\x65\x88\x84\x93\xc0", 8};
constexpr std::string_view filler_unit{"\0\0\1\x0c", 4};  // a NAL unit that decoders skip
// ISO/IEC 14496-3: one ADTS frame of silence, mono, 24 kHz.
constexpr std::string_view silence{"\xff\xf1\x58\x40\x01\xbf\xfc\x00\xc8\x00\x80\x23\x80", 13};

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i << 24U;
    for (int bit = 0; bit < 8; ++bit)
      value = (value << 1U) ^ ((value & 0x80000000U) != 0 ? 0x04c11db7U : 0U);
    table[i] = value;
  }
  return table;
}
constexpr auto crc_table = make_crc_table();

std::uint16_t pid_of(ts_kind kind) {
  constexpr std::array<std::uint16_t, 5> pids{ts_pat_pid, ts_pmt_pid, ts_video_pid, ts_audio_pid,
                                              ts_null_pid};
  return pids[static_cast<std::size_t>(kind)];
}

/// Writes from left to right into a packet.
class writer {
 public:
  explicit writer(std::span<char> out) : out_(out) {}

  void number(std::uint64_t value, unsigned bytes) {
    while (bytes-- > 0)
      out_[at_++] = static_cast<char>((value >> (8 * bytes)) & 0xffU);
  }
  void text(std::string_view bytes) {
    std::copy(bytes.begin(), bytes.end(), out_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += bytes.size();
  }
  std::size_t at() const { return at_; }
  std::span<char> rest() const { return out_.subspan(at_); }

 private:
  std::span<char> out_;
  std::size_t at_ = 0;
};

void put_header(writer& to, ts_kind kind, bool unit_start, bool adaptation, std::uint64_t counter) {
  to.number(0x47, 1);
  to.number((unit_start ? 0x4000U : 0U) | pid_of(kind), 2);
  to.number((adaptation ? 0x30U : 0x10U) | (counter & 15U), 1);
}

/// PCR in an adaptation field of 8 bytes (§2.4.3.4).
void put_pcr(writer& to, std::uint64_t clock, bool key) {
  to.number(7, 1);
  to.number(key ? 0x50 : 0x10, 1);
  to.number((clock / 300 << 15U) | (0x3fU << 9U) | clock % 300, 6);
}

/// A PES header with PTS (§2.4.3.6). `length` 0: as long as it takes, for video alone.
void put_pes(writer& to, unsigned stream, std::size_t length, std::uint64_t pts) {
  to.number(1, 3);
  to.number(stream, 1);
  to.number(length, 2);
  to.number(0x848005, 3);
  to.number(0x21U | (pts >> 30U & 7U) << 1U, 1);
  to.number(1U | (pts >> 15U & 0x7fffU) << 1U, 2);
  to.number(1U | (pts & 0x7fffU) << 1U, 2);
}

/// Pseudo-random, and neither a start code nor an ADTS sync word anywhere: bytes 0x10 to 0x7f.
void put_filler(std::uint64_t seed, std::uint64_t number, std::span<char> out) {
  std::uint64_t state = seed * 0xd1342543de82ef95U + number * 0x2545f4914f6cdd1dU;
  for (std::size_t at = 0; at < out.size(); at += sizeof state) {
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t z = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    z = ((z ^ (z >> 31U)) & 0x7f7f7f7f7f7f7f7fU) | 0x1010101010101010U;
    std::memcpy(out.data() + at, &z, std::min(sizeof z, out.size() - at));
  }
}

/// The slice of the n-th picture after a key frame, 0 < n < 16 * 2: all of its macroblock is skipped.
std::string skipped_slice(std::uint64_t n) {
  const auto frame = static_cast<unsigned>(n % 16);
  std::string bytes("\0\0\1\x41", 4);
  bytes += static_cast<char>(0x9aU | frame >> 3U);
  bytes += static_cast<char>((frame & 7U) << 5U | 2U);
  bytes += static_cast<char>(0xa0);
  return bytes;
}

std::uint64_t hex_number(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits)
    value = value << 4U | static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  return value;
}

std::size_t payload_start(std::span<const char> packet) {
  const auto control = static_cast<unsigned char>(packet[3]) >> 4U & 3U;
  if ((control & 1U) == 0) return ts_packet_size;
  return control == 1 ? header_size : header_size + 1 + static_cast<unsigned char>(packet[4]);
}

}  // namespace

std::uint32_t ts_crc(std::string_view bytes) {
  std::uint32_t value = 0xffffffffU;
  for (const char byte : bytes)
    value = (value << 8U) ^ crc_table[(value >> 24U) ^ static_cast<unsigned char>(byte)];
  return value;
}

std::optional<ts_mark> read_ts_mark(std::span<const char> packet) {
  if (packet.size() != ts_packet_size) return std::nullopt;
  const std::string_view bytes(packet.data(), packet.size());
  const std::string_view text = bytes.substr(ts_packet_size - mark_size);
  if (!text.starts_with(mark_begin)) return std::nullopt;
  const std::string_view digits = text.substr(mark_begin.size());
  if (digits.find_first_not_of("0123456789abcdef") != digits.npos) return std::nullopt;
  const std::size_t start = payload_start(packet);
  if (start > ts_packet_size - mark_size) return std::nullopt;
  const auto payload = bytes.substr(start, ts_packet_size - 8 - start);
  return ts_mark{.seed = hex_number(digits.substr(0, 16)),
                 .number = hex_number(digits.substr(16, 16)),
                 .ordinal = hex_number(digits.substr(32, 16)),
                 .intact = ts_crc(payload) == hex_number(digits.substr(48))};
}

ts_stream::ts_stream(std::uint64_t seed, std::uint64_t bit_rate)
    : seed_(seed), bit_rate_(bit_rate), per_picture_(bit_rate / (packet_bits * pictures_per_second)) {
  if (bit_rate < least_ts_rate || bit_rate > most_ts_rate)
    throw std::invalid_argument(fmt::format("no transport stream with {} bit/s", bit_rate));
  // The audio of a picture must fit a PES packet, whose length has 16 bits.
  const std::uint64_t audio_every = std::max<std::uint64_t>(16, per_picture_ / 128);
  std::vector<place> layout(2 * per_picture_ + 1);
  for (std::uint64_t i = 0; i < 2 * per_picture_; ++i) {
    const std::uint64_t slot = i % per_picture_;
    place& here = layout[i];
    if (slot < 2) {
      here.kind = i >= per_picture_ ? ts_kind::null : slot == 0 ? ts_kind::pat : ts_kind::pmt;
    } else if (slot % audio_every == 7) {
      here.kind = ts_kind::audio;
    } else {
      here.kind = slot % 32 == 31 ? ts_kind::null : ts_kind::video;
    }
    std::copy(std::begin(here.before), std::end(here.before), std::begin(layout[i + 1].before));
    ++layout[i + 1].before[static_cast<std::size_t>(here.kind)];
  }
  layout_ = std::make_shared<const std::vector<place>>(std::move(layout));
}

ts_stream ts_stream::restamped(std::uint64_t first, std::uint64_t salt) const {
  ts_stream other(*this);
  other.anchor_ = first;
  other.salt_ = salt;
  return other;
}

ts_kind ts_stream::kind_of(std::uint64_t number) const {
  return (*layout_)[number % (2 * per_picture_)].kind;
}

std::uint64_t ts_stream::count_before(ts_kind kind, std::uint64_t number) const {
  const auto index = static_cast<std::size_t>(kind);
  return number / (2 * per_picture_) * layout_->back().before[index] +
         (*layout_)[number % (2 * per_picture_)].before[index];
}

std::uint64_t ts_stream::marked_before(std::uint64_t number) const {
  return count_before(ts_kind::video, number) + count_before(ts_kind::audio, number);
}

ts_stream::seconds ts_stream::time_of(std::uint64_t number) const {
  return seconds(static_cast<double>(number) * static_cast<double>(packet_bits) /
                 static_cast<double>(bit_rate_));
}

std::uint64_t ts_stream::packets_in(seconds time) const {
  return static_cast<std::uint64_t>(
      std::max(0.0, time.count() * static_cast<double>(bit_rate_) / static_cast<double>(packet_bits) + 1e-6));
}

/// The value of a PCR in this packet. Exact: seconds, bits and the rest apart, so that nothing overflows.
std::uint64_t ts_stream::clock_27mhz(std::uint64_t number) const {
  const std::uint64_t since = number - std::min(anchor_, number);
  const std::uint64_t bits = since % bit_rate_ * packet_bits;
  const std::uint64_t ticks = since / bit_rate_ * packet_bits % clock_end * clock_rate +
                              bits / bit_rate_ * clock_rate + bits % bit_rate_ * clock_rate / bit_rate_;
  return (ticks + clock_start) % clock_end;
}

void ts_stream::write(std::uint64_t number, std::span<char> out) const {
  const ts_kind kind = kind_of(number);
  switch (kind) {
    case ts_kind::pat:
    case ts_kind::pmt:
      write_table(
          kind, static_cast<unsigned>((count_before(kind, number) - count_before(kind, anchor_)) & 15U), out);
      return;
    case ts_kind::video:
      return fill_video(number, out);
    case ts_kind::audio:
      return fill_audio(number, out);
    case ts_kind::null:
      break;
  }
  std::fill(out.begin(), out.end(), static_cast<char>(0xff));
  writer to(out);
  put_header(to, kind, false, false, 0);
}

void ts_stream::write_table(ts_kind table, unsigned counter, std::span<char> out) const {
  std::fill(out.begin(), out.end(), static_cast<char>(0xff));
  writer to(out);
  put_header(to, table, true, false, counter);
  to.number(0, 1);  // pointer_field
  const std::size_t start = to.at();
  if (table == ts_kind::pat) {
    to.number(0x00b00d, 3);
    to.number(0x0001c10000, 5);  // transport stream 1, version 0, the only section
    to.number(0x0001, 2);        // program 1
    to.number(0xe000U | ts_pmt_pid, 2);
  } else {
    to.number(0x02b017, 3);
    to.number(0x0001c10000, 5);
    to.number(0xe000U | ts_video_pid, 2);  // PCR
    to.number(0xf000, 2);
    to.number(0x1b, 1);
    to.number(0xe000U | ts_video_pid, 2);
    to.number(0xf000, 2);
    to.number(0x0f, 1);
    to.number(0xe000U | ts_audio_pid, 2);
    to.number(0xf000, 2);
  }
  to.number(ts_crc({out.data() + start, to.at() - start}), 4);
}

void ts_stream::fill_video(std::uint64_t number, std::span<char> out) const {
  const bool start = number % per_picture_ == 2;
  const std::uint64_t picture = number / per_picture_;
  const bool key = start && picture % pictures_per_key == 0;
  writer to(out);
  put_header(to, ts_kind::video, start, start,
             count_before(ts_kind::video, number) - count_before(ts_kind::video, anchor_));
  if (start) put_pcr(to, clock_27mhz(number), key);
  const std::size_t payload = to.at();
  if (start) {
    put_pes(to, 0xe0, 0, (clock_27mhz(number) / 300 + decoder_delay) % (1ULL << 33U));
    to.text(access_unit);
    if (key) {
      to.text(parameter_sets);
      to.text(key_slice);
    } else {
      to.text(skipped_slice(picture % pictures_per_key));
    }
    to.text(filler_unit);
  }
  put_filler(seed_ + salt_, number, to.rest());
  put_mark(number, out.subspan(payload));
}

void ts_stream::fill_audio(std::uint64_t number, std::span<char> out) const {
  const std::uint64_t picture_start = number - number % per_picture_;
  const std::uint64_t before = count_before(ts_kind::audio, number);
  const std::uint64_t first = count_before(ts_kind::audio, picture_start);
  const std::uint64_t last = count_before(ts_kind::audio, picture_start + per_picture_);
  const bool start = before == first;
  writer to(out);
  put_header(to, ts_kind::audio, start, false, before - count_before(ts_kind::audio, anchor_));
  const std::size_t payload = to.at();
  if (start) {
    put_pes(to, 0xc0, (last - first) * (ts_packet_size - header_size) - 6,
            (clock_27mhz(number) / 300 + decoder_delay) % (1ULL << 33U));
    to.text(silence);
  }
  put_filler(seed_ + salt_, number, to.rest());
  put_mark(number, out.subspan(payload));
}

void ts_stream::put_mark(std::uint64_t number, std::span<char> payload) const {
  const auto mark = payload.last(mark_size);
  fmt::format_to(mark.data(), "{}{:016x}{:016x}{:016x}", mark_begin, seed_, number, marked_before(number));
  const std::string_view checked(payload.data(), payload.size() - 8);
  fmt::format_to(mark.last(8).data(), "{:08x}", ts_crc(checked));
}

}  // namespace millrace::origin
