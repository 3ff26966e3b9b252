#pragma once
// The names of streams and clients: stable, and telling nothing of the URL.

#include <string>
#include <string_view>

namespace millrace::registry {

/// 32 lower-case hex digits for a URL. `headers` are those given for this stream alone ("Name: value" lines),
/// empty for the stream that the URL itself names.
std::string stream_id(std::string_view url, std::string_view headers);
/// 32 lower-case hex digits, one per (address, User-Agent, stream).
std::string client_id(std::string_view address, std::string_view user_agent, std::string_view stream);
/// The last ids that were asked for: on a kept connection the next ones are nearly always the same.
class identity_cache {
 public:
  /// As stream_id() and client_id(); the references hold until the next call.
  const std::string& stream(std::string_view url, std::string_view headers);
  const std::string& client(std::string_view address, std::string_view user_agent, std::string_view stream);

 private:
  struct entry {
    std::string key, id;
  };
  entry stream_, client_;
};

/// Whether this can be a task's GID: 16 lower-case hex digits.
bool is_gid(std::string_view text) noexcept;

/// Whether a client may name itself so: [A-Za-z0-9._-]{1,64}.
bool is_client_id(std::string_view text) noexcept;

}  // namespace millrace::registry
