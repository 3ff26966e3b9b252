#include "http/cache_control.hpp"

#include "http/conditional.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>
#include <vector>

using namespace millrace::http;
using namespace std::chrono_literals;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(cache_control_test)

namespace {

using lines = std::vector<std::pair<const char*, const char*>>;

field_list fields_of(const lines& given) {
  field_list fields;
  for (const auto& [name, value] : given)
    fields.add(name, value);
  return fields;
}

const auto now = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value();
const std::pair<const char*, const char*> etag{"ETag", "\"a\""};

struct storing_row {
  lines fields;
  bool may;
};

struct lifetime_row {
  lines fields;
  seconds lifetime, age;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_may_be_stored) {
  const std::vector<storing_row> rows{
      {{etag}, true},
      {{}, false},
      {{{"ETag", "W/\"a\""}}, false},
      {{{"ETag", "a"}}, false},
      {{{"Last-Modified", "Sat, 05 Nov 1994 08:49:37 GMT"}}, true},
      {{{"ETag", "W/\"a\""}, {"Last-Modified", "Sat, 05 Nov 1994 08:49:37 GMT"}}, true},
      {{{"Last-Modified", "yesterday"}}, false},
      // It may change once more within the same second.
      {{{"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}},
       false},
      {{{"Last-Modified", "Sun, 06 Nov 1994 08:49:36 GMT"}, {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}, true},
      {{etag, {"Cache-Control", "no-store"}}, false},
      {{etag, {"cache-control", "max-age=60, No-Store"}}, false},
      {{etag, {"Cache-Control", "max-age=60"}, {"Cache-Control", "no-store"}}, false},
      {{etag, {"Cache-Control", "private"}}, false},
      {{etag, {"Cache-Control", "private=\"set-cookie, x\", max-age=9"}}, false},
      {{etag, {"Cache-Control", "x=\"no-store, private\", max-age=9"}}, true},
      {{etag, {"Cache-Control", "x=\"\\\", no-store\""}}, true},
      {{etag, {"Cache-Control", "no-cache"}}, true},
      {{etag, {"Cache-Control", "public, max-age=1"}}, true},
      {{etag, {"Vary", "*"}}, false},
      {{etag, {"Vary", "Accept, *"}}, false},
      {{etag, {"Vary", "User-Agent, Accept-Encoding"}}, true},
      {{etag, {"Content-Encoding", "gzip"}}, false},
      {{etag, {"Content-Encoding", "identity"}}, true},
  };
  for (std::size_t i = 0; i < rows.size(); ++i)
    BOOST_TEST(cache_terms_of(fields_of(rows[i].fields), now).may_store == rows[i].may, "row " << i);
}

BOOST_AUTO_TEST_CASE(lifetimes_and_ages) {
  const std::vector<lifetime_row> rows{
      {{}, 0s, 0s},
      {{{"Cache-Control", "max-age=60"}}, 60s, 0s},
      {{{"Cache-Control", "Max-Age=\"60\""}}, 60s, 0s},
      {{{"Cache-Control", " max-age = 60 ,"}}, 60s, 0s},
      {{{"Cache-Control", "max-age=60, s-maxage=5"}}, 5s, 0s},
      {{{"Cache-Control", "s-maxage=0, max-age=60"}}, 0s, 0s},
      {{{"Cache-Control", "max-age=60, no-cache"}}, 0s, 0s},
      {{{"Cache-Control", "no-cache=\"x\", max-age=60"}}, 0s, 0s},
      {{{"Cache-Control", "max-age=60, must-revalidate"}}, 60s, 0s},
      // The first one counts; a bad one is no lifetime.
      {{{"Cache-Control", "max-age=7"}, {"Cache-Control", "max-age=9"}}, 7s, 0s},
      {{{"Cache-Control", "max-age=1.5"}}, 0s, 0s},
      {{{"Cache-Control", "max-age=-1"}}, 0s, 0s},
      {{{"Cache-Control", "max-age"}}, 0s, 0s},
      {{{"Cache-Control", "max-age=99999999999999999999999"}}, seconds(1LL << 31), 0s},
      {{{"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}}, 60s, 0s},
      {{{"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}, {"Date", "Sun, 06 Nov 1994 08:49:07 GMT"}}, 90s, 30s},
      {{{"Expires", "0"}}, 0s, 0s},
      {{{"Expires", "Sun, 06 Nov 1994 08:49:00 GMT"}}, 0s, 0s},
      {{{"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}, {"Cache-Control", "max-age=5"}}, 5s, 0s},
      {{{"Cache-Control", "max-age=60"}, {"Age", "50"}}, 60s, 50s},
      {{{"Cache-Control", "max-age=60"}, {"Age", "old"}}, 60s, 0s},
      // A clock that is behind counts as age, one that is ahead does not.
      {{{"Cache-Control", "max-age=60"}, {"Age", "5"}, {"Date", "Sun, 06 Nov 1994 08:49:30 GMT"}}, 60s, 7s},
      {{{"Cache-Control", "max-age=60"}, {"Date", "Sun, 06 Nov 1994 08:59:30 GMT"}}, 60s, 0s},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto terms = cache_terms_of(fields_of(rows[i].fields), now);
    BOOST_TEST(terms.lifetime.count() == rows[i].lifetime.count(), "row " << i);
    BOOST_TEST(terms.age.count() == rows[i].age.count(), "row " << i);
  }
}

BOOST_AUTO_TEST_CASE(what_requests_demand) {
  const cache_terms answer{.may_store = true, .age = 10s, .lifetime = 60s};
  const struct {
    lines request;
    bool fresh, may_store;
  } rows[]{
      {{}, true, true},
      {{{"Cache-Control", "no-cache"}}, false, true},
      {{{"Cache-Control", "max-age=0"}}, false, true},
      {{{"Cache-Control", "max-age=30"}}, true, true},
      {{{"Cache-Control", "max-age=20"}}, false, true},
      {{{"Cache-Control", "max-age=bad"}}, false, true},
      {{{"Cache-Control", "max-age=30, max-age=5"}}, false, true},
      {{{"Cache-Control", "min-fresh=30"}}, true, true},
      {{{"Cache-Control", "min-fresh=40"}}, false, true},
      {{{"Cache-Control", "no-store"}}, true, false},
      {{{"Pragma", "no-cache"}}, false, true},
      {{{"Pragma", "no-cache"}, {"Cache-Control", "max-age=30"}}, true, true},
  };
  for (const auto& row : rows) {
    const auto demands = cache_demands_of(fields_of(row.request));
    BOOST_TEST_CONTEXT((row.request.empty() ? "" : row.request.front().second)) {
      BOOST_TEST(is_fresh(answer, 10s, demands) == row.fresh);
      BOOST_TEST(demands.may_store == row.may_store);
    }
  }
}

BOOST_AUTO_TEST_CASE(freshness_ends) {
  const cache_terms answer{.may_store = true, .age = 10s, .lifetime = 60s};
  BOOST_TEST(is_fresh(answer, 49s, {}));
  BOOST_TEST(!is_fresh(answer, 50s, {}));
  BOOST_TEST(!is_fresh({.may_store = true, .age = 0s, .lifetime = 0s}, 0s, {}));
  BOOST_TEST(!is_fresh({.may_store = false, .age = 0s, .lifetime = 60s}, 0s, {}));
}

BOOST_AUTO_TEST_SUITE_END()
