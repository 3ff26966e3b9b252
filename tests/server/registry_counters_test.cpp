// bytes_served is exactly the payload that the sockets accepted: of each client, of each stream, and in all.

#include "server/live_support.hpp"

#include <numeric>
#include <random>

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(registry_counters_test)

namespace {

constexpr std::uint64_t size = 3'000'001;

/// One of each kind: a file, a body with a length, one without, a recording that comes live.
struct four_kinds : live_fixture {
  four_kinds() {
    const origin::lie no_ranges{.about = origin::lie::kind::ignore_range};
    auto recording = lively();
    recording.recording = 10'000;
    ids = {post_as("/file.mkv", {.size = size, .seed = 5}),
           post_as("/body.mkv", {.size = size, .seed = 5, .lies = {no_ranges}}),
           post_as("/radio.mp3",
                   {.size = size, .seed = 5, .body_framing = origin::framing::chunked, .lies = {no_ranges}}),
           post_as("/live.ts", broadcasting(recording))};
  }
  std::vector<std::string> ids;
};

std::unique_ptr<viewer> open_as(const live_fixture& on, const std::string& id, const std::string& client,
                                viewer_options how = {}) {
  return std::make_unique<viewer>(on.server.port(), live_fixture::path_of(id) + "?client_id=" + client, how);
}

std::uint64_t of_client(const live_fixture& on, const std::string& client) {
  return count_of(on.json("/clients/" + client), "bytes_served");
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(completed_transfers, four_kinds) {
  std::uint64_t all = 0;
  for (const auto& id : ids) {
    std::uint64_t of_stream = 0;
    for (const std::string version : {"1.1", "1.0"}) {
      for (const std::string lines : {"", "Range: bytes=100-\r\n"}) {
        const auto name = id.substr(0, 8) + "-" + version + "-" + std::to_string(lines.size());
        const auto one = open_as(*this, id, name, {.lines = lines, .version = version});
        one->drain();
        BOOST_TEST(one->complete());
        BOOST_TEST(one->received() > 1'000'000U);
        BOOST_TEST(eventually([&] { return of_client(*this, name) == one->received(); }));
        of_stream += one->received();
      }
    }
    BOOST_TEST(quiet());
    BOOST_TEST(count_of(info(id), "total_bytes_served") == of_stream);
    all += of_stream;
  }
  BOOST_TEST(served() == all);
  BOOST_TEST(count_of(json("/health"), "total_bytes_served") == all);
  // Neither heads nor errors are payload.
  for (const auto& id : ids) {
    get(id, {}, "HEAD");
    get(id, "If-None-Match: *\r\n", "HEAD");
  }
  get("0", {});
  BOOST_TEST(quiet());
  BOOST_TEST(served() == all);
}

// Each client stops in the middle, tells so, and reads what is in the sockets.
BOOST_AUTO_TEST_CASE(aborted_transfers_that_are_drained) {
  four_kinds on;
  auto endless = lively();
  on.ids.back() = on.post_as("/endless.ts", broadcasting(endless));
  constexpr std::size_t threads = 4, each = 50;
  std::vector<std::uint64_t> received(threads, 0);
  std::vector<std::thread> crowd;
  std::atomic<int> wrong = 0;
  for (std::size_t t = 0; t < threads; ++t) {
    crowd.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t + 1));
      for (std::size_t i = 0; i < each; ++i) {
        const auto name = "c" + std::to_string(t) + "-" + std::to_string(i);
        const auto one =
            open_as(on, on.ids[i % on.ids.size()], name,
                    {.version = i % 8 == 7 ? "1.0" : "1.1", .receive_buffer = i % 3 == 0 ? 16'384 : 0});
        one->read_to(random() % 400'000);
        one->half_close();
        one->drain();
        received[t] += one->received();
        const auto entry = on.server.directory().find_client(name);
        const bool exact = entry && eventually([&] { return entry->bytes_served == one->received(); });
        // An unframed response that is cut ends with a reset, which may take bytes along.
        if (!exact && one->ended() != ending::reset) ++wrong;
      }
    });
  }
  for (auto& one : crowd)
    one.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(on.quiet());
  const auto all = std::accumulate(received.begin(), received.end(), std::uint64_t(0));
  BOOST_TEST(on.served() >= all);
  BOOST_TEST(on.totals().at("active_clients").to_number<int>() == 0);
}

// And without a word.
BOOST_FIXTURE_TEST_CASE(aborted_transfers, four_kinds) {
  std::mt19937 random(1);
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    const auto one = open_as(*this, ids[i % ids.size()], "c" + std::to_string(i));
    one->read_to(random() % 300'000);
    all += one->received();
    i % 2 == 0 ? one->close() : one->reset();
  }
  BOOST_TEST(quiet());
  BOOST_TEST(served() >= all);
  BOOST_TEST(count_of(totals(), "active_streams") == 0U);
  BOOST_TEST(count_of(totals(), "total_clients") == 200U);
  for (const auto& id : ids) {
    BOOST_TEST(!info(id).at("is_active").as_bool());
    BOOST_TEST(count_of(info(id), "client_count") == 50U);
  }
}

// Cut from this side: everything the socket took arrives.
BOOST_AUTO_TEST_CASE(disconnected_clients) {
  for (const std::string path : {"/a.mkv", "/a.mp3", "/a.ts"}) {
    live_fixture on;
    origin::behaviour rules{
        .size = size, .seed = 5, .rate = 1'000'000, .body_framing = origin::framing::chunked};
    if (path == "/a.mkv") rules.body_framing = origin::framing::content_length;
    if (path == "/a.ts") rules = broadcasting(lively());
    const auto id = on.post_as(path, rules);
    const auto one = open_as(on, id, "me");
    BOOST_TEST(one->read_to(200'000));
    BOOST_TEST(on.json("/clients").at("clients").as_array().size() == 1U);
    const auto entry = on.server.directory().find_client("me");
    BOOST_TEST(on.server.request("DELETE", "/clients/me").status == 200);
    one->drain();
    BOOST_TEST(!one->complete());
    BOOST_TEST(on.quiet());
    BOOST_TEST(entry->bytes_served.load() == one->received());
    BOOST_TEST(count_of(on.info(id), "total_bytes_served") == one->received());
  }
}

// No later than it is received.
BOOST_FIXTURE_TEST_CASE(counters_move_while_it_plays, live_fixture) {
  const auto id = post_as("/a.ts", broadcasting(lively()));
  const auto one = open_as(*this, id, "me");
  for (int i = 1; i < 6; ++i) {
    BOOST_TEST(one->read_to(static_cast<std::uint64_t>(i) * 300'000));
    BOOST_TEST(eventually([&] { return of_client(*this, "me") >= one->received(); }));
    BOOST_TEST(eventually([&] { return count_of(info(id), "total_bytes_served") >= one->received(); }));
    const auto now = info(id);
    BOOST_TEST(now.at("is_active").as_bool());
    BOOST_TEST(count_of(now, "client_count") == 1U);
    BOOST_TEST(count_of(totals(), "active_clients") == 1U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
