#include "millracectl/stream_options.hpp"

#include "millracectl/arguments.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;
using pair = std::pair<std::string, std::string>;

BOOST_AUTO_TEST_SUITE(stream_options_test)

BOOST_AUTO_TEST_CASE(headers) {
  BOOST_TEST((parse_header("Referer: http://a/") == pair{"Referer", "http://a/"}));
  BOOST_TEST((parse_header("X-A:\t b c \t") == pair{"X-A", "b c"}));
  BOOST_TEST((parse_header("X-Empty:") == pair{"X-Empty", ""}));
  for (const char* text : {"", "Referer", ": a", "A B: c", "A : c", "A: b\r\nC: d", "Ä: b"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_THROW(parse_header(text), usage_error);
    }
  }
}

BOOST_AUTO_TEST_CASE(metadata) {
  BOOST_TEST((parse_metadata("name=News=1") == pair{"name", "News=1"}));
  BOOST_TEST((parse_metadata("empty=") == pair{"empty", ""}));
  for (const char* text : {"", "name", "=value"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_THROW(parse_metadata(text), usage_error);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
