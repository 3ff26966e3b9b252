#include "transfer/first_answer.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

namespace {

using namespace millrace;
using namespace millrace::transfer;
using kind = response_plan::kind;

constexpr byte_offset K = 1024, M = 1024 * K, furthest = std::numeric_limits<byte_offset>::max();
constexpr plan_limits limits{.connections = 4, .chunk_size = 1 * M};

http::request_head request(const http::field_list& fields) {
  http::request_head head;
  head.fields = fields;
  return head;
}

http::field_list fields(std::initializer_list<http::field> list) {
  http::field_list made;
  for (const auto& each : list)
    made.add(each.name, each.value);
  return made;
}

std::string show(const upstream::wanted& bytes) {
  if (const auto* range = std::get_if<byte_range>(&bytes))
    return std::to_string(range->begin) + "-" + std::to_string(range->end);
  if (const auto* suffix = std::get_if<upstream::wanted_suffix>(&bytes))
    return "last " + std::to_string(suffix->length);
  return "all";
}

std::string asked(const std::string& range, bool head_only = false, std::optional<byte_offset> known = {}) {
  return show(first_wanted(http::parse_range(range), head_only, known, limits));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(first_answer_test)

BOOST_AUTO_TEST_CASE(ranges_that_count) {
  BOOST_TEST(!client_range(request({})).has_value());
  BOOST_TEST(client_range(request(fields({{"Range", "bytes=0-1"}}))).has_value());
  for (const auto* ignored : {"bytes=1-0", "bytes=0-1,3-4", "lines=0-1", "bytes=", "bytes=a-b", ""})
    BOOST_TEST(!client_range(request(fields({{"Range", ignored}}))).has_value(), ignored);
  BOOST_TEST(!client_range(request(fields({{"Range", "bytes=0-1"}, {"range", "bytes=0-1"}}))).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_asked_first) {
  BOOST_TEST(asked("") == "0-262144");
  BOOST_TEST(asked("bytes=0-") == "0-262144");
  BOOST_TEST(asked("bytes=100-199") == "100-200");
  BOOST_TEST(asked("bytes=1000000-99999999") == "1000000-1262144");
  BOOST_TEST(asked("bytes=-500") == "last 500");
  // The size is not known: a whole suffix over one connection, however long.
  BOOST_TEST(asked("bytes=-5000000") == "last 5000000");
}

BOOST_AUTO_TEST_CASE(one_byte_is_enough_for_head) {
  BOOST_TEST(asked("", true) == "0-1");
  BOOST_TEST(asked("bytes=500-", true) == "500-501");
  BOOST_TEST(asked("bytes=500-600", true) == "500-501");
  BOOST_TEST(asked("bytes=-5", true) == "0-1");
}

BOOST_AUTO_TEST_CASE(a_long_suffix_of_a_known_size_is_divided) {
  BOOST_TEST(asked("bytes=-5000000", false, 20'000'000) == "15000000-15262144");
  BOOST_TEST(asked("bytes=-5000000", false, 3'000'000) == "0-262144");
  BOOST_TEST(asked("bytes=-5000000", false, 0) == "last 5000000");
  BOOST_TEST(asked("bytes=-500", false, 20'000'000) == "last 500");
}

BOOST_AUTO_TEST_CASE(the_ends_of_64_bits) {
  // Never an empty or inverted range: it could not be asked for.
  for (const auto first : {furthest, furthest - 1, furthest - 2, furthest - 256 * K}) {
    for (const bool head_only : {false, true}) {
      for (const auto& last : {std::string(), std::to_string(furthest)}) {
        const auto range = http::parse_range("bytes=" + std::to_string(first) + "-" + last);
        BOOST_REQUIRE(range.has_value());
        const auto bytes = first_wanted(range, head_only, {}, limits);
        const auto* found = std::get_if<byte_range>(&bytes);
        BOOST_REQUIRE(found != nullptr);
        BOOST_TEST(found->begin < found->end);
      }
    }
  }
  // So many bytes are everything: the beginning can be asked for.
  BOOST_TEST(asked("bytes=-18446744073709551615") == "0-262144");
  BOOST_TEST(asked("bytes=-18446744073709551615", false, 10 * M) == "0-262144");
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_for_the_last_zero_bytes_but_what_tells_the_size) {
  BOOST_TEST(asked("bytes=-0") == "0-1");
}

BOOST_AUTO_TEST_CASE(what_the_client_gets) {
  resource file;
  file.version = {"\"tag\"", "Wed, 21 Oct 2015 07:28:00 GMT"};
  const auto later = "Thu, 22 Oct 2015 07:28:00 GMT", before = "Tue, 20 Oct 2015 07:28:00 GMT";
  const struct {
    std::string name;
    http::field_list given;
    byte_offset total;
    kind expected;
    byte_range range;
  } rows[]{
      {"nothing", {}, 100, kind::whole, {0, 100}},
      {"a range", fields({{"Range", "bytes=10-19"}}), 100, kind::partial, {10, 20}},
      {"the whole as a range", fields({{"Range", "bytes=0-"}}), 100, kind::partial, {0, 100}},
      {"clamped", fields({{"Range", "bytes=90-1000"}}), 100, kind::partial, {90, 100}},
      {"suffix", fields({{"Range", "bytes=-10"}}), 100, kind::partial, {90, 100}},
      {"long suffix", fields({{"Range", "bytes=-1000"}}), 100, kind::partial, {0, 100}},
      {"outside", fields({{"Range", "bytes=100-"}}), 100, kind::unsatisfiable, {}},
      {"last zero", fields({{"Range", "bytes=-0"}}), 100, kind::unsatisfiable, {}},
      {"several", fields({{"Range", "bytes=0-1,5-6"}}), 100, kind::whole, {0, 100}},
      {"empty resource", {}, 0, kind::whole, {0, 0}},
      {"range of an empty resource", fields({{"Range", "bytes=0-"}}), 0, kind::whole, {0, 0}},
      {"If-Range holds",
       fields({{"Range", "bytes=0-1"}, {"If-Range", "\"tag\""}}),
       100,
       kind::partial,
       {0, 2}},
      {"If-Range does not",
       fields({{"Range", "bytes=0-1"}, {"If-Range", "\"old\""}}),
       100,
       kind::whole,
       {0, 100}},
      {"If-Range does not, outside",
       fields({{"Range", "bytes=500-"}, {"If-Range", "\"old\""}}),
       100,
       kind::whole,
       {0, 100}},
      {"If-Range date",
       fields({{"Range", "bytes=0-1"}, {"If-Range", "Wed, 21 Oct 2015 07:28:00 GMT"}}),
       100,
       kind::partial,
       {0, 2}},
      {"If-Range other date",
       fields({{"Range", "bytes=0-1"}, {"If-Range", later}}),
       100,
       kind::whole,
       {0, 100}},
      {"If-Range without Range", fields({{"If-Range", "\"tag\""}}), 100, kind::whole, {0, 100}},
      {"If-None-Match", fields({{"If-None-Match", "\"tag\""}}), 100, kind::not_modified, {}},
      {"If-None-Match list", fields({{"If-None-Match", "\"x\", W/\"tag\""}}), 100, kind::not_modified, {}},
      {"If-None-Match any", fields({{"If-None-Match", "*"}}), 100, kind::not_modified, {}},
      {"If-None-Match other", fields({{"If-None-Match", "\"x\""}}), 100, kind::whole, {0, 100}},
      {"If-None-Match before Range",
       fields({{"If-None-Match", "\"tag\""}, {"Range", "bytes=0-1"}}),
       100,
       kind::not_modified,
       {}},
      {"If-Modified-Since", fields({{"If-Modified-Since", later}}), 100, kind::not_modified, {}},
      {"modified since", fields({{"If-Modified-Since", before}}), 100, kind::whole, {0, 100}},
      {"If-None-Match rules out the date",
       fields({{"If-None-Match", "\"x\""}, {"If-Modified-Since", later}}),
       100,
       kind::whole,
       {0, 100}},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto head = request(row.given);
      const auto plan = plan_response(head, client_range(head), file, row.total);
      BOOST_TEST((plan.what == row.expected));
      BOOST_TEST(plan.range.begin == row.range.begin);
      BOOST_TEST(plan.range.end == row.range.end);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
