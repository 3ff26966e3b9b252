// Clients and streams that an operator ends, and those that time ends.

#include "server/live_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(registry_deletion_test)

namespace {

settings forgetful() {
  auto config = live_test_settings();
  config.registry.client_timeout = 300ms;
  config.registry.stream_timeout = 300ms;
  config.registry.cleanup_interval = 50ms;
  return config;
}

/// One of each kind that goes on for ever, or long enough.
struct kinds : live_fixture {
  explicit kinds(const settings& config = live_test_settings()) : live_fixture(config) {
    const origin::lie no_ranges{.about = origin::lie::kind::ignore_range};
    const auto rate = 1'000'000U;
    ids = {post_as("/file.mkv", {.size = 1ULL << 30U, .seed = 5, .rate = rate}),
           post_as("/body.mkv", {.size = 1ULL << 30U, .seed = 5, .rate = rate, .lies = {no_ranges}}),
           post_as("/radio.mp3", {.size = 1ULL << 30U,
                                  .seed = 5,
                                  .rate = rate,
                                  .body_framing = origin::framing::chunked,
                                  .lies = {no_ranges}}),
           post_as("/live.ts", broadcasting(lively()))};
  }
  std::vector<std::string> ids;

  std::unique_ptr<viewer> open_as(const std::string& id, const std::string& client) const {
    return std::make_unique<viewer>(server.port(), path_of(id) + "?client_id=" + client);
  }
  int status(const std::string& id, const std::string& client) const { return open_as(id, client)->status(); }
};

/// The response ends at once, cut.
void check_cut_soon(viewer& of) {
  const auto began = std::chrono::steady_clock::now();
  of.drain();
  BOOST_TEST(seconds_since(began) < promptly.count());
  BOOST_TEST(!of.complete());
  BOOST_TEST((of.ended() == ending::closed || of.ended() == ending::reset));
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_deleted_client_ends_at_once, kinds) {
  for (const auto& id : ids) {
    const auto name = "me-" + id;
    const auto me = open_as(id, name);
    const auto other = open_as(id, "other");
    BOOST_TEST(me->read_to(100'000));
    const auto answer = server.request("DELETE", "/clients/" + name);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(problem_member(answer, "message") == "Client " + name + " disconnected");
    check_cut_soon(*me);
    check_problem(server.request("GET", path_of(id) + "?client_id=" + name), 403, "forbidden");
    BOOST_TEST(server.request("GET", "/clients/" + name).status == 404);
    BOOST_TEST(server.request("DELETE", "/clients/" + name).status == 404);
    // Nobody else is concerned.
    BOOST_TEST(other->read_to(other->received() + 200'000));
    other->close();
    BOOST_TEST(quiet());
  }
  // The name is refused on every stream.
  BOOST_TEST(status(ids[3], "me-" + ids[0]) == 403);
}

BOOST_AUTO_TEST_CASE(refused_for_the_client_timeout) {
  kinds on(forgetful());
  for (const auto& id : {on.ids[0], on.ids[3]}) {
    const auto me = on.open_as(id, "me");
    const auto began = std::chrono::steady_clock::now();
    BOOST_TEST(on.server.request("DELETE", "/clients/me").status == 200);
    check_cut_soon(*me);
    BOOST_TEST(eventually([&] { return on.status(id, "me") == 200; }));
    BOOST_TEST(seconds_since(began) >= 0.3);
    BOOST_TEST(on.quiet());
  }
}

// Of one stream alone.
BOOST_FIXTURE_TEST_CASE(a_client_of_a_certain_stream, kinds) {
  const auto one = open_as(ids[0], "me");
  const auto two = open_as(ids[3], "me");
  BOOST_TEST(server.request("DELETE", "/hls/" + ids[0] + "/clients/me").status == 200);
  check_cut_soon(*one);
  BOOST_TEST(two->read_to(two->received() + 300'000));
  BOOST_TEST(status(ids[0], "me") == 403);
  BOOST_TEST(status(ids[3], "me") == 200);
}

BOOST_FIXTURE_TEST_CASE(a_deleted_stream_ends_at_once, kinds) {
  for (const auto& id : ids) {
    const auto me = open_as(id, "me");
    const auto other = open_as(id, "other");
    BOOST_TEST(me->read_to(100'000));
    const auto answer = server.request("DELETE", "/streams/" + id);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(text_of(boost::json::parse(answer.body).as_object(), "message") ==
               "Stream " + id + " deleted");
    check_cut_soon(*me);
    check_cut_soon(*other);
    BOOST_TEST(status(id, "me") == 404);
    BOOST_TEST(server.request("GET", "/streams/" + id).status == 404);
    BOOST_TEST(json("/clients").at("clients").as_array().empty());
  }
  BOOST_TEST(quiet());
  BOOST_TEST(origin.wait_until([&] { return origin.totals().active_requests == 0; }, promptly));
  BOOST_TEST(json("/streams").at("total").to_number<int>() == 0);
  // Posted again it is as new.
  BOOST_TEST(post({"/live.ts"}) == ids[3]);
  BOOST_TEST(open_as(ids[3], "me")->read_to(300'000));
  BOOST_TEST(count_of(info(ids[3]), "client_count") == 1U);
}

// While nothing has come yet: the request is waiting for the upstream.
BOOST_FIXTURE_TEST_CASE(deleted_before_the_first_byte, live_fixture) {
  for (const std::string path : {"/a.mkv", "/a.ts"}) {
    origin::behaviour rules{.head = {{.what = origin::head_fault::kind::never}}};
    const auto id = post_as(path, rules);
    viewer me(server.port(), path_of(id), {.wait_head = false});
    BOOST_TEST(origin.wait_until([&] { return origin.of(path).requests > 0; }));
    const auto began = std::chrono::steady_clock::now();
    BOOST_TEST(server.request("DELETE", "/streams/" + id).status == 200);
    BOOST_CHECK_THROW(me.receive_head(), std::runtime_error);
    BOOST_TEST(seconds_since(began) < promptly.count());
    BOOST_TEST(quiet());
    BOOST_TEST(origin.wait_until([&] { return origin.totals().open_connections == 0; }, promptly));
  }
}

BOOST_AUTO_TEST_CASE(idle_ones_go_and_posted_streams_stay) {
  auto config = forgetful();
  config.registry.client_timeout = config.registry.stream_timeout = 1'500ms;
  kinds on(config);
  const auto began = std::chrono::steady_clock::now();
  on.origin.set("/x.mkv", {.size = 1'000});
  BOOST_TEST(on.play("/x.mkv").status == 200);
  const auto playing = on.open_as(on.ids[3], "playing");
  BOOST_TEST(on.open_as(on.ids[0], "gone")->read_to(1'000));
  BOOST_TEST(on.json("/streams").at("total").to_number<int>() == 5);
  BOOST_TEST(playing->read_until([&] { return on.json("/streams").at("total").to_number<int>() == 4; }));
  BOOST_TEST(seconds_since(began) >= 1.5);
  BOOST_TEST(playing->read_until([&] { return on.server.request("GET", "/clients/gone").status == 404; }));
  // A client goes after its last open request, not before.
  BOOST_TEST(playing->read_until([&] { return seconds_since(began) > 3.5; }));
  BOOST_TEST(on.server.request("GET", "/clients/playing").status == 200);
  playing->close();
  BOOST_TEST(eventually([&] { return on.json("/clients").at("total").to_number<int>() == 0; }));
  BOOST_TEST(on.json("/streams").at("total").to_number<int>() == 4);
  for (const auto& id : on.ids)
    BOOST_TEST(count_of(on.info(id), "client_count") == 0U);
}

// /stream?url= plays the stream that was posted with that URL: its counters, headers and failover URLs.
BOOST_FIXTURE_TEST_CASE(a_url_and_its_stream, live_fixture) {
  origin.set("/b.mkv", {.size = 200'000, .seed = 5});
  const auto id = post({"/a.mkv", "/b.mkv"}, {{"headers", {{"X-Key", "k"}}}});
  const auto answer = play("/a.mkv");
  check_whole(answer, 5, 200'000);
  BOOST_TEST(answer.header("X-Stream-ID").value_or("") == id);
  BOOST_TEST(origin.requests("/b.mkv").front().header("X-Key").value_or("") == "k");
  check_whole(get(id), 5, 200'000);
  BOOST_TEST(quiet());
  BOOST_TEST(count_of(info(id), "total_bytes_served") == 400'000U);
  BOOST_TEST(count_of(info(id), "client_count") == 1U);
  BOOST_TEST(json("/streams").at("total").to_number<int>() == 1);
  // With header= it is a stream of its own.
  const auto other = play("/b.mkv", {}, "header=" + encoded("X-Key: z") + "&");
  const auto plain = play("/b.mkv");
  BOOST_TEST(other.header("X-Stream-ID").value_or("") != plain.header("X-Stream-ID").value_or(""));
  BOOST_TEST(json("/streams").at("total").to_number<int>() == 3);
  BOOST_TEST(quiet());
  BOOST_TEST(served() == 800'000U);
}

BOOST_AUTO_TEST_SUITE_END()
