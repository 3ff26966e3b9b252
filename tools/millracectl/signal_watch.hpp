#pragma once
// Signals as a readable descriptor (signalfd(2)), so that waiting for them is waiting like any other.

#include <csignal>
#include <initializer_list>

namespace millrace::ctl {

/// Blocks the signals while it lives. Those that the program's parent made it ignore stay ignored (nohup).
class signal_watch {
 public:
  /// Throws std::system_error.
  explicit signal_watch(std::initializer_list<int> signals);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// Readable when a signal has come.
  int descriptor() const noexcept { return descriptor_; }
  /// The number of one signal that has come, 0 when there is none.
  int take() noexcept;

 private:
  sigset_t before_;
  int descriptor_;
};

}  // namespace millrace::ctl
