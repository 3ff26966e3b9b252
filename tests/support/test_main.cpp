#define BOOST_TEST_MODULE millrace
#include <boost/test/unit_test.hpp>

#include <csignal>

namespace {

/// Sockets are written with SSL_write and splice, which cannot ask for MSG_NOSIGNAL.
struct ignore_broken_pipes {
  ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(ignore_broken_pipes);
