#include "api/aria2_request.hpp"

#include "api/aria2_support.hpp"

#include <boost/test/data/test_case.hpp>

#include <limits>
#include <ostream>

namespace millrace::api {

namespace {

namespace data = boost::unit_test::data;

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

struct refusal {
  std::string params;
  int code;
  std::string message;
};
std::ostream& operator<<(std::ostream& out, const refusal& what) {
  return out << what.params;
}

template <class T>
void check(const rpc_result<T>& got, const refusal& expected) {
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST(static_cast<int>(got.error().code) == expected.code);
  BOOST_TEST(got.error().message == expected.message);
}

std::string repeated(std::string_view uri, std::size_t times) {
  std::string text = "[[";
  for (std::size_t i = 0; i < times; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::string(uri) + std::to_string(i) + "\"";
  return text + "]]";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aria2_request)

BOOST_AUTO_TEST_CASE(only_a_leading_secret_is_taken) {
  auto given = array(R"(["token:se:cret", ["http://a/"]])");
  BOOST_TEST(take_secret(given).value() == "se:cret");
  BOOST_TEST(given.size() == 1U);
  given = array(R"(["token:", "token:x"])");
  BOOST_TEST(take_secret(given).value().empty());
  BOOST_TEST(given == array(R"(["token:x"])"));
  for (const auto* const none :
       {"[]", R"(["Token:a"])", R"(["0123456789abcdef", "token:a"])", R"([["token:a"]])", "[null]"}) {
    given = array(none);
    BOOST_TEST(!take_secret(given).has_value());
    BOOST_TEST(given == array(none));
  }
}

BOOST_AUTO_TEST_CASE(uris_are_sources_in_their_order) {
  const auto got = parse_add_uri(
      array(R"([["http://b/film", "https://u:p@a/film?x=1", "http://b/film"], {"split": "2"}, "last"])"));
  BOOST_REQUIRE(got.has_value());
  const auto& sources = got->definition.sources;
  BOOST_REQUIRE(sources.size() == 2U);
  BOOST_TEST(sources[0].text() == "http://b/film");
  BOOST_TEST(sources[1].text() == "https://u:p@a/film?x=1");
  BOOST_TEST(got->definition.metadata.empty());
  BOOST_TEST(got->connections == 2U);
}

const refusal bad_uris[] = {
    {"[]", -32602, "The parameter at 0 is required but missing."},
    {R"(["http://a/"])", -32602, "The parameter at 0 has wrong type."},
    {R"([{"uri": "http://a/"}])", -32602, "The parameter at 0 has wrong type."},
    {"[[1]]", -32602, "The parameter at 0 has wrong type."},
    {"[[]]", -32602, "URI is not provided."},
    {R"([["http://a/"], "out=b"])", -32602, "The parameter at 1 has wrong type."},
    {R"([["http://a/"], []])", -32602, "The parameter at 1 has wrong type."},
    {R"([[""]])", -32602, "Unrecognized URI or unsupported protocol: "},
    {R"([["http://a/", "ftp://me:secret@b/c?key=1#f"]])", -32602,
     "Unrecognized URI or unsupported protocol: ftp://b/c"},
    {R"([["ftp://me:se?cret@b/c"]])", -32602, "Unrecognized URI or unsupported protocol: ftp://…"},
    {R"([["ftp://me:se/cr@b/c"]])", -32602, "Unrecognized URI or unsupported protocol: ftp://b/c"},
    {R"([["magnet:?xt=urn:btih:1"]])", -32602, "Unrecognized URI or unsupported protocol: magnet:"},
    {R"([["me:secret@b/://x"]])", -32602, "Unrecognized URI or unsupported protocol: …"},
    {R"([["/etc/passwd"]])", -32602, "Unrecognized URI or unsupported protocol: /etc/passwd"},
    {"[[\"" + std::string(300, 'x') + "\"]]", -32602,
     "Unrecognized URI or unsupported protocol: " + std::string(200, 'x')},
    {"[[\"http://a/b?" + std::string(16 * 1024, 'x') + "\"]]", -32602,
     "URI longer than 16384 bytes: http://a/b"},
    {repeated("http://a/", 66), -32602, "More than 65 URIs."},
    {repeated("http://a/" + std::string(4000, 'x'), 30), -32602, "URIs longer than 65536 bytes in all."},
};
BOOST_DATA_TEST_CASE(bad_uris_are_refused, data::make(bad_uris), each) {
  check(parse_add_uri(array(each.params)), each);
}

BOOST_AUTO_TEST_CASE(so_many_mirrors_are_taken) {
  const auto got = parse_add_uri(array(repeated("http://a/", 65)));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(got->definition.sources.size() == 65U);
}

BOOST_AUTO_TEST_CASE(a_gid_may_come_with_keys) {
  const auto bare = parse_gid(array(R"(["0123456789ABCDEF"])"));
  BOOST_REQUIRE(bare.has_value());
  BOOST_TEST(bare->gid == "0123456789abcdef");
  BOOST_TEST(bare->keys.empty());
  const auto with_keys = parse_gid(array(R"(["0123456789abcdef", ["gid", 1, "status"], 5])"));
  BOOST_REQUIRE(with_keys.has_value());
  BOOST_TEST(with_keys->keys == (std::vector<std::string>{"gid", "status"}),
             boost::test_tools::per_element());
}

const refusal bad_gids[] = {
    {"[]", -32602, "The parameter at 0 is required but missing."},
    {"[1]", -32602, "The parameter at 0 has wrong type."},
    {R"([""])", -32602, "Invalid GID "},
    {R"(["xyz"])", -32602, "Invalid GID xyz"},
    {R"(["0123456789abcdef0"])", -32602, "Invalid GID 0123456789abcdef0"},
    {R"(["0123456789abcde"])", 1, "GID 0123456789abcde is not found"},
    {R"(["0123456789abcdef", "gid"])", -32602, "The parameter at 1 has wrong type."},
};
BOOST_DATA_TEST_CASE(bad_gids_are_refused, data::make(bad_gids), each) {
  check(parse_gid(array(each.params)), each);
}

BOOST_AUTO_TEST_CASE(keys_are_a_list) {
  BOOST_TEST(parse_keys({})->empty());
  BOOST_TEST(parse_keys(array(R"([["gid"]])"))->at(0) == "gid");
  check(parse_keys(array(R"(["gid"])")), {"", -32602, "The parameter at 0 has wrong type."});
}

const refusal bad_lists[] = {
    {"[]", -32602, "The parameter at 0 is required but missing."},
    {"[0]", -32602, "The parameter at 1 is required but missing."},
    {R"(["0", 1])", -32602, "The parameter at 0 has wrong type."},
    {"[0, null]", -32602, "The parameter at 1 has wrong type."},
    {"[0, 1.5]", -32602, "The parameter at 1 has wrong type."},
    {"[1e30, 1]", -32602, "The parameter at 0 has wrong type."},
    {"[0, -1]", -32602, "The parameter num must be zero or positive integer."},
    {R"([0, 1, "gid"])", -32602, "The parameter at 2 has wrong type."},
};
BOOST_DATA_TEST_CASE(bad_lists_are_refused, data::make(bad_lists), each) {
  check(parse_list(array(each.params)), each);
}

BOOST_AUTO_TEST_CASE(huge_numbers_are_only_large) {
  const auto got = parse_list(array("[-9223372036854775808, 18446744073709551615]"));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(got->offset == least);
  BOOST_TEST(got->count == most);
}

struct choice {
  std::int64_t offset;
  std::int64_t count;
  std::size_t size;
  std::vector<std::size_t> picked;
};
std::ostream& operator<<(std::ostream& out, const choice& what) {
  return out << what.offset << ' ' << what.count << ' ' << what.size;
}
const choice choices[] = {
    {0, 2, 3, {0, 1}},
    {1, 5, 3, {1, 2}},
    {2, 1, 3, {2}},
    {3, 1, 3, {}},
    {0, 0, 3, {}},
    {0, 1, 0, {}},
    {-1, 1, 0, {}},
    {-1, 2, 3, {2, 1}},
    {-1, 1000, 3, {2, 1, 0}},
    {-2, 1, 3, {1}},
    {-2, 2, 3, {1, 0}},
    {-3, 5, 3, {0}},
    {-4, 5, 3, {}},
    {-1, 0, 3, {}},
    {most, most, 3, {}},
    {least, most, 3, {}},
    {0, most, 3, {0, 1, 2}},
    {1, most, 3, {1, 2}},
    {-1, most, 3, {2, 1, 0}},
};
BOOST_DATA_TEST_CASE(negative_offsets_count_backwards, data::make(choices), each) {
  const list_request request{.offset = each.offset, .count = each.count, .keys = {}};
  BOOST_TEST(request.pick(each.size) == each.picked, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_multicall_holds_calls) {
  const auto got = parse_multicall(array(R"([[
      {"methodName": "aria2.getVersion", "params": ["token:x"]}, {"methodName": "aria2.tellActive"},
      {"methodName": "aria2.getGlobalStat", "params": {}}, 1, {"params": []}, {"methodName": 2},
      {"methodName": "system.multicall", "params": [[]]}]])"));
  BOOST_REQUIRE(got.has_value());
  BOOST_REQUIRE(got->size() == 7U);
  for (std::size_t i = 0; i < got->size(); ++i) {
    BOOST_TEST((*got)[i].defect.has_value() == (i > 2));
    BOOST_TEST(!(*got)[i].notification);
    BOOST_TEST((*got)[i].id.is_null());
  }
  BOOST_TEST((*got)[0].method == "aria2.getVersion");
  BOOST_TEST((*got)[0].params == array(R"(["token:x"])"));
  BOOST_TEST((*got)[1].params.empty());
  BOOST_TEST((*got)[3].defect->message == "system.multicall expected struct.");
  BOOST_TEST((*got)[4].defect->message == "Missing methodName.");
  BOOST_TEST((*got)[6].defect->message == "Recursive system.multicall forbidden.");
  BOOST_TEST(((*got)[6].defect->code == rpc_code::failed));
  BOOST_TEST(parse_multicall(array("[[]]"))->empty());
}

BOOST_AUTO_TEST_CASE(a_bad_multicall_is_refused) {
  check(parse_multicall({}), {"", -32602, "The parameter at 0 is required but missing."});
  check(parse_multicall(array("[{}]")), {"", -32602, "The parameter at 0 has wrong type."});
  json::array many;
  many.emplace_back(json::array(most_rpc_calls + 1));
  check(parse_multicall(many), {"", -32602, "Too many calls."});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::api
