#pragma once
// The log behind one header: levels, text or JSON lines on stderr. Never pass userinfo, queries, tokens or
// header values above debug (see url::redacted).

#include "core/settings.hpp"

#include <spdlog/fmt/fmt.h>

#include <string>
#include <string_view>
#include <utility>

namespace millrace::log {

/// Once, at start-up, before any thread is started. Text is coloured when stderr is a terminal.
void configure(const log_settings& settings);

bool enabled(log_level level) noexcept;
/// One line. In JSON: {"time": ISO 8601 UTC with Z, "level", "message"}; control characters are escaped in
/// both forms.
void write(log_level level, std::string_view message);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(log_level::debug)) write(log_level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(log_level::info)) write(log_level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(log_level::warning))
    write(log_level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(log_level::error)) write(log_level::error, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void critical(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(log_level::critical))
    write(log_level::critical, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace millrace::log
