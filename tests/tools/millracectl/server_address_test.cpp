#include "millracectl/server_address.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;

struct address_case {
  std::string text, target, located;
};

BOOST_AUTO_TEST_SUITE(server_address_test)

BOOST_AUTO_TEST_CASE(paths_stand_behind_the_prefix) {
  const address_case cases[]{
      {"http://h:8001", "/list", "http://h:8001/list"},
      {"http://h:8001/", "/list", "http://h:8001/list"},
      {"https://h/millrace", "/millrace/list", "https://h/millrace/list"},
      {"https://h/a/b//", "/a/b/list", "https://h/a/b/list"},
      {"http://[::1]:8001/x/", "/x/list", "http://[::1]:8001/x/list"},
      {"http://user:secret@h/x", "/x/list", "http://h/x/list"},
      {"h:8001", "/list", "http://h:8001/list"},
      {"[::1]:8001", "/list", "http://[::1]:8001/list"},
  };
  for (const auto& [text, target, located] : cases) {
    BOOST_TEST_CONTEXT(text) {
      const auto server = server_address::parse(text);
      BOOST_REQUIRE(server);
      BOOST_TEST(server->target("/list") == target);
      BOOST_TEST(server->locate("/list") == located);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_address) {
  for (const char* text :
       {"", "http://", "ftp://h", "http://h:0", "http://h/?a=b", "http://[::1", "h:port"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!server_address::parse(text));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
