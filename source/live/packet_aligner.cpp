#include "live/packet_aligner.hpp"

#include <algorithm>

namespace millrace::live {

namespace {

/// Whether `wanted` sync bytes stand 188 apart from `begin` on, as far as there are bytes.
bool agrees(std::span<const std::byte> bytes, std::size_t begin, std::size_t wanted) noexcept {
  for (std::size_t i = 0; i < wanted && begin < bytes.size(); ++i, begin += packet_size)
    if (bytes[begin] != sync_byte) return false;
  return true;
}

}  // namespace

void packet_aligner::reset() noexcept {
  state_ = state::starting;
  partial_.clear();
  dropped_ = 0;
}

void packet_aligner::append(std::span<const std::byte> in, std::vector<std::byte>& out) {
  std::vector<std::byte> joined;
  if (state_ != state::aligned && !partial_.empty()) {
    joined.swap(partial_);
    joined.insert(joined.end(), in.begin(), in.end());
    in = joined;
  }
  while (!in.empty())
    in = in.subspan(state_ == state::aligned ? take_aligned(in, out) : search(in));
}

std::size_t packet_aligner::take_aligned(std::span<const std::byte> in, std::vector<std::byte>& out) {
  if (!partial_.empty()) {
    const auto missing = std::min(packet_size - partial_.size(), in.size());
    partial_.insert(partial_.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(missing));
    if (partial_.size() == packet_size) {
      out.insert(out.end(), partial_.begin(), partial_.end());
      partial_.clear();
    }
    return missing;
  }
  std::size_t whole = 0;
  while (whole + packet_size <= in.size() && in[whole] == sync_byte)
    whole += packet_size;
  out.insert(out.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(whole));
  if (whole == in.size()) return whole;
  if (in[whole] != sync_byte) {
    state_ = state::searching;
    return whole;
  }
  partial_.assign(in.begin() + static_cast<std::ptrdiff_t>(whole), in.end());
  return in.size();
}

std::size_t packet_aligner::search(std::span<const std::byte> in) {
  if (state_ == state::starting && !agrees(in, 0, 2)) state_ = state::searching;
  const auto wanted = state_ == state::starting ? 2 : sync_run;
  std::size_t begin = 0;
  while (begin < in.size() && !agrees(in, begin, wanted))
    ++begin;
  dropped_ += begin;
  const auto rest = in.subspan(begin);
  if (rest.size() > (wanted - 1) * packet_size) {
    state_ = state::aligned;
    return begin;
  }
  partial_.assign(rest.begin(), rest.end());
  return in.size();
}

void packet_aligner::finish(std::vector<std::byte>& out) {
  // search() left the first place that agrees with all that followed; one sync byte proves nothing, unless
  // the body began with it.
  const auto whole = partial_.size() / packet_size * packet_size;
  if (state_ != state::aligned && (state_ == state::starting || whole > packet_size))
    out.insert(out.end(), partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(whole));
  state_ = state::starting;
  partial_.clear();
}

}  // namespace millrace::live
