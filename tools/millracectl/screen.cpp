#include "screen.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace millrace::ctl {

bool stdout_is_screen() noexcept {
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && terminal != nullptr && *terminal != '\0' &&
         std::string_view(terminal) != "dumb";
}

bool write_stdout(const std::string& text) noexcept {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

screen_size screen::size() const noexcept {
  winsize window = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

bool screen::draw(const std::vector<std::string>& lines) {
  // Home, and each line erases what it does not cover: without clearing first, nothing flickers.
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) out += "\r\n";
    out += lines[i] + "\x1b[K";
  }
  return write_stdout(out + "\x1b[J");
}

void screen::suspend() {
  leave();
  std::raise(SIGSTOP);
  enter();
}

void screen::enter() noexcept {
  write_stdout("\x1b[?1049h\x1b[?25l");
}

void screen::leave() noexcept {
  write_stdout("\x1b[?25h\x1b[?1049l");
}

}  // namespace millrace::ctl
