#pragma once
// The first upstream answer for a segment, key or the like: from the source that has it.

#include "hls/presentation.hpp"
#include "server/playing.hpp"
#include "upstream/range_fetch.hpp"

#include <memory>
#include <vector>

namespace millrace::server {

/// An answer that is still to be read.
struct opened_resource {
  std::unique_ptr<upstream::remote_file> file;
  upstream::range_answer answer;
  std::vector<std::byte> begun = {};  ///< bytes of its body that have been read already
  bool playlist = false;              ///< it is one, whatever it was asked as
};

/// What stands at that URL itself, not asked for yet: for what the cache knows of it. Null while it may be a
/// playlist.
std::unique_ptr<upstream::remote_file> find_unopened(playing& play, const hls::presentation& of,
                                                     const url& target, const async::executor& here);

/// Asks the source in use, then the others for what stands for it there. As open_range_persistently(), but
/// each source has a URL of its own. errc::source_differs when no other source has anything that fits.
async::awaitable<fetch_result<opened_resource>> open_resource(playing& play, hls::presentation& of,
                                                              url target, upstream::wanted bytes);

}  // namespace millrace::server
