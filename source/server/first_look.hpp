#pragma once
// What a stream turns out to be: its URL decides, then the Content-Type, then the first bytes.

#include "registry/stream.hpp"
#include "upstream/range_fetch.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace millrace::server {

enum class guess { transport_stream, playlist, something_else, unknown };

/// By the extension of the path.
guess guess_by_url(const url& source);
/// `unknown` for types that say nothing: missing ones, application/octet-stream, text/plain.
guess guess_by_type(std::string_view content_type);

struct first_look {
  registry::stream_kind kind = registry::stream_kind::undecided;
  std::vector<std::byte> begun = {};  ///< bytes that had to be read from the body for it
};

/// Looks at the first answer of a stream with this primary URL, at its first bytes only where nothing else
/// tells. A partial answer keeps all its bytes.
async::awaitable<first_look> look_at_answer(url primary, upstream::range_answer& answer);

/// The same without waiting for a byte: what the URL and the Content-Type tell.
registry::stream_kind kind_told(const url& primary, const upstream::range_answer& answer);

}  // namespace millrace::server
