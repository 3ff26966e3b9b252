#pragma once
// Failures of a command as values: one clear line for people.

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>

namespace millrace::ctl {

/// Why a command could not be done. The text may hold what a server sent: print it through printable() only.
struct trouble {
  std::string text;
  unsigned status = 0;       ///< the server's HTTP status, 0 when there was no answer
  bool interrupted = false;  ///< given up because a signal asked for it: nothing to report
};

template <class T>
using outcome = boost::system::result<T, trouble>;

/// Required by boost::system::result<T, trouble>::value(); the program itself asks has_value() first.
[[noreturn]] inline void throw_exception_from_error(const trouble& why, const boost::source_location&) {
  throw std::runtime_error(why.text);
}

/// What a command prints on stdout, and the program's exit code.
struct reply {
  std::string text;
  int exit_code = 0;
};

}  // namespace millrace::ctl
