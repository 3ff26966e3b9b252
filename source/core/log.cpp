#include "core/log.hpp"

#include "core/utf8.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <array>
#include <memory>

namespace millrace::log {
namespace {

constexpr std::array<std::string_view, 5> level_names{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
  return static_cast<spdlog::level::level_enum>(static_cast<int>(level) + SPDLOG_LEVEL_DEBUG);
}

/// The flag `%*`: our names of the levels, padded to `width`.
class level_flag : public spdlog::custom_flag_formatter {
 public:
  explicit level_flag(std::size_t width) : width_(width) {}

  void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& out) override {
    const auto name = level_names.at(static_cast<std::size_t>(line.level - SPDLOG_LEVEL_DEBUG));
    out.append(name.data(), name.data() + name.size());
    for (std::size_t size = name.size(); size < width_; ++size)
      out.push_back(' ');
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<level_flag>(width_);
  }

 private:
  std::size_t width_;
};

bool is_control(std::string_view sequence) noexcept {
  const auto first = static_cast<unsigned char>(sequence[0]);
  // U+0080 to U+009F: terminals obey them like escape sequences.
  if (sequence.size() == 2) return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
  return sequence.size() == 1 && (first < 0x20 || first == 0x7f);
}

void append_escaped(std::string& out, std::string_view sequence, log_format format) {
  if (sequence == "\n") {
    out += "\\n";
  } else if (sequence == "\t") {
    out += "\\t";
  } else {
    const auto code = static_cast<unsigned char>(sequence.back());  // the lead byte of C1 adds nothing
    out += format == log_format::json ? fmt::format("\\u{:04x}", code) : fmt::format("\\x{:02x}", code);
  }
}

/// One line of UTF-8, whatever the upstream put into a reason phrase or a path.
std::string escape(std::string_view message, log_format format) {
  std::string out;
  out.reserve(message.size());
  while (!message.empty()) {
    const std::size_t length = utf8_length(message);
    const auto sequence = message.substr(0, length == 0 ? 1 : length);
    message.remove_prefix(sequence.size());
    if (length == 0) {
      out += "\ufffd";
    } else if (is_control(sequence)) {
      append_escaped(out, sequence, format);
    } else if (format == log_format::json && (sequence == "\"" || sequence == "\\")) {
      out.append("\\").append(sequence);
    } else {
      out += sequence;
    }
  }
  return out;
}

std::unique_ptr<spdlog::formatter> make_formatter(log_format format) {
  const bool json = format == log_format::json;
  auto out = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  out->add_flag<level_flag>('*', json ? 0u : 5u);
  out->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*","message":"%v"})"
                        : "%Y-%m-%dT%H:%M:%S.%eZ %^%*%$ %v");
  return out;
}

struct output {
  output() { logger.set_formatter(make_formatter(format)); }

  log_format format = log_format::text;
  spdlog::logger logger{"millrace", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
};

/// The process has one stderr, so it has one log.
output& stderr_output() {
  static output instance;
  return instance;
}

}  // namespace

void configure(const log_settings& settings) {
  auto& out = stderr_output();
  out.format = settings.format;
  out.logger.set_formatter(make_formatter(settings.format));
  out.logger.set_level(to_spdlog(settings.level));
}

bool enabled(log_level level) noexcept {
  return stderr_output().logger.should_log(to_spdlog(level));
}

void write(log_level level, std::string_view message) {
  auto& out = stderr_output();
  out.logger.log(to_spdlog(level), "{}", escape(message, out.format));
}

}  // namespace millrace::log
