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

/// The text for one client in parts: it need not be in memory as a whole. The playlist and the id have to
/// outlive it.
class personal_text {
 public:
  personal_text(const rewritten_playlist& of, std::string_view client_id) : of_(of), client_id_(client_id) {}

  /// Appends the next part: `size` bytes and what it takes to end a line's change, or the rest.
  void append_next(std::string& out, std::size_t size);
  bool finished() const noexcept { return copied_ == of_.text.size() && next_ == of_.client_ids.size(); }

 private:
  const rewritten_playlist& of_;
  std::string_view client_id_;
  std::size_t copied_ = 0;  ///< of the text
  std::size_t next_ = 0;    ///< the next place for the id
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
