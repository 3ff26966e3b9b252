#pragma once
// The terminal's second screen (xterm's ?1049), drawn from its upper left corner again and again.

#include <cstddef>
#include <string>
#include <vector>

namespace millrace::ctl {

/// Whether stdout is a terminal that can move its cursor.
bool stdout_is_screen() noexcept;

/// Writes all of it to stdout and flushes; false when that failed.
bool write_stdout(const std::string& text) noexcept;

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Shows the second screen without a cursor while it lives, and then what was there before.
class screen {
 public:
  screen() { enter(); }
  ~screen() { leave(); }
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  screen_size size() const noexcept;
  /// At most size() lines of printable text. False when the terminal is gone.
  bool draw(const std::vector<std::string>& lines);
  /// Ctrl-Z: gives the terminal back to the shell until the program is continued.
  void suspend();

 private:
  void enter() noexcept;
  void leave() noexcept;
};

}  // namespace millrace::ctl
