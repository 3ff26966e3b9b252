#include "http/message.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::http;

field_list sample() {
  field_list fields;
  fields.add("Accept", "a");
  fields.add("X-One", "1");
  fields.add("ACCEPT", "b");
  return fields;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message)

BOOST_AUTO_TEST_CASE(names_compare_without_case) {
  BOOST_TEST(equal_ignoring_case("ETag", "etAG"));
  BOOST_TEST(equal_ignoring_case("", ""));
  BOOST_TEST(!equal_ignoring_case("a", "ab"));
  BOOST_TEST(!equal_ignoring_case("[", "{"));
  BOOST_TEST(!equal_ignoring_case("\xc3\xbc", "\xc3\x9c"));
}

BOOST_AUTO_TEST_CASE(finds_the_first) {
  const auto fields = sample();
  BOOST_TEST(fields.get("accept") == "a");
  BOOST_TEST(fields.count("accept") == 2U);
  BOOST_TEST(fields.get("missing").empty());
  BOOST_TEST(!fields.find("missing"));
  BOOST_TEST(fields.size() == 3U);
}

BOOST_AUTO_TEST_CASE(set_replaces_all) {
  auto fields = sample();
  fields.set("accept", "c");
  BOOST_TEST(fields.count("Accept") == 1U);
  BOOST_TEST(fields.get("Accept") == "c");
  BOOST_TEST(fields.begin()->name == "Accept");
  fields.set("New", "n");
  BOOST_TEST(fields.get("new") == "n");
  BOOST_TEST(fields.size() == 3U);
}

BOOST_AUTO_TEST_CASE(erase_takes_all) {
  auto fields = sample();
  fields.erase("aCCEPT");
  BOOST_TEST(fields.size() == 1U);
  fields.erase("missing");
  fields.erase("x-one");
  BOOST_TEST(fields.empty());
}

BOOST_AUTO_TEST_CASE(finds_tokens_in_lists) {
  field_list fields;
  fields.add("Connection", "Keep-Alive , Foo,,\tBar ");
  fields.add("connection", "close");
  fields.add("Other", "upgrade");
  for (const auto* token : {"keep-alive", "FOO", "bar", "Close"})
    BOOST_TEST(fields.has_token("Connection", token));
  for (const auto* token : {"keep", "alive", "fo", "upgrade", "Keep-Alive , Foo"}) {
    BOOST_TEST(!fields.has_token("Connection", token));
  }
}

BOOST_AUTO_TEST_SUITE_END()
