#include "http/content_disposition.hpp"

#include "core/utf8.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace::http;

struct name_case {
  std::string from;
  std::string to;
};
std::ostream& operator<<(std::ostream& out, const name_case& each) {
  return out << '"' << each.from << '"';
}

const std::vector<name_case> dispositions{
    {"attachment; filename=film.mp4", "film.mp4"},
    {"attachment; filename=\"my film.mp4\"", "my film.mp4"},
    {"ATTACHMENT;FILENAME=\"a.mp4\"", "a.mp4"},
    {"inline ; filename = \"a.mp4\" ", "a.mp4"},
    {"attachment; filename=\"a\\\"b\\\\c.mp4\"", "a\"b\\c.mp4"},
    {"attachment; filename=\"a;b=c.mp4\"; x=y", "a;b=c.mp4"},
    {"attachment; filename=my film.mp4; x=y", "my film.mp4"},
    {"attachment; x=\"filename=no\"; filename=yes", "yes"},
    {"filename=a.mp4", "a.mp4"},
    {"attachment; filename*=UTF-8''%e2%82%ac%20rates.mp4", "\xe2\x82\xac rates.mp4"},
    {"attachment; filename=\"EURO.mp4\"; filename*=utf-8'en'%e2%82%ac.mp4", "\xe2\x82\xac.mp4"},
    {"attachment; filename*=UTF-8''%e2%82%ac.mp4; filename=EURO.mp4", "\xe2\x82\xac.mp4"},
    {"attachment; filename*=iso-8859-1'en'%A3.mp4", "\xc2\xa3.mp4"},
    {"attachment; filename*=ISO-8859-15''%A4.mp4; filename=a.mp4", "a.mp4"},
    {"attachment; filename*=UTF-8''%ff.mp4; filename=a.mp4", "a.mp4"},
    {"attachment; filename*=nonsense; filename=a.mp4", "a.mp4"},
    {"attachment; filename*=\"UTF-8''a%20b.mp4\"", "a b.mp4"},
    {"attachment; filename=\"\xc3\xbc.mp4\"", "\xc3\xbc.mp4"},
    {"attachment; filename=\"\xfc.mp4\"", "\xc3\xbc.mp4"},
    {"attachment; filename=\"100%25.mp4\"", "100%25.mp4"},
    {"attachment; filename=\"open", "open"},
    {"attachment; filename=\"open\\", "open\\"},
    {"attachment; filename=a; filename=b", "a"},
    {"attachment; filename=\"a\"b; x=y", "a"},
    {"attachment", ""},
    {"attachment; filename", ""},
    {"attachment; filename=", ""},
    {"attachment; filename=\"\"", ""},
    {"attachment; name=a", ""},
    {"", ""},
    {";;;=;\"", ""},
};

const std::vector<name_case> paths{{"/a/b/film.mp4", "film.mp4"},
                                   {"/a%20b.mp4", "a b.mp4"},
                                   {"/a/", ""},
                                   {"/", ""},
                                   {"", ""},
                                   {"film.mp4", "film.mp4"},
                                   {"/x%2Fy.mp4", "x/y.mp4"},
                                   {"/50%", "50%"},
                                   {"/a/b;x=1", "b;x=1"},
                                   {"/%C3%BC.mp4", "\xc3\xbc.mp4"}};

const std::vector<name_case> unsafe{
    {"film.mp4", "film.mp4"},
    {"a<b>c:d\"e/f\\g|h?i*j", "a_b_c_d_e_f_g_h_i_j"},
    {"../../etc/passwd", ".._.._etc_passwd"},
    {"a\r\n\t\x7f"
     "b",
     "a____b"},
    {std::string("a\0b", 3), "a_b"},
    {"a\xc2\x80\xc2\x9f\xc2\xa0", "a__\xc2\xa0"},
    {"a\xff\xc3", "a__"},
    {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80.mp4", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80.mp4"},
    {"  a b  ", "a b"},
    {"a. . .", "a"},
    {" .hidden", ".hidden"},
    {"", "stream"},
    {".", "stream"},
    {"..", "stream"},
    {" . ", "stream"},
    {"...", "stream"},
    {"/", "_"},
    {std::string(300, 'a'), std::string(255, 'a')},
    {std::string(300, 'a') + ".mp4", std::string(251, 'a') + ".mp4"},
    {std::string(300, 'a') + ".no extension", std::string(255, 'a')},
    {std::string(254, 'a') + "\xc3\xbc", std::string(254, 'a')},
    {std::string(250, 'a') + "\xc3\xbc\xc3\xbc.mp4", std::string(250, 'a') + ".mp4"},
    {std::string(250, 'a') + std::string(10, ' ') + "b", std::string(250, 'a')},
    {std::string(300, '.') + "a", std::string(254, '.') + "a"},
    {std::string(300, '.') + "a b", "stream"},
};

std::string random_name(std::mt19937& random) {
  static const std::string alphabet = "a.. /\\\xc3\xbc\xe2\x82\xac\xff\r\x01.mp4\xf0\x9f\x98\x80";
  std::string text(std::uniform_int_distribution<std::size_t>(0, 400)(random), ' ');
  for (char& c : text)
    c = alphabet[std::uniform_int_distribution<std::size_t>(0, alphabet.size() - 1)(random)];
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(content_disposition)

BOOST_DATA_TEST_CASE(reads_file_names, dispositions) {
  BOOST_TEST(disposition_file_name(sample.from) == sample.to);
}

BOOST_DATA_TEST_CASE(takes_names_from_paths, paths) {
  BOOST_TEST(path_file_name(sample.from) == sample.to);
}

BOOST_DATA_TEST_CASE(makes_names_safe, unsafe) {
  BOOST_TEST(safe_file_name(sample.from) == sample.to);
}

BOOST_AUTO_TEST_CASE(safe_names_are_safe_whatever_comes) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto safe = safe_file_name(random_name(random));
    BOOST_TEST_REQUIRE(!safe.empty());
    BOOST_TEST_REQUIRE(safe.size() <= 255U);
    BOOST_TEST_REQUIRE(millrace::is_utf8(safe));
    BOOST_TEST_REQUIRE(safe.find_first_of("/\\\r\n") == std::string::npos);
    BOOST_TEST_REQUIRE(safe_file_name(safe) == safe);
    BOOST_TEST_REQUIRE(disposition_file_name(format_inline_disposition(safe)) == safe);
  }
}

BOOST_AUTO_TEST_CASE(writes_dispositions) {
  BOOST_TEST(format_inline_disposition("film.mp4") == "inline; filename*=UTF-8''film.mp4");
  BOOST_TEST(format_inline_disposition("\xe2\x82\xac (1)'.mp4") ==
             "inline; filename*=UTF-8''%E2%82%AC%20%281%29%27.mp4");
  BOOST_TEST(format_inline_disposition("!#$&+-.^_`|~") == "inline; filename*=UTF-8''!#$&+-.^_`|~");
}

BOOST_AUTO_TEST_SUITE_END()
