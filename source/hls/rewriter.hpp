#pragma once
// Rewrites the URIs of a playlist; every other byte stays.

#include "hls/uri_walk.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::hls {

/// A rewritten playlist that all clients share: where each client's own id goes is left open.
struct rewritten_playlist {
  std::string text;                       ///< without any client id
  std::vector<std::uint32_t> client_ids;  ///< the places in `text` where the id goes, in order

  /// The text for one client. The id goes in as it is: it has to be one that needs no encoding.
  std::string with_client(std::string_view client_id) const;
  /// How long that text is.
  std::size_t size_with(std::size_t client_id_size) const noexcept {
    return text.size() + client_ids.size() * client_id_size;
  }
};

/// Appends what replaces the reference. To keep it, append `found.reference`.
using reference_writer = std::function<void(const found_uri& found, rewritten_playlist& out)>;

/// A change apart from the URIs: `size` bytes at `begin` become `text`.
struct text_edit {
  std::uint32_t begin;
  std::uint32_t size;
  std::string text;

  bool operator==(const text_edit&) const = default;
};

inline constexpr std::size_t largest_rewritten = std::size_t{192} << 20;

/// `edits` are in order and overlap neither each other nor a reference.
parse_result<rewritten_playlist> rewrite(const playlist_source& source, const reference_writer& write,
                                         std::span<const text_edit> edits = {});

}  // namespace millrace::hls
