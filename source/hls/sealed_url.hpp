#pragma once
// The URLs that players get instead of the upstream's: `NAME?client_id=ID&t=TOKEN`, relative to /hls/STREAM/.
// The token is the upstream URL, what it leads to and the variables for it, encrypted and authenticated
// together with stream and name (AES-SIV, RFC 5297). It is stateless and the same for the same URL.

#include "hls/aes_siv.hpp"
#include "hls/uri_walk.hpp"

#include <array>
#include <string>
#include <string_view>

namespace millrace::hls {

/// The key that `--secret` stands for; every thread makes its own sealer from it.
class sealing_key {
 public:
  /// HKDF-SHA256 (RFC 5869). Throws std::runtime_error when OpenSSL refuses.
  static sealing_key derive(std::string_view secret);
  const std::array<unsigned char, 64>& bytes() const noexcept { return bytes_; }

 private:
  sealing_key() = default;
  std::array<unsigned char, 64> bytes_{};
};

/// What a URL carries beside its target, so that it outlives a restart.
struct url_marks {
  bool segment = false;  ///< a media segment or a part of one: it counts as such
  bool posted = false;   ///< made for a stream that an operator posted, so that web pages may read it
};

/// What a token stands for.
struct unsealed_url {
  url target;
  uri_kind kind;
  url_marks marks;
  variable_list variables;  ///< what a playlist at `target` may import
};

/// All are answered with 403. The difference is for the log.
enum class seal_error {
  malformed,  ///< no token at all: not base64url, or too short
  foreign,    ///< not made by this secret for this stream and name
};
[[noreturn]] void throw_exception_from_error(seal_error error, const boost::source_location& where);

/// Not for several threads at once.
class url_sealer {
 public:
  explicit url_sealer(const sealing_key& key) : siv_(key.bytes()) {}

  /// Appends the relative URI without the client id and returns the place in `out` where the id goes.
  /// `absolute` is a `url::text`.
  std::size_t seal(std::string_view stream_id, std::string_view absolute, uri_kind kind, url_marks marks,
                   const variable_list& variables, std::string& out);

  /// `name` is the last path segment of the request as it came, `token` the value of its parameter.
  boost::system::result<unsealed_url, seal_error> open(std::string_view stream_id, std::string_view name,
                                                       std::string_view token);

 private:
  const aes_siv::block& stream_data(std::string_view stream_id);

  aes_siv siv_;
  // The URIs of one playlist follow each other: the stream's part is computed once.
  std::string stream_id_;
  aes_siv::block stream_data_{};
  std::string plain_, sealed_;
  const variable_list no_variables_;  ///< resources import nothing
};

struct rewritten_playlist;

/// The reference_writer for `rewrite` that seals for this stream. The sealer and the id have to outlive it.
struct sealing_writer {
  url_sealer& sealer;
  std::string_view stream_id;
  bool posted = true;

  void operator()(const found_uri& found, rewritten_playlist& out) const;
};

}  // namespace millrace::hls
