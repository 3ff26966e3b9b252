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
/// Whether a client may name itself so: [A-Za-z0-9._-]{1,64}.
bool is_client_id(std::string_view text) noexcept;

}  // namespace millrace::registry
