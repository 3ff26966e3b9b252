#include "hls/variables.hpp"

#include "hls/hls_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using hls::problem_code;

struct fixture {
  url base = test::parse_url("http://h/a/list.m3u8?tok=a%2Fb%20c&empty=&flag&n%61me=v&tok=second");
  hls::variable_list imported{{"host", "cdn.example"}, {"path", "x/y"}};
  hls::variable_scope scope{base, imported};
  std::string buffer;

  std::string substituted(std::string_view text) {
    const auto done = scope.substitute(text, buffer);
    return done ? std::string(*done) : "error " + std::to_string(static_cast<int>(done.error()));
  }
  void define(std::string_view attributes) { BOOST_TEST(!scope.define(attributes).has_value()); }
  void refuse(std::string_view attributes, problem_code why) {
    const auto failed = scope.define(attributes);
    BOOST_REQUIRE(failed);
    BOOST_TEST(static_cast<int>(*failed) == static_cast<int>(why));
  }
};

BOOST_FIXTURE_TEST_SUITE(variables, fixture)

BOOST_AUTO_TEST_CASE(names_stand_for_values) {
  define("NAME=\"a\",VALUE=\"1\"");
  define("VALUE=\"two, 2\",X=\"y\",NAME=\"b-_9\"");
  define("NAME=\"none\",VALUE=\"\"");
  BOOST_TEST(substituted("{$a}/{$b-_9}/{$a}{$none}.ts") == "1/two, 2/1.ts");
  BOOST_TEST(substituted("{$a}") == "1");
  BOOST_TEST(substituted("") == "");
}

BOOST_AUTO_TEST_CASE(text_without_references_is_not_copied) {
  const std::string_view text = "plain {a} $b } {";
  const auto done = scope.substitute(text, buffer);
  BOOST_REQUIRE(done);
  BOOST_TEST((done->data() == text.data()));
}

BOOST_AUTO_TEST_CASE(what_is_no_reference_stays) {
  define("NAME=\"a\",VALUE=\"1\"");
  BOOST_TEST(substituted("{$}{$ a}{$a b}{$a") == "{$}{$ a}{$a b}{$a");
  BOOST_TEST(substituted("{${$a}}") == "{$1}");
  BOOST_TEST(substituted("{$a}{$") == "1{$");
}

BOOST_AUTO_TEST_CASE(values_are_put_in_once) {
  define("NAME=\"a\",VALUE=\"{\"");
  define("NAME=\"b\",VALUE=\"1\"");
  BOOST_TEST(substituted("{$a}$b}") == "{$b}");
}

BOOST_AUTO_TEST_CASE(values_may_use_what_was_defined_before) {
  define("NAME=\"a\",VALUE=\"1\"");
  define("NAME=\"b\",VALUE=\"{$a}2\"");
  BOOST_TEST(substituted("{$b}") == "12");
  refuse("NAME=\"c\",VALUE=\"{$d}\"", problem_code::undefined_variable);
}

BOOST_AUTO_TEST_CASE(imports_are_values_handed_in) {
  BOOST_TEST(substituted("{$host}") ==
             "error " + std::to_string(static_cast<int>(problem_code::undefined_variable)));
  define("IMPORT=\"host\"");
  BOOST_TEST(substituted("https://{$host}/") == "https://cdn.example/");
  refuse("IMPORT=\"unknown\"", problem_code::undefined_variable);
  refuse("IMPORT=\"host\"", problem_code::duplicate_variable);
}

BOOST_AUTO_TEST_CASE(query_parameters_are_decoded) {
  define("QUERYPARAM=\"tok\"");
  define("QUERYPARAM=\"name\"");
  BOOST_TEST(substituted("{$tok}|{$name}") == "a/b c|v");
  refuse("QUERYPARAM=\"empty\"", problem_code::undefined_variable);
  refuse("QUERYPARAM=\"flag\"", problem_code::undefined_variable);
  refuse("QUERYPARAM=\"other\"", problem_code::undefined_variable);
  const auto plain = test::parse_url("http://h/a");
  hls::variable_scope without(plain, imported);
  BOOST_TEST(without.define("QUERYPARAM=\"a\"").has_value());
}

BOOST_AUTO_TEST_CASE(definitions_have_to_be_whole) {
  refuse("", problem_code::bad_definition);
  refuse("NAME=\"a\"", problem_code::bad_definition);
  refuse("VALUE=\"a\"", problem_code::bad_definition);
  refuse("NAME=\"\",VALUE=\"a\"", problem_code::bad_definition);
  refuse("NAME=\"a b\",VALUE=\"a\"", problem_code::bad_definition);
  refuse("NAME=\"a\",VALUE=\"open", problem_code::bad_attributes);
  define("NAME=\"a\",VALUE=\"1\"");
  refuse("NAME=\"a\",VALUE=\"1\"", problem_code::duplicate_variable);
  BOOST_TEST(scope.defined().size() == 1U);
}

BOOST_AUTO_TEST_CASE(growth_is_bounded) {
  define("NAME=\"a\",VALUE=\"" + std::string(1'000, 'x') + "\"");
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "{$a}";
  BOOST_TEST(substituted(many) ==
             "error " + std::to_string(static_cast<int>(problem_code::output_too_large)));
  refuse("NAME=\"b\",VALUE=\"{$a}{$a}{$a}{$a}{$a}{$a}{$a}{$a}\"", problem_code::bad_definition);
  for (std::size_t i = scope.defined().size(); i < hls::most_variables; ++i)
    scope.define("NAME=\"v" + std::to_string(i) + "\",VALUE=\"\"");
  refuse("NAME=\"last\",VALUE=\"\"", problem_code::bad_definition);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
