#include "hls/media_query.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;

BOOST_AUTO_TEST_SUITE(media_query)

BOOST_AUTO_TEST_CASE(is_split) {
  const auto split = hls::split_media_query("client_id=c.1&t=TOKEN&_HLS_msn=273&_HLS_part=2&_HLS_skip=v2");
  BOOST_REQUIRE(split);
  BOOST_TEST(split->client_id == "c.1");
  BOOST_TEST(split->token == "TOKEN");
  BOOST_TEST(split->directives == "_HLS_msn=273&_HLS_part=2&_HLS_skip=v2");
  BOOST_TEST(split->msn.value() == "273");
  BOOST_TEST(split->part.value() == "2");
  BOOST_TEST(split->skip.value() == "v2");
  BOOST_TEST(split->blocking());
}

BOOST_AUTO_TEST_CASE(any_order_and_nothing_at_all_are_fine) {
  const auto split = hls::split_media_query("_HLS_skip=YES&&t=T&");
  BOOST_REQUIRE(split);
  BOOST_TEST(split->token == "T");
  BOOST_TEST(split->client_id.empty());
  BOOST_TEST(split->skip.value() == "YES");
  BOOST_TEST(!split->blocking());
  BOOST_TEST(hls::split_media_query("").has_value());
}

BOOST_AUTO_TEST_CASE(other_directives_pass) {
  const auto split =
      hls::split_media_query("t=T&_HLS_primary_id=x-1&_HLS_start_offset=1.5&_HLS_pathway=%22a%22");
  BOOST_REQUIRE(split);
  BOOST_TEST(split->directives == "_HLS_primary_id=x-1&_HLS_start_offset=1.5&_HLS_pathway=%22a%22");
}

const std::vector<std::string> strange{
    "t=T&x=1",
    "t=T&x",
    "t=T&url=http://h/",
    "t=T&t=T",
    "client_id=a&t=T&client_id=b",
    "t=T&_HLS_msn=1&_HLS_msn=2",
    "t=T&_HLS_",
    "t=T&_hls_msn=1",
    "t=T&_HLS_msn=1#x",
    "t=T&_HLS_a[]=1",
    "t=T&_HLS_%41=1",
    "t=T&_HLS_x=a\r\nb",
    "t=T&_HLS_x=a b",
    "t=T&%74=T",
    "t=T&=1",
    "t=T&_HLS_x=" + std::string(2'000, 'x'),
};
BOOST_DATA_TEST_CASE(anything_else_is_refused, boost::unit_test::data::make(strange), query) {
  BOOST_TEST(!hls::split_media_query(query));
}

BOOST_AUTO_TEST_CASE(directives_are_few) {
  std::string query = "t=T";
  for (int i = 0; i < 15; ++i)
    query += "&_HLS_" + std::to_string(i) + "=1";
  BOOST_TEST(hls::split_media_query(query).has_value());
  BOOST_TEST(!hls::split_media_query(query + "&_HLS_x=1"));
}

BOOST_AUTO_TEST_CASE(directives_for_moved_numbers) {
  const auto split = hls::split_media_query("_HLS_msn=100&_HLS_part=2&t=T&_HLS_skip=YES&_HLS_x=1");
  BOOST_REQUIRE(split);
  BOOST_TEST(hls::moved_directives(*split, 7, true) == "_HLS_msn=7&_HLS_part=2&_HLS_skip=YES&_HLS_x=1");
  BOOST_TEST(hls::moved_directives(*split, 7, false) == "_HLS_msn=7&_HLS_part=2&_HLS_x=1");
  BOOST_TEST(hls::moved_directives(*split, std::nullopt, true) == "_HLS_skip=YES&_HLS_x=1");
  BOOST_TEST(hls::moved_directives({}, 7, true).empty());
}

struct add_case {
  std::string target, directives, text;
};
std::ostream& operator<<(std::ostream& out, const add_case& each) {
  return out << each.text;
}
const std::vector<add_case> additions{
    {"http://h/a", "", "http://h/a"},
    {"http://h/a", "_HLS_msn=1", "http://h/a?_HLS_msn=1"},
    {"http://h/a?x=1", "_HLS_msn=1&_HLS_part=2", "http://h/a?x=1&_HLS_msn=1&_HLS_part=2"},
    {"http://h", "_HLS_msn=1", "http://h?_HLS_msn=1"},
};
BOOST_DATA_TEST_CASE(directives_go_upstream, boost::unit_test::data::make(additions), each) {
  const auto added = hls::with_directives(test::parse_url(each.target), each.directives);
  BOOST_REQUIRE(added);
  BOOST_TEST(added->text() == each.text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
