#pragma once
// A connection to one of a live stream's sources, and a rival for a source that is slow to answer.

#include "upstream/range_fetch.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace millrace::live {

/// An open answer of a source, from its first byte on.
struct connection {
  upstream::range_answer answer;
  std::vector<std::byte> begun = {};  ///< body bytes that have been read already
  url source;                         ///< as it stands in the stream's definition
};

/// Asks that source for its whole body. Besides what open_source() fails with, errc::unexpected_status for
/// any other status than 200.
async::awaitable<fetch_result<connection>> open_live(upstream::remote_file& file, std::size_t source);

/// Who is asked when the first source is slow to answer.
struct rival {
  std::size_t source = 0;
  std::chrono::milliseconds after{0};
};

/// The same until `deadline` (errc::read_timeout then). When `first` has not answered in time, `second` is
/// asked, too, and the first of the two to answer wins. The failure is that of `first`.
async::awaitable<fetch_result<connection>> open_with_rival(upstream::remote_file& file, std::size_t first,
                                                           std::optional<rival> second,
                                                           std::chrono::steady_clock::time_point deadline);

}  // namespace millrace::live
