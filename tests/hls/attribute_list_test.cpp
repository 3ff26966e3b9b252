#include "hls/attribute_list.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace;

struct list_case {
  std::string text;
  std::string read;  ///< name=value;, quoted values in <>
  bool fails = false;
};
std::ostream& operator<<(std::ostream& out, const list_case& each) {
  return out << each.text;
}

const std::vector<list_case> lists{
    {"", ""},
    {"A=1", "A=1;"},
    {"A=1,B=\"x\",C=0xFF", "A=1;B=<x>;C=0xFF;"},
    {"A=\"1,2,3\",B=\"a=b\"", "A=<1,2,3>;B=<a=b>;"},
    {"B=2,A=1", "B=2;A=1;"},
    {"A=1,A=2", "A=1;A=2;"},
    {" A = 1 , B = \"x y\" ,\tC=3 ", "A=1;B=<x y>;C=3;"},
    {"A=\"\"", "A=<>;"},
    {"A=", "A=;"},
    {"A=,B=1", "A=;B=1;"},
    {"A", ""},
    {"A,B=1", "B=1;"},
    {",,A=1,,", "A=1;"},
    {"=1", "=1;"},
    {"A=a\"b\"", "A=a\"b\";"},
    {"A=\"b\"junk,C=1", "A=<b>;C=1;"},
    {"A=1=2", "A=1=2;"},
    {"A=\"open", "", true},
    {"A=1,B=\"open,C=2", "A=1;", true},
    {"X-COM-\xc3\xbc=\"\xc3\xbc\"", "X-COM-\xc3\xbc=<\xc3\xbc>;"},
};

BOOST_AUTO_TEST_SUITE(attribute_list)

BOOST_DATA_TEST_CASE(is_read, boost::unit_test::data::make(lists), each) {
  hls::attribute_reader reader(each.text);
  std::string read;
  while (const auto found = reader.next()) {
    read.append(found->name).append(found->quoted ? "=<" : "=").append(found->value);
    read += found->quoted ? ">;" : ";";
  }
  BOOST_TEST(read == each.read);
  BOOST_TEST(reader.failed() == each.fails);
  BOOST_TEST(!reader.next());
}

BOOST_AUTO_TEST_CASE(the_first_of_a_name_is_found) {
  const auto found = hls::find_attribute("URI2=\"no\",URI=\"a,b\",URI=\"c\"", "URI");
  BOOST_REQUIRE(found);
  BOOST_TEST(found->value == "a,b");
  BOOST_TEST(!hls::find_attribute("A=\"URI=x\"", "URI"));
  BOOST_TEST(!hls::find_attribute("uri=x", "URI"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
