// Tasks over their life: what aria2's methods tell of them and do to them.

#include "server/rpc_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(jsonrpc_tasks_test)

namespace {

constexpr std::uint64_t size = 1 * mebi;
constexpr std::uint64_t seed = 22;

struct fixture : rpc_fixture {
  explicit fixture(const settings& config = stream_settings()) : rpc_fixture(config) {
    origin.set("/a.mkv", {.size = size, .seed = seed});
    origin.set("/slow.mkv", {.size = 1ULL << 30U, .seed = seed, .rate = 2 * mebi});
  }
  std::vector<std::string> gids(std::string_view method, std::string_view params = {}) const {
    return column(call(method, params), "gid");
  }
};

using list = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_CASE(each_task_is_in_one_list, fixture) {
  const auto one = add("/a.mkv"), two = add("/a.mkv"), three = add("/slow.mkv");
  BOOST_TEST(one != two);
  const auto player = open(three);
  BOOST_TEST(player->read_to(1));
  BOOST_TEST(get(two).complete);
  BOOST_TEST(becomes(two, "complete"));
  BOOST_TEST(gids("aria2.tellActive") == list{three}, boost::test_tools::per_element());
  BOOST_TEST(gids("aria2.tellWaiting", "0,10") == list{one}, boost::test_tools::per_element());
  BOOST_TEST(gids("aria2.tellStopped", "0,10") == list{two}, boost::test_tools::per_element());
  const auto totals = call("aria2.getGlobalStat").as_object();
  BOOST_TEST(text(totals, "numActive") == "1");
  BOOST_TEST(text(totals, "numWaiting") == "1");
  BOOST_TEST(text(totals, "numStopped") == "1");
  const auto few = call("aria2.tellActive", R"(["gid","status"])").as_array()[0].as_object();
  BOOST_TEST(few.size() == 2U);
  BOOST_TEST(text(few, "status") == "active");
}

BOOST_FIXTURE_TEST_CASE(lists_have_pages, fixture) {
  list all;
  for (int i = 0; i < 5; ++i)
    all.push_back(add("/a.mkv"));
  BOOST_TEST(gids("aria2.tellWaiting", "1,2") == (list{all[1], all[2]}), boost::test_tools::per_element());
  BOOST_TEST(gids("aria2.tellWaiting", "-1,2") == (list{all[4], all[3]}), boost::test_tools::per_element());
  BOOST_TEST(gids("aria2.tellWaiting", "5,2").empty());
  BOOST_TEST(!failure("aria2.tellWaiting", {}, -32602).empty());
}

// Of all calls of one message together.
BOOST_AUTO_TEST_CASE(answers_are_bounded) {
  auto config = stream_settings();
  config.task.max_listed = 3;
  const fixture on(config);
  for (int i = 0; i < 4; ++i)
    on.add("/a.mkv");
  BOOST_TEST(!on.failure("aria2.tellWaiting", "0,4").empty());
  BOOST_TEST(on.gids("aria2.tellWaiting", "1,3").size() == 3U);
  const std::string two = R"({"methodName":"aria2.tellWaiting","params":[0,2]})";
  const auto results = on.call("system.multicall", '[' + two + ',' + two + ']').as_array();
  BOOST_TEST(results.at(0).is_array());
  BOOST_TEST(results.at(1).is_object());
}

BOOST_FIXTURE_TEST_CASE(tasks_are_streams_of_the_registry, fixture) {
  const auto gid = add("/a.mkv");
  check_whole(get(gid), seed, size);
  BOOST_TEST(becomes(gid, "complete"));
  const auto streams = control_body(server.request("GET", "/streams"));
  BOOST_REQUIRE(number(streams, "total") == 1);
  const auto stream = streams.at("streams").as_array()[0].as_object();
  BOOST_TEST(text(stream, "original_url") == origin.url("/a.mkv"));
  BOOST_TEST(number(stream, "total_bytes_served") == static_cast<std::int64_t>(size));
  BOOST_TEST(number(control_body(server.request("GET", "/stats/streams")), "total_streams") == 1);
  // By its stream's id it plays, too.
  check_whole(server.request("GET", "/stream/" + text(stream, "stream_id")), seed, size);
}

BOOST_FIXTURE_TEST_CASE(remove_ends_the_running_response, fixture) {
  for (const std::string method : {"aria2.remove", "aria2.forceRemove"}) {
    const auto gid = add("/slow.mkv");
    const auto player = open(gid);
    BOOST_TEST(player->read_to(100'000));
    BOOST_TEST(call(method, quoted(gid)).as_string() == gid);
    const auto began = std::chrono::steady_clock::now();
    player->drain();
    BOOST_TEST(seconds_since(began) < promptly.count());
    BOOST_TEST(!player->complete());
    check_problem(get(gid), 404, "not-found");
    BOOST_TEST(member(gid, "status") == "removed");
    BOOST_TEST(gids("aria2.tellStopped", "0,10").back() == gid);
    BOOST_TEST(!failure(method, quoted(gid)).empty());
  }
  BOOST_TEST(number(control_body(server.request("GET", "/streams")), "total") == 0);
}

BOOST_FIXTURE_TEST_CASE(deleting_the_stream_removes_the_task, fixture) {
  const auto gid = add("/a.mkv");
  const auto streams = control_body(server.request("GET", "/streams")).at("streams").as_array();
  const auto id = text(streams.at(0).as_object(), "stream_id");
  BOOST_TEST(server.request("DELETE", "/streams/" + id).status == 200);
  BOOST_TEST(member(gid, "status") == "removed");
  check_problem(get(gid), 404, "not-found");
  check_problem(server.request("GET", "/stream/" + id), 404, "not-found");
}

BOOST_FIXTURE_TEST_CASE(results_are_forgotten_wholly, fixture) {
  const auto done = add("/a.mkv"), gone = add("/a.mkv"), fresh = add("/a.mkv"), busy = add("/slow.mkv");
  BOOST_TEST(get(done).complete);
  BOOST_TEST(becomes(done, "complete"));
  call("aria2.remove", quoted(gone));
  const auto player = open(busy);
  BOOST_TEST(player->read_to(1));
  for (const auto& gid : {fresh, busy})
    BOOST_TEST(!failure("aria2.removeDownloadResult", quoted(gid)).empty());
  for (const auto& gid : {done, gone}) {
    BOOST_TEST(call("aria2.removeDownloadResult", quoted(gid)).as_string() == "OK");
    BOOST_TEST(failure("aria2.tellStatus", quoted(gid)).find("is not found") != std::string::npos);
    check_problem(get(gid), 404, "not-found");
  }
  BOOST_TEST(get(fresh).complete);
  BOOST_TEST(becomes(fresh, "complete"));
  BOOST_TEST(call("aria2.purgeDownloadResult").as_string() == "OK");
  BOOST_TEST(gids("aria2.tellStopped", "0,10").empty());
  BOOST_TEST(member(busy, "status") == "active");
}

BOOST_FIXTURE_TEST_CASE(what_millrace_cannot_do_is_an_error, fixture) {
  const auto gid = add("/a.mkv");
  for (const std::string method : {"aria2.pause", "aria2.unpause"}) {
    BOOST_TEST(failure(method, quoted(gid)).find(gid) != std::string::npos);
    BOOST_TEST(failure(method, quoted("0123456789abcdef")).find("is not found") != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(a_failed_play_is_an_error_until_bytes_flow_again, fixture) {
  const auto gid = add("/a.mkv");
  origin.update("/a.mkv", [](auto& rules) { rules.status = {{.status = 404}}; });
  BOOST_TEST(get(gid).status == 404);
  BOOST_TEST(becomes(gid, "error"));
  const auto seen = status(gid);
  BOOST_TEST(text(seen, "errorCode") != "0");
  BOOST_TEST(text(seen, "errorMessage").find("404") != std::string::npos);
  BOOST_TEST(gids("aria2.tellStopped", "0,10") == list{gid}, boost::test_tools::per_element());
  origin.update("/a.mkv", [](auto& rules) { rules.status.reset(); });
  BOOST_TEST(get(gid, "Range: bytes=0-9\r\n").status == 206);
  BOOST_TEST(becomes(gid, "waiting"));
}

BOOST_AUTO_TEST_SUITE_END()
