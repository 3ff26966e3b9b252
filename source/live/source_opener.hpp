#pragma once
// A connection to one of a live stream's sources, and a rival for a source that is slow to answer.

#include "upstream/range_fetch.hpp"

#include <vector>

namespace millrace::live {

/// An open answer of a source, from its first byte on.
struct connection {
  upstream::range_answer answer;
  std::vector<std::byte> begun = {};  ///< body bytes that have been read already
  url source;                         ///< as it stands in the stream's definition
};

/// Asks that source for its whole body. Besides what open_source() fails with, errc::unexpected_status for any
/// other status than 200.
async::awaitable<fetch_result<connection>> open_live(upstream::remote_file& file, std::size_t source);

/// The same; when `first` has not answered after `patience`, `second` is asked, too, and the first of the two
/// to answer wins. The failure is that of `first`, which is not waited for once the other has won.
async::awaitable<fetch_result<connection>> open_with_rival(upstream::remote_file& file, std::size_t first,
                                                           std::size_t second,
                                                           std::chrono::milliseconds patience);

}  // namespace millrace::live
