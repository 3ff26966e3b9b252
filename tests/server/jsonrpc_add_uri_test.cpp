// aria2.addUri: what becomes a task, and what is an error at once.

#include "server/rpc_support.hpp"

using namespace millrace;
using namespace millrace::test;
using origin::head_fault;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(jsonrpc_add_uri_test)

namespace {

constexpr std::uint64_t size = 2 * mebi;
constexpr std::uint64_t seed = 21;

origin::behaviour good() {
  return {.size = size, .seed = seed};
}

settings with(milliseconds limit) {
  auto config = stream_settings();
  config.task.try_timeout = limit;
  return config;
}

std::string uris(const std::vector<std::string>& all) {
  std::string list;
  for (const auto& each : all)
    list += (list.empty() ? "" : ",") + quoted(each);
  return '[' + list + ']';
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_good_uri_becomes_a_task_that_plays, rpc_fixture) {
  origin.set("/a.mkv", good());
  const auto gid = add("/a.mkv");
  BOOST_TEST(gid.size() == 16U);
  BOOST_TEST(gid.find_first_not_of("0123456789abcdef") == std::string::npos);
  const auto seen = status(gid);
  BOOST_TEST(text(seen, "status") == "waiting");
  BOOST_TEST(text(seen, "totalLength") == std::to_string(size));
  BOOST_TEST(text(seen, "completedLength") == "0");
  // One small request.
  BOOST_TEST(ranges("/a.mkv") == (std::vector<std::string>{"bytes=0-0"}), boost::test_tools::per_element());
  check_whole(get(gid), seed, size);
  // The token is accepted without need.
  BOOST_TEST(call("aria2.addUri", R"("token:x",)" + uris({origin.url("/a.mkv")})).is_string());
}

BOOST_FIXTURE_TEST_CASE(the_connection_of_the_trial_plays, rpc_fixture) {
  origin.set("/a.mkv", good());
  auto& shared = server.shared();
  const auto gid = add("/a.mkv");
  BOOST_TEST(eventually([&] { return shared.pool.idle_count() == 1; }));
  BOOST_TEST(get(gid, "Range: bytes=0-99\r\n").status == 206);
  BOOST_TEST(shared.statistics.upstream_opened.load() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_final_location_is_remembered, rpc_fixture) {
  origin.set("/file.mkv", good());
  origin.set("/a.mkv", {.redirect = {{.location = "/file.mkv"}}});
  const auto gid = add("/a.mkv");
  check_whole(get(gid), seed, size);
  BOOST_TEST(origin.requests("/a.mkv").size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_dead_uri_is_an_error_here_and_tried_once, rpc_fixture) {
  for (const int status : {401, 403, 404, 429, 500, 503}) {
    const auto path = "/" + std::to_string(status) + "?password=secret";
    origin.set(path, {.status = {{.status = status, .retry_after = "1"}}});
    const auto said = failure("aria2.addUri", uris({origin.url(path)}));
    BOOST_TEST(said.find(std::to_string(status)) != std::string::npos, said);
    BOOST_TEST(said.find("secret") == std::string::npos, said);
    BOOST_TEST(origin.requests(path).size() == 1U);
  }
  const auto dead = origin.port();
  origin.stop();
  const auto said = failure("aria2.addUri",
                            uris({"http://user:secret@127.0.0.1:" + std::to_string(dead) + "/a?key=secret"}));
  BOOST_TEST(said.find("127.0.0.1") != std::string::npos, said);
  BOOST_TEST(said.find("secret") == std::string::npos, said);
  BOOST_TEST(!failure("aria2.addUri", uris({"http://no.such.host.invalid/a"})).empty());
  BOOST_TEST(call("aria2.tellWaiting", "0,10").as_array().empty());
  BOOST_TEST(server.directory().stream_count() == 0U);
}

BOOST_FIXTURE_TEST_CASE(bad_parameters_are_refused, rpc_fixture) {
  for (const auto* params : {"", "7", "[]", R"(["ftp://a.test/x"])", R"(["not a url"])", "[7]",
                             R"(["http://a.test/"],7)", R"(["http://a.test/"],{"header":["Host: x"]})"}) {
    const auto response = send(rpc_request("aria2.addUri", params));
    BOOST_TEST(response.status == 400, params);
    BOOST_TEST(parsed(response).as_object().contains("error"), params);
  }
}

BOOST_FIXTURE_TEST_CASE(forbidden_addresses_are_errors, rpc_fixture) {
  origin.set("/a.mkv", good());
  for (const std::string forbidden :
       {"http://169.254.169.254/latest/meta-data?x=secret", "http://[::]/x", "http://224.0.0.1/x"}) {
    for (const auto& list : {uris({forbidden}), uris({origin.url("/a.mkv"), forbidden})}) {
      const auto said = failure("aria2.addUri", list);
      BOOST_TEST(said.find("may not connect") != std::string::npos, said);
      BOOST_TEST(said.find("secret") == std::string::npos, said);
    }
  }
  // By a redirect, too.
  origin.set("/r", {.redirect = {{.location = "http://169.254.169.254/x"}}});
  BOOST_TEST(!failure("aria2.addUri", uris({origin.url("/r")})).empty());
  BOOST_TEST(server.directory().stream_count() == 0U);
}

BOOST_FIXTURE_TEST_CASE(several_uris_are_mirrors_in_failover_order, rpc_fixture) {
  millrace::origin::server second, third;
  second.set("/b.mkv", good());
  third.set("/c.mkv", good());
  origin.set("/a.mkv", {.status = {{.status = 404}}});
  const auto gid = std::string(
      call("aria2.addUri", uris({origin.url("/a.mkv"), second.url("/b.mkv"), third.url("/c.mkv")}))
          .as_string());
  BOOST_TEST(second.totals().requests == 1U);
  BOOST_TEST(third.totals().requests == 0U);
  // The play begins with the one that works.
  check_whole(get(gid), seed, size);
  BOOST_TEST(origin.requests("/a.mkv").size() == 1U);
  const auto all = call("aria2.getUris", quoted(gid)).as_array();
  BOOST_TEST(all.size() == 3U);
  BOOST_TEST(text(all[1].as_object(), "status") == "used");
  // And goes on with the next when that dies.
  second.stop();
  check_whole(get(gid), seed, size);
  BOOST_TEST(third.totals().requests > 0U);
}

BOOST_AUTO_TEST_CASE(a_hanging_uri_ends_by_the_limit) {
  rpc_fixture on(with(milliseconds(600)));
  on.origin.set("/a.mkv", {.head = {{.what = head_fault::kind::never}}});
  const auto began = std::chrono::steady_clock::now();
  const auto said = on.failure("aria2.addUri", uris({on.origin.url("/a.mkv")}));
  BOOST_TEST(said.find("in time") != std::string::npos, said);
  BOOST_TEST(seconds_since(began) >= 0.5);
  BOOST_TEST(seconds_since(began) < 0.6 + promptly.count());
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
}

BOOST_AUTO_TEST_CASE(one_that_hangs_leaves_time_for_the_others) {
  rpc_fixture on(with(milliseconds(4'000)));
  on.origin.set("/a.mkv", {.head = {{.what = head_fault::kind::never}}});
  on.origin.set("/b.mkv", good());
  BOOST_TEST(on.call("aria2.addUri", uris({on.origin.url("/a.mkv"), on.origin.url("/b.mkv")})).is_string());
}

BOOST_AUTO_TEST_CASE(upstreams_without_ranges_are_errors_unless_passed_through) {
  const origin::behaviour whole{
      .size = size, .seed = seed, .lies = {{.about = origin::lie::kind::ignore_range}}};
  rpc_fixture strict;
  strict.origin.set("/a.mkv", whole);
  const auto said = strict.failure("aria2.addUri", uris({strict.origin.url("/a.mkv")}));
  BOOST_TEST(said.find("Range") != std::string::npos, said);

  auto config = stream_settings();
  config.transfer.no_range = no_range_policy::passthrough;
  rpc_fixture lenient(config);
  lenient.origin.set("/a.mkv", whole);
  const auto gid = lenient.add("/a.mkv");
  BOOST_TEST(lenient.member(gid, "totalLength") == std::to_string(size));
  check_whole(lenient.get(gid), seed, size);
  BOOST_TEST(lenient.becomes(gid, "complete"));

  auto endless = whole;
  endless.body_framing = origin::framing::chunked;
  lenient.origin.set("/b.mkv", endless);
  const auto chunked = lenient.add("/b.mkv");
  BOOST_TEST(lenient.member(chunked, "totalLength") == "0");
  BOOST_TEST(has_content(lenient.get(chunked), seed, 0, size));
  BOOST_TEST(lenient.becomes(chunked, "complete"));
  BOOST_TEST(lenient.member(chunked, "totalLength") == std::to_string(size));
}

BOOST_FIXTURE_TEST_CASE(an_empty_file_is_a_task, rpc_fixture) {
  origin.set("/a.mkv", {.size = 0});
  const auto gid = add("/a.mkv");
  BOOST_TEST(becomes(gid, "waiting"));
  BOOST_TEST(server.request("HEAD", of(gid)).status == 200);
  BOOST_TEST(becomes(gid, "waiting"));
  check_whole(get(gid), 1, 0);
  BOOST_TEST(becomes(gid, "complete"));
}

BOOST_FIXTURE_TEST_CASE(too_many_tasks_are_refused, stream_fixture) {
  auto config = stream_settings();
  config.registry.max_posted = 1;
  rpc_fixture on(config);
  on.origin.set("/a.mkv", good());
  const auto gid = on.add("/a.mkv");
  BOOST_TEST(on.failure("aria2.addUri", uris({on.origin.url("/a.mkv")})).find("too many") !=
             std::string::npos);
  on.call("aria2.remove", quoted(gid));
  BOOST_TEST(!on.add("/a.mkv").empty());
}

BOOST_AUTO_TEST_CASE(many_are_tried_side_by_side) {
  rpc_fixture on(with(milliseconds(20'000)));
  on.origin.set("/a.mkv", {.size = size, .delay = milliseconds(300)});
  std::string calls;
  for (int i = 0; i < 16; ++i)
    calls += ',' + rpc_request("aria2.addUri", uris({on.origin.url("/a.mkv")}));
  std::atomic<bool> ended{false};
  std::uint64_t most = 0;
  std::thread watch([&] {
    while (!ended)
      most = std::max<std::uint64_t>(most, on.origin.totals().active_requests);
  });
  const auto answers = parsed(on.send('[' + calls.substr(1) + ']')).as_array();
  ended = true;
  watch.join();
  BOOST_TEST(answers.size() == 16U);
  for (const auto& each : answers)
    BOOST_TEST(each.as_object().contains("result"));
  BOOST_TEST(most > 1U);
  BOOST_TEST(most <= 8U);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_ends_the_trial) {
  rpc_fixture on(with(milliseconds(60'000)));
  on.origin.set("/a.mkv", {.size = size, .head = {{.what = head_fault::kind::never}}});
  const auto body = rpc_request("aria2.addUri", uris({on.origin.url("/a.mkv")}));
  {
    raw_client client(on.server.port());
    client.get("/jsonrpc", "Content-Length: " + std::to_string(body.size()) + "\r\n", "POST");
    client.send(body);
    BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 1; }));
  }
  BOOST_TEST(on.origin.wait_until([&] { return on.origin.totals().active_requests == 0; }));
  BOOST_TEST(eventually([&] { return on.server.connections() == 0; }));
  BOOST_TEST(on.server.directory().stream_count() == 0U);
}

BOOST_FIXTURE_TEST_CASE(options_are_obeyed, rpc_fixture) {
  origin.set("/a.mkv", good());
  const auto gid =
      add("/a.mkv", R"(,{"header":["X-One: 1","Cookie: a=b"],"user-agent":"me/1","referer":"http://r.test/",)"
                    R"("out":"my film.mkv","split":"2","dir":"/x","all-proxy":7})");
  const auto response = get(gid);
  check_whole(response, seed, size);
  BOOST_TEST(response.header("Content-Disposition").value_or("").find("my%20film.mkv") != std::string::npos);
  const auto all = origin.requests("/a.mkv");
  BOOST_TEST(all.size() > 1U);
  for (const auto& each : all) {
    BOOST_TEST(each.header("X-One").value_or("") == "1");
    BOOST_TEST(each.header("Cookie").value_or("") == "a=b");
    BOOST_TEST(each.header("User-Agent").value_or("") == "me/1");
    BOOST_TEST(each.header("Referer").value_or("") == "http://r.test/");
  }
  const auto options = call("aria2.getOption", quoted(gid)).as_object();
  BOOST_TEST(text(options, "out") == "my film.mkv");
  BOOST_TEST(text(options, "split") == "2");
  const auto files = call("aria2.getFiles", quoted(gid)).as_array();
  BOOST_TEST(text(files[0].as_object(), "path") == "my film.mkv");
  BOOST_TEST(text(files[0].as_object(), "length") == std::to_string(size));
  // As one string.
  BOOST_TEST(!add("/a.mkv", R"(,{"header":"X-One: 1"})").empty());
}

BOOST_AUTO_TEST_SUITE_END()
