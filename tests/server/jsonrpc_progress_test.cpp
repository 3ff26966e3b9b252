// How far a task is, how fast it comes, and over how many connections.

#include "server/rpc_support.hpp"

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(jsonrpc_progress_test)

namespace {

constexpr std::uint64_t size = 1'000'003;
constexpr std::uint64_t seed = 23;

struct fixture : rpc_fixture {
  fixture() { origin.set("/a.mkv", {.size = size, .seed = seed}); }

  std::uint64_t amount(const std::string& gid, std::string_view name) const {
    return std::stoull(member(gid, name));
  }
  /// Idle with so many bytes delivered.
  bool has(const std::string& gid, std::uint64_t bytes) const {
    return eventually([&] {
      const auto now = status(gid);
      return text(now, "status") != "active" && text(now, "completedLength") == std::to_string(bytes);
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(every_byte_counts_once_over_several_plays, fixture) {
  const auto gid = add("/a.mkv");
  BOOST_TEST(server.request("HEAD", of(gid)).status == 200);
  BOOST_TEST(has(gid, 0));
  BOOST_TEST(get(gid, "Range: bytes=100000-299999\r\n").complete);
  BOOST_TEST(has(gid, 200'000));
  BOOST_TEST(becomes(gid, "waiting"));
  BOOST_TEST(get(gid, "Range: bytes=200000-399999\r\n").complete);
  BOOST_TEST(has(gid, 300'000));
  BOOST_TEST(get(gid, "Range: bytes=-3\r\n").complete);
  BOOST_TEST(has(gid, 300'003));
  BOOST_TEST(get(gid, "Range: bytes=5000000-\r\n").status == 416);
  BOOST_TEST(has(gid, 300'003));
  BOOST_TEST(becomes(gid, "waiting"));
  BOOST_TEST(get(gid, "Range: bytes=300000-\r\n").complete);
  BOOST_TEST(has(gid, 900'003));
  BOOST_TEST(becomes(gid, "waiting"));
  BOOST_TEST(get(gid, "Range: bytes=0-99999\r\n").complete);
  BOOST_TEST(has(gid, size));
  BOOST_TEST(becomes(gid, "complete"));
  BOOST_TEST(amount(gid, "totalLength") == size);
  const auto files = call("aria2.getFiles", quoted(gid)).as_array();
  BOOST_TEST(text(files[0].as_object(), "completedLength") == std::to_string(size));
}

BOOST_FIXTURE_TEST_CASE(a_play_that_the_client_leaves_counts_what_it_took, fixture) {
  origin.set("/slow.mkv", {.size = 64 * mebi, .seed = seed, .rate = 1 * mebi});
  const auto gid = add("/slow.mkv");
  {
    const auto player = open(gid);
    BOOST_TEST(player->read_to(300'000));
    BOOST_TEST(member(gid, "status") == "active");
    BOOST_TEST(eventually([&] { return amount(gid, "completedLength") >= 300'000U; }));
  }
  BOOST_TEST(becomes(gid, "waiting"));
  const auto first = amount(gid, "completedLength");
  BOOST_TEST(first >= 300'000U);
  BOOST_TEST(first < 32 * mebi);
  BOOST_TEST(amount(gid, "totalLength") == 64 * mebi);
}

BOOST_FIXTURE_TEST_CASE(two_players_at_once_are_merged, fixture) {
  origin.set("/slow.mkv", {.size = 64 * mebi, .seed = seed, .rate = 4 * mebi});
  const auto gid = add("/slow.mkv");
  viewer one(server.port(), of(gid), {.lines = "Range: bytes=0-999999\r\n"});
  viewer two(server.port(), of(gid), {.lines = "Range: bytes=500000-1499999\r\n"});
  one.drain();
  two.drain();
  BOOST_TEST(one.complete());
  BOOST_TEST(two.complete());
  BOOST_TEST(has(gid, 1'500'000));
}

BOOST_FIXTURE_TEST_CASE(speed_and_connections_are_those_of_now, fixture) {
  origin.set("/slow.mkv", {.size = 512 * mebi, .seed = seed, .rate = 1 * mebi});
  const auto gid = add("/slow.mkv");
  BOOST_TEST(member(gid, "downloadSpeed") == "0");
  BOOST_TEST(member(gid, "connections") == "0");
  const auto player = open(gid);
  std::thread reader([&] { player->drain(); });
  // A hungry client has all connections soon.
  BOOST_TEST(eventually([&] { return amount(gid, "connections") == 4; }));
  BOOST_TEST(eventually([&] { return amount(gid, "downloadSpeed") > 2 * mebi; }));
  BOOST_TEST(amount(gid, "downloadSpeed") < 16 * mebi);
  BOOST_TEST(std::stoull(text(call("aria2.getGlobalStat").as_object(), "downloadSpeed")) > 1 * mebi);
  call("aria2.remove", quoted(gid));
  reader.join();
  BOOST_TEST(member(gid, "downloadSpeed") == "0");
  BOOST_TEST(member(gid, "connections") == "0");
  BOOST_TEST(text(call("aria2.getGlobalStat").as_object(), "downloadSpeed") == "0");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_has_changed_begins_anew, fixture) {
  const auto gid = add("/a.mkv");
  BOOST_TEST(get(gid).complete);
  BOOST_TEST(becomes(gid, "complete"));
  origin.set("/a.mkv", {.size = 2 * size, .seed = seed + 1});
  BOOST_TEST(get(gid, "Range: bytes=0-99\r\n").complete);
  BOOST_TEST(has(gid, 100));
  BOOST_TEST(becomes(gid, "waiting"));
  BOOST_TEST(amount(gid, "totalLength") == 2 * size);
}

BOOST_AUTO_TEST_SUITE_END()
