#include "server/forwarded.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace server = millrace::server;
namespace http = millrace::http;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(forwarded_test)

struct sample {
  const char* field;
  std::vector<const char*> lines;
  const char* hops;  ///< separated by spaces, "-" for nullopt
  friend std::ostream& operator<<(std::ostream& to, const sample& s) {
    return to << s.field << " → " << s.hops;
  }
};

const sample samples[] = {
    {"Forwarded", {"for=192.0.2.43"}, "192.0.2.43"},
    {"Forwarded", {"For=192.0.2.43;proto=http;by=203.0.113.60"}, "192.0.2.43"},
    {"Forwarded", {"proto=https; for=\"192.0.2.43:47011\""}, "192.0.2.43"},
    {"Forwarded", {"for=\"[2001:db8:cafe::17]:4711\""}, "2001:db8:cafe::17"},
    {"Forwarded", {"for=\"[2001:db8:cafe::17]\", for=198.51.100.17"}, "2001:db8:cafe::17 198.51.100.17"},
    {"Forwarded", {"for=192.0.2.1", "for=192.0.2.2"}, "192.0.2.1 192.0.2.2"},
    {"forwarded", {"for=unknown, for=_hidden, for=192.0.2.2"}, "- - 192.0.2.2"},
    {"Forwarded", {"host=\"a,b;for=1.1.1.1\";for=192.0.2.2"}, "192.0.2.2"},
    {"Forwarded", {"host=\"a\\\"b,\";for=192.0.2.2"}, "192.0.2.2"},
    {"Forwarded", {"proto=https"}, "-"},
    {"Forwarded", {"for"}, "-"},
    {"Forwarded", {""}, ""},
    {"X-Forwarded-For", {"192.0.2.1"}, "192.0.2.1"},
    {"X-Forwarded-For", {"192.0.2.1, 10.0.0.1 ,2001:db8::1"}, "192.0.2.1 10.0.0.1 2001:db8::1"},
    {"x-forwarded-for", {"192.0.2.1:1234", "[2001:db8::1]:80"}, "192.0.2.1 2001:db8::1"},
    {"X-Forwarded-For", {"unknown, 10.0.0.1"}, "- 10.0.0.1"},
    {"X-Forwarded-For", {"10.0.0.1,,"}, "10.0.0.1"},
    {"X-Forwarded-For", {"[2001:db8::1, 10.0.0.1"}, "- 10.0.0.1"},
    {"X-Forwarded-Host", {"10.0.0.1"}, ""},
};

BOOST_DATA_TEST_CASE(hops, data::make(samples), s) {
  http::field_list fields;
  for (const auto* line : s.lines)
    fields.add(s.field, line);
  const bool standard = http::equal_ignoring_case(s.field, "Forwarded");
  std::string found;
  for (const auto& hop : standard ? server::parse_forwarded(fields) : server::parse_x_forwarded_for(fields)) {
    if (!found.empty()) found += ' ';
    found += hop ? hop->to_string() : "-";
  }
  BOOST_TEST(found == s.hops);
  BOOST_TEST(server::has_forwarded(fields));
}

BOOST_AUTO_TEST_CASE(other_fields_do_not_forward) {
  http::field_list fields;
  fields.add("Host", "a");
  fields.add("X-Forward", "b");
  fields.add("Forwarded-For", "c");
  BOOST_TEST(!server::has_forwarded(fields));
}

BOOST_AUTO_TEST_SUITE_END()
