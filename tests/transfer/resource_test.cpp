#include "transfer/resource.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace;
using namespace millrace::transfer;

http::response_head answer(std::initializer_list<http::field> list) {
  http::response_head head;
  head.status = 206;
  for (const auto& each : list)
    head.fields.add(each.name, each.value);
  return head;
}

resource of(std::initializer_list<http::field> list, const std::string& location,
            const std::string& given = {}) {
  return describe(answer(list), url::parse(location).value(), 100, given);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resource_test)

BOOST_AUTO_TEST_CASE(names) {
  const struct {
    std::string disposition, type, location, given, expected;
  } rows[]{
      {"", "video/mp4", "http://a.test/b/film.mp4?x=y.mkv", "", "film.mp4"},
      {"", "video/mp4", "http://a.test/b/a%20film%21.mp4", "", "a film!.mp4"},
      {"", "video/mp4", "http://a.test/watch", "", "watch.mp4"},
      {"", "video/mp4; codecs=x", "http://a.test/watch", "", "watch.mp4"},
      {"", "", "http://a.test/watch", "", "watch"},
      {"", "video/mp4", "http://a.test/", "", "stream.mp4"},
      {"attachment; filename=\"x.mkv\"", "video/mp4", "http://a.test/film.mp4", "", "x.mkv"},
      {"attachment; filename=x.mkv; filename*=UTF-8''%c3%a9.mkv", "", "http://a.test/f", "", "é.mkv"},
      {"attachment", "video/mp4", "http://a.test/film.mp4", "", "film.mp4"},
      {"attachment; filename=\"x.mkv\"", "video/mp4", "http://a.test/film.mp4", "mine.ts", "mine.ts"},
      {"", "video/mp4", "http://a.test/film.mp4", "mine", "mine.mp4"},
      {"", "video/mp4", "http://a.test/a%2F..%2Fb.mp4", "", "a_.._b.mp4"},
      {"", "video/mp4", "http://a.test/a%0D%0Ab.mp4", "", "a__b.mp4"},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.location << " " << row.disposition << " " << row.given) {
      const auto found =
          of({{"Content-Disposition", row.disposition}, {"Content-Type", row.type}}, row.location, row.given);
      BOOST_TEST(found.file_name == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(types) {
  const struct {
    std::string sent, location, given, expected;
  } rows[]{
      {"video/mp4", "http://a.test/x.mkv", "", "video/mp4"},
      {"", "http://a.test/x.mkv", "", "video/x-matroska"},
      {"application/octet-stream", "http://a.test/x.MKV", "", "video/x-matroska"},
      {"binary/octet-stream", "http://a.test/x.mp4", "", "video/mp4"},
      {"", "http://a.test/x", "name.mp4", "video/mp4"},
      {"", "http://a.test/x.mp4", "name", "video/mp4"},
      {"", "http://a.test/x", "", "application/octet-stream"},
      {"application/octet-stream", "http://a.test/x", "", "application/octet-stream"},
      {"text/plain", "http://a.test/x.mp4", "", "text/plain"},
  };
  for (const auto& row : rows)
    BOOST_TEST(of({{"Content-Type", row.sent}}, row.location, row.given).media_type == row.expected,
               row.location);
  BOOST_TEST(of({}, "http://a.test/x.mp4").media_type == "video/mp4");
}

BOOST_AUTO_TEST_CASE(the_fields_for_the_client) {
  const auto found = of({{"Content-Type", "video/mp4"},
                         {"ETag", "\"t\""},
                         {"Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"},
                         {"Content-Encoding", "identity"},
                         {"Set-Cookie", "a=b"}},
                        "http://a.test/film.mp4");
  BOOST_TEST((found.total == 100u));
  const auto fields = representation_fields(found);
  BOOST_TEST(fields.get("Content-Type") == "video/mp4");
  BOOST_TEST(fields.get("Content-Disposition") == "inline; filename*=UTF-8''film.mp4");
  BOOST_TEST(fields.get("ETag") == "\"t\"");
  BOOST_TEST(fields.get("Last-Modified") == "Wed, 21 Oct 2015 07:28:00 GMT");
  BOOST_TEST(fields.size() == 4u);
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_not_told) {
  const auto fields = representation_fields(of({}, "http://a.test/film.mp4"));
  BOOST_TEST(!fields.find("ETag"));
  BOOST_TEST(!fields.find("Last-Modified"));
  BOOST_TEST(!fields.find("Content-Encoding"));
}

BOOST_AUTO_TEST_CASE(a_coding_that_the_upstream_insists_on) {
  const auto fields = representation_fields(of({{"Content-Encoding", "gzip"}}, "http://a.test/film.mp4"));
  BOOST_TEST(fields.get("Content-Encoding") == "gzip");
}

BOOST_AUTO_TEST_SUITE_END()
