#include "registry/identity.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

namespace {

using namespace millrace::registry;

bool is_id(const std::string& text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(identity_test)

BOOST_AUTO_TEST_CASE(ids_are_stable_and_tell_nothing) {
  const auto stream = stream_id("http://user:secret@a.test/film.mp4", "");
  BOOST_TEST(is_id(stream));
  BOOST_TEST(stream == stream_id("http://user:secret@a.test/film.mp4", ""));
  const auto client = client_id("192.0.2.1", "mpv", stream);
  BOOST_TEST(is_id(client));
  BOOST_TEST(client == client_id("192.0.2.1", "mpv", stream));
  BOOST_TEST(is_id(stream_id("", "")));
  BOOST_TEST(is_id(client_id("", "", "")));
}

BOOST_AUTO_TEST_CASE(different_things_have_different_ids) {
  const std::set<std::string> ids{
      stream_id("http://a.test/", ""),
      stream_id("http://a.test/x", ""),
      stream_id("http://a.test/", "A: b\n"),
      stream_id("http://a.test/", "A: c\n"),
      client_id("a", "b", "c"),
      client_id("a", "b", "d"),
      client_id("a", "c", "c"),
      client_id("b", "b", "c"),
      client_id("ab", "", "c"),
      client_id("", "ab", "c"),
      client_id("a", "bc", ""),
      stream_id("a", "b"),
      stream_id("ab", ""),
      stream_id("", "ab"),
  };
  BOOST_TEST(ids.size() == 14u);
}

BOOST_AUTO_TEST_CASE(remembered_ids_are_the_same_ones) {
  identity_cache cache;
  for (int i = 0; i < 2; ++i) {
    for (const auto* url : {"http://a.test/", "http://b.test/"}) {
      const auto stream = cache.stream(url, "A: b\n");
      BOOST_TEST(stream == stream_id(url, "A: b\n"));
      for (const auto* agent : {"mpv", "mpv", "vlc"})
        BOOST_TEST(cache.client("192.0.2.1", agent, stream) == client_id("192.0.2.1", agent, stream));
    }
  }
}

BOOST_AUTO_TEST_CASE(names_that_a_client_may_give_itself) {
  for (const auto* good : {"a", "0", ".", "_", "-", "Living-Room_2.tv", "ABCxyz019"})
    BOOST_TEST(is_client_id(good), good);
  BOOST_TEST(is_client_id(std::string(64, 'x')));
  BOOST_TEST(!is_client_id(std::string(65, 'x')));
  for (const auto* bad : {"", " ", "a b", "a/b", "a\n", "é", "a:b", "a%20", "<x>"})
    BOOST_TEST(!is_client_id(bad), bad);
  BOOST_TEST(!is_client_id(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(ids_of_our_own_may_be_given_as_names) {
  BOOST_TEST(is_client_id(client_id("192.0.2.1", "mpv", "x")));
}

BOOST_AUTO_TEST_SUITE_END()
