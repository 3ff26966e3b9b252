#include "api/aria2_status.hpp"

#include "api/aria2_support.hpp"

#include <algorithm>
#include <limits>

namespace millrace::api {

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

task_view sample(task_status status = task_status::active) {
  return {.gid = "0123456789abcdef",
          .status = status,
          .total = 10 * mebibyte + 1,
          .completed = 3 * mebibyte,
          .speed = 12345,
          .connections = 4,
          .error = status == task_status::error ? "The upstream answered 404." : "",
          .file_name = "film.mkv",
          .uris = {"http://a/film.mkv", "http://b/film.mkv"},
          .used = 1,
          .options = {{"out", "film.mkv"}, {"split", "4"}}};
}

/// Every leaf is a string: that is what clients of aria2 rely on.
bool holds_only_text(const json::value& value) {
  if (const auto* const list = value.if_array())
    return std::all_of(list->begin(), list->end(), holds_only_text);
  if (const auto* const object = value.if_object())
    return std::all_of(object->begin(), object->end(),
                       [](const auto& each) { return holds_only_text(each.value()); });
  return value.is_string();
}

constexpr task_status statuses[] = {task_status::waiting, task_status::active, task_status::complete,
                                    task_status::error, task_status::removed};

}  // namespace

BOOST_AUTO_TEST_SUITE(aria2_status)

BOOST_AUTO_TEST_CASE(a_task_is_told_whole) {
  const auto got = read_back(tell_status(sample(), {}));
  const auto expected = json::parse(R"({
      "gid": "0123456789abcdef", "status": "active", "totalLength": "10485761", "completedLength": "3145728",
      "uploadLength": "0", "downloadSpeed": "12345", "uploadSpeed": "0", "connections": "4", "numPieces": "11",
      "pieceLength": "1048576", "dir": "", "files": [{"index": "1", "path": "film.mkv", "length": "10485761",
      "completedLength": "3145728", "selected": "true", "uris": [{"uri": "http://a/film.mkv", "status": "waiting"},
      {"uri": "http://b/film.mkv", "status": "used"}]}]})");
  BOOST_TEST(json::value(got) == expected, json::serialize(got));
}

BOOST_AUTO_TEST_CASE(every_status_has_its_members) {
  const std::pair<std::string, std::string> expected[] = {
      {"waiting", ""}, {"active", ""}, {"complete", "0"}, {"error", "1"}, {"removed", "31"}};
  for (std::size_t i = 0; i < std::size(statuses); ++i) {
    const auto got = read_back(tell_status(sample(statuses[i]), {}));
    const auto& [name, code] = expected[i];
    BOOST_TEST(text(got, "status") == name);
    BOOST_TEST(holds_only_text(got));
    BOOST_TEST(got.contains("errorCode") == !code.empty());
    BOOST_TEST(got.contains("errorMessage") == !code.empty());
    if (code.empty()) continue;
    BOOST_TEST(text(got, "errorCode") == code);
    BOOST_TEST(text(got, "downloadSpeed") == "0");
    BOOST_TEST(text(got, "connections") == "0");
    BOOST_TEST(text(got, "errorMessage") == (name == "error" ? "The upstream answered 404." : ""));
  }
}

BOOST_AUTO_TEST_CASE(only_what_was_asked_for_is_told) {
  const std::vector<std::string> keys{"status", "gid", "status", "errorCode", "unknown"};
  BOOST_TEST(names(tell_status(sample(), keys)) == (std::vector<std::string>{"gid", "status"}),
             boost::test_tools::per_element());
  BOOST_TEST(names(tell_status(sample(task_status::error), keys)) ==
                 (std::vector<std::string>{"gid", "status", "errorCode"}),
             boost::test_tools::per_element());
  const std::vector<std::string> files{"files"};
  BOOST_TEST(names(tell_status(sample(), files)) == files, boost::test_tools::per_element());
}

struct size_case {
  std::uint64_t total;
  std::uint64_t completed;
  std::string pieces;
  std::string told;
};
BOOST_AUTO_TEST_CASE(sizes_hold_at_their_limits) {
  const size_case cases[] = {{0, 0, "0", "0"},
                             {0, 7, "0", "7"},
                             {1, 1, "1", "1"},
                             {mebibyte, mebibyte, "1", "1048576"},
                             {mebibyte + 1, 5 * mebibyte, "2", "1048577"},
                             {std::numeric_limits<std::uint64_t>::max(), 1, "17592186044416", "1"}};
  for (const auto& each : cases) {
    auto task = sample();
    task.total = each.total;
    task.completed = each.completed;
    const auto got = tell_status(task, {});
    BOOST_TEST(text(got, "numPieces") == each.pieces);
    BOOST_TEST(text(got, "completedLength") == each.told);
    BOOST_TEST(text(got, "totalLength") == std::to_string(each.total));
  }
}

BOOST_AUTO_TEST_CASE(it_is_json_whatever_a_task_holds) {
  for (const auto status : statuses) {
    auto task = sample(status);
    task.error = task.file_name = hostile;
    task.uris = {hostile};
    task.options = {{"header", hostile}};
    BOOST_TEST(holds_only_text(read_back(tell_status(task, {}))));
    BOOST_TEST(holds_only_text(read_back(tell_options(task))));
    task.uris.clear();
    BOOST_TEST(tell_uris(task).empty());
    BOOST_TEST(tell_files(task).size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(options_are_told_by_name) {
  BOOST_TEST(json::serialize(tell_options(sample())) == R"({"out":"film.mkv","split":"4"})");
}

BOOST_AUTO_TEST_CASE(totals_are_told_as_text) {
  const auto got = tell_totals({.speed = 1, .active = 2, .waiting = 3, .stopped = 4});
  BOOST_TEST(holds_only_text(got));
  BOOST_TEST(text(got, "downloadSpeed") == "1");
  BOOST_TEST(text(got, "uploadSpeed") == "0");
  BOOST_TEST(text(got, "numActive") == "2");
  BOOST_TEST(text(got, "numWaiting") == "3");
  BOOST_TEST(text(got, "numStopped") == "4");
  BOOST_TEST(text(got, "numStoppedTotal") == "4");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace millrace::api
