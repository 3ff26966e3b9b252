#include "signal_watch.hpp"

#include <cerrno>
#include <system_error>

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace millrace::ctl {

signal_watch::signal_watch(std::initializer_list<int> signals) {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int each : signals) {
    struct sigaction action = {};
    sigaction(each, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&watched, each);
  }
  descriptor_ = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  pthread_sigmask(SIG_BLOCK, &watched, &before_);
}

signal_watch::~signal_watch() {
  // A second Ctrl-C while the program is ending must not turn the clean exit into a death by signal.
  while (take() != 0)
    continue;
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  close(descriptor_);
}

int signal_watch::take() noexcept {
  signalfd_siginfo info;
  return read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

}  // namespace millrace::ctl
