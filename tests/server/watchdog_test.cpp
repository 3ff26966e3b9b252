#include "server/watchdog.hpp"

#include "async/combinators.hpp"
#include "support/run_sync.hpp"
#include "support/socket_pair.hpp"

#include <boost/test/unit_test.hpp>

using namespace millrace;
using namespace std::chrono_literals;
