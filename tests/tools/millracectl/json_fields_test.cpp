#include "millracectl/json_fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;

BOOST_AUTO_TEST_SUITE(json_fields_test)

BOOST_AUTO_TEST_CASE(fields_of_any_shape) {
  const auto object =
      boost::json::parse(R"({"text":"a","whole":7,"minus":-1,"real":2.9,"huge":1e300,"yes":true,"null":null,)"
                         R"("most":18446744073709551615,"list":[1],"inner":{"x":1}})")
          .as_object();
  BOOST_TEST(text_of(object, "text") == "a");
  BOOST_TEST(text_of(object, "whole") == "7");
  BOOST_TEST(text_of(object, "yes") == "true");
  for (const char* name : {"null", "list", "inner", "missing"})
    BOOST_TEST(text_of(object, name) == "");

  BOOST_TEST(number_of(object, "whole") == 7U);
  BOOST_TEST(number_of(object, "real") == 2U);
  BOOST_TEST(number_of(object, "most") == 18446744073709551615U);
  for (const char* name : {"minus", "huge", "text", "null", "missing"})
    BOOST_TEST(number_of(object, name) == 0U);

  BOOST_TEST(flag_of(object, "yes"));
  BOOST_TEST(!flag_of(object, "whole"));
  BOOST_TEST(array_of(object, "list").size() == 1U);
  BOOST_TEST(array_of(object, "text").empty());
  BOOST_TEST(object_of(object, "inner").size() == 1U);
  BOOST_TEST(object_of(object, "list").empty());
}

BOOST_AUTO_TEST_CASE(json_cannot_manipulate_a_terminal) {
  BOOST_TEST(printable_json("{\"a\":\n\t[1, 2]\r\n}\n") == "{\"a\":  [1, 2]  }");
  BOOST_TEST(printable_json("{\"a\":\"\x7f \xc2\x9b \xe2\x80\xae \xf3\xa0\x80\x81 é\"}") ==
             "{\"a\":\"\\u007f \\u009b \\u202e \\udb40\\udc01 é\"}");
  BOOST_TEST(printable_json(R"({"a":"\u001b[2J"})") == R"({"a":"\u001b[2J"})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
