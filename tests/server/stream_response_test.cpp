// What the response's head says: status, description, file name and type; HEAD and kept connections.

#include "server/stream_support.hpp"

#include <optional>

using namespace millrace;
using namespace millrace::test;

BOOST_AUTO_TEST_SUITE(stream_response_test)

namespace {

std::string get(const raw_response& response, const std::string& name) {
  return response.header(name).value_or("");
}

struct naming {
  std::string path;
  std::string disposition;
  std::optional<std::string> type;
  std::string name;       ///< as it stands behind UTF-8''
  std::string sent_type;  ///< empty: not looked at
};

const std::vector<naming> names{
    // The last segment of the path, percent-decoded.
    {"/a.mkv", "", {}, "a.mkv", ""},
    {"/d/e/My%20Film%20%C3%BC.mkv?x=/y.avi", "", {}, "My%20Film%20%C3%BC.mkv", ""},
    {"/a%2Fb.mkv", "", {}, "a_b.mkv", ""},
    {"/a%3Ab%22c%3C%3E%5C%7C%3F%2A.mkv", "", {}, "a_b_c______.mkv", ""},
    {"/a%0D%0Ab%00c%7F.mkv", "", {}, "a__b_c_.mkv", ""},
    // Content-Disposition first, filename* before filename.
    {"/a.mkv", "attachment; filename=\"b.avi\"", {}, "b.avi", ""},
    {"/a.mkv", "attachment; filename=b.avi", {}, "b.avi", ""},
    {"/a.mkv", "inline; filename=\"b.avi\"; filename*=UTF-8''c%C3%BC.avi", {}, "c%C3%BC.avi", ""},
    {"/a.mkv", "attachment; filename*=utf-8'en'c%20d.avi; filename=b.avi", {}, "c%20d.avi", ""},
    {"/a.mkv", "attachment; filename*=ISO-8859-1''%FC.avi", {}, "%C3%BC.avi", ""},
    {"/a.mkv", "attachment; filename=\"a \\\"b\\\".avi\"", {}, "a%20_b_.avi", ""},
    {"/a.mkv", "attachment; filename=\"x/y/z.avi\"", {}, "x_y_z.avi", ""},
    {"/a.mkv", "attachment", {}, "a.mkv", ""},
    {"/a.mkv", "attachment; filename=\"\"", {}, "a.mkv", ""},
    // An extension is added from the type.
    {"/play", "", "video/mp4", "play.mp4", "video/mp4"},
    {"/play", "attachment; filename=film", "video/x-matroska", "film.mkv", "video/x-matroska"},
    {"/play", "", "audio/mpeg; charset=x", "play.mp3", "audio/mpeg; charset=x"},
    // The upstream's type, unless it says nothing.
    {"/a.mkv", "", "video/mp4", "a.mkv", "video/mp4"},
    {"/a.mkv", "", "", "a.mkv", "video/x-matroska"},
    {"/a.mp4", "", "application/octet-stream", "a.mp4", "video/mp4"},
    {"/a.MP4", "", "binary/octet-stream", "a.MP4", "video/mp4"},
    {"/a.mp3", "", "Application/Octet-Stream", "a.mp3", "audio/mpeg"},
    {"/a.ts", "", "", "a.ts", "video/mp2t"},
    {"/a.bin", "attachment; filename=b.webm", "application/octet-stream", "b.webm", "video/webm"},
    {"/a.webm", "", "text/plain", "a.webm", "text/plain"},
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_fields_of_whole_and_part, stream_fixture) {
  origin.set("/d/a.mkv", {.size = 300'000, .seed = 2, .etag = "\"v1\""});
  const auto whole = play("/d/a.mkv");
  check_whole(whole, 2, 300'000);
  const auto part = play("/d/a.mkv", "Range: bytes=10-19\r\n");
  BOOST_TEST(part.status == 206);
  for (const auto& response : {whole, part}) {
    BOOST_TEST(get(response, "Accept-Ranges") == "bytes");
    BOOST_TEST(get(response, "Content-Type") == "video/x-matroska");
    BOOST_TEST(get(response, "Content-Disposition") == "inline; filename*=UTF-8''a.mkv");
    BOOST_TEST(get(response, "ETag") == "\"v1\"");
    BOOST_TEST(get(response, "Last-Modified") == "Tue, 02 Jan 2024 03:04:05 GMT");
    BOOST_TEST(!get(response, "X-Client-ID").empty());
    BOOST_TEST(get(response, "X-Stream-ID").size() == 32U);
    BOOST_TEST(get(response, "Access-Control-Allow-Origin") == "*");
    BOOST_TEST(get(response, "Access-Control-Expose-Headers").find("Content-Range") != std::string::npos);
    BOOST_TEST(!response.header("Transfer-Encoding").has_value());
  }
  BOOST_TEST(!whole.header("Content-Range").has_value());
  BOOST_TEST(get(part, "Content-Range") == "bytes 10-19/300000");
  BOOST_TEST(get(part, "X-Stream-ID") == get(whole, "X-Stream-ID"));
}

BOOST_FIXTURE_TEST_CASE(validators_that_the_upstream_lacks_are_not_made_up, stream_fixture) {
  origin.set("/a.mkv", {.size = 1000, .etag = "", .last_modified = ""});
  const auto response = play("/a.mkv");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(!response.header("ETag").has_value());
  BOOST_TEST(!response.header("Last-Modified").has_value());
}

BOOST_FIXTURE_TEST_CASE(hop_by_hop_fields_are_not_passed_on, stream_fixture) {
  origin.set("/a.mkv", {.size = 1000,
                        .headers = {{"Keep-Alive", "timeout=5"},
                                    {"Proxy-Authenticate", "Basic"},
                                    {"Set-Cookie", "a=b"},
                                    {"Upgrade", "h2c"}}});
  const auto response = play("/a.mkv");
  BOOST_TEST(response.status == 200);
  for (const std::string name : {"Keep-Alive", "Proxy-Authenticate", "Upgrade", "Set-Cookie"})
    BOOST_TEST(!response.header(name).has_value(), name);
}

BOOST_FIXTURE_TEST_CASE(file_names_and_types, stream_fixture) {
  for (const auto& each : names) {
    BOOST_TEST_CONTEXT(each.path << " [" << each.disposition << "] " << each.type.value_or("-")) {
      const auto path = each.path.substr(0, each.path.find('?'));
      origin.set(path, {.size = 1000, .content_type = each.type, .content_disposition = each.disposition});
      const auto response = play(each.path);
      BOOST_TEST(response.status == 200);
      BOOST_TEST(get(response, "Content-Disposition") == "inline; filename*=UTF-8''" + each.name);
      if (!each.sent_type.empty()) BOOST_TEST(get(response, "Content-Type") == each.sent_type);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(long_file_names_are_cut_to_255_bytes, stream_fixture) {
  const std::string path = "/" + std::string(400, 'n') + ".mkv";
  origin.set(path, {.size = 1000});
  const auto name =
      get(play(path), "Content-Disposition").substr(std::string("inline; filename*=UTF-8''").size());
  BOOST_TEST(name.size() <= 255U);
  BOOST_TEST(name.starts_with("nnnn"));
  BOOST_TEST(name.ends_with(".mkv"));
}

BOOST_FIXTURE_TEST_CASE(the_final_url_names_the_file, stream_fixture) {
  origin.set("/play", {.redirect = {{.location = "/d/film.mkv"}}});
  origin.set("/d/film.mkv", {.size = 1000});
  BOOST_TEST(get(play("/play"), "Content-Disposition") == "inline; filename*=UTF-8''film.mkv");
}

BOOST_FIXTURE_TEST_CASE(head_has_the_fields_of_get, stream_fixture) {
  origin.set("/a.mkv", {.size = 5 * mebi});
  const auto whole = play("/a.mkv");
  BOOST_TEST(origin.wait_until([&] { return origin.totals().active_requests == 0; }));
  origin.reset_counters();
  const auto response = play("/a.mkv", {}, {}, "HEAD");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.complete);
  for (const std::string name :
       {"Content-Length", "Accept-Ranges", "Content-Type", "ETag", "Last-Modified", "Content-Disposition",
        "X-Client-ID", "X-Stream-ID", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"})
    BOOST_TEST(get(response, name) == get(whole, name), name);
  BOOST_TEST(origin.totals().requests == 1U);
  BOOST_TEST(origin.totals().bytes_sent < 64 * kibi);
  check_problem(play("/missing.mkv", {}, "header=X%3A1&"), 404, "upstream");
  const auto missing = play("/missing.mkv", {}, {}, "HEAD");
  BOOST_TEST(missing.status == 404);
}

BOOST_FIXTURE_TEST_CASE(client_ids, stream_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  origin.set("/b.mkv", {.size = 1000});
  BOOST_TEST(get(play("/a.mkv", {}, "client_id=A.b_c-9&"), "X-Client-ID") == "A.b_c-9");
  const std::string longest(64, 'x');
  BOOST_TEST(get(play("/a.mkv", {}, "client_id=" + longest + "&"), "X-Client-ID") == longest);
  // Else one stable id per address, User-Agent and stream.
  const auto mine = get(play("/a.mkv", "User-Agent: one\r\n"), "X-Client-ID");
  BOOST_TEST(get(play("/a.mkv", "User-Agent: one\r\nRange: bytes=5-\r\n"), "X-Client-ID") == mine);
  BOOST_TEST(get(play("/a.mkv", "User-Agent: two\r\n"), "X-Client-ID") != mine);
  BOOST_TEST(get(play("/b.mkv", "User-Agent: one\r\n"), "X-Client-ID") != mine);
  raw_client elsewhere(server.port(), "127.0.0.1", "127.0.0.3");
  elsewhere.get(target("/a.mkv"), "User-Agent: one\r\n");
  BOOST_TEST(get(elsewhere.receive(), "X-Client-ID") != mine);
}

BOOST_FIXTURE_TEST_CASE(stream_ids, stream_fixture) {
  origin.set("/a.mkv", {.size = 1000});
  origin.set("/b.mkv", {.size = 1000});
  const auto id = get(play("/a.mkv"), "X-Stream-ID");
  BOOST_TEST(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  BOOST_TEST(get(server.request("GET", "/stream?url=" + encoded(origin.url("/a.mkv"))), "X-Stream-ID") == id);
  BOOST_TEST(get(play("/b.mkv"), "X-Stream-ID") != id);
  // With header= it is a stream of its own.
  const auto own = get(play("/a.mkv", {}, "header=X-A%3A%201&"), "X-Stream-ID");
  BOOST_TEST(own != id);
  BOOST_TEST(get(play("/a.mkv", {}, "header=X-A%3A%202&"), "X-Stream-ID") != own);
}

BOOST_FIXTURE_TEST_CASE(one_connection_for_many_responses, stream_fixture) {
  origin.set("/a.mkv", {.size = 300'000, .seed = 2});
  raw_client client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.get(target("/a.mkv"));
    check_whole(client.receive(), 2, 300'000);
    client.get(target("/a.mkv"), "Range: bytes=1000-1999\r\n");
    BOOST_TEST(has_content(client.receive(), 2, 1000, 1000));
    client.get(target("/a.mkv"), {}, "HEAD");
    BOOST_TEST(client.receive(true).status == 200);
    client.get(target("/missing"));
    BOOST_TEST(client.receive().status == 404);
    client.get(target("/a.mkv"), "If-None-Match: *\r\n");
    BOOST_TEST(client.receive().status == 304);
    client.get(target("/a.mkv"), "Range: bytes=300000-\r\n");
    BOOST_TEST(client.receive().status == 416);
    client.get("/stream");
    BOOST_TEST(client.receive().status == 400);
  }
}

BOOST_FIXTURE_TEST_CASE(pipelined_requests_are_answered_in_order, stream_fixture) {
  origin.set("/a.mkv", {.size = 3 * mebi, .seed = 2});
  raw_client client(server.port());
  std::string requests;
  constexpr std::uint64_t parts = 12;
  for (std::uint64_t i = 0; i < parts; ++i) {
    requests += "GET " + target("/a.mkv") +
                " HTTP/1.1\r\nHost: origin.test\r\nRange: bytes=" + std::to_string(i * 200'000) + "-" +
                std::to_string(i * 200'000 + 199'999) + "\r\n\r\n";
  }
  client.send(requests);
  for (std::uint64_t i = 0; i < parts; ++i) {
    const auto response = client.receive();
    BOOST_TEST(response.status == 206);
    BOOST_TEST(has_content(response, 2, i * 200'000, 200'000));
  }
}

BOOST_FIXTURE_TEST_CASE(an_http_1_0_client, stream_fixture) {
  origin.set("/a.mkv", {.size = 300'000, .seed = 2});
  raw_client client(server.port());
  client.send("GET " + target("/a.mkv") + " HTTP/1.0\r\nHost: origin.test\r\n\r\n");
  check_whole(client.receive(), 2, 300'000);
  BOOST_TEST(client.read(1).empty());
  BOOST_TEST((client.ended() == ending::closed));
}

BOOST_FIXTURE_TEST_CASE(other_methods_are_refused, stream_fixture) {
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
    const auto response = play("/a.mkv", {}, {}, method);
    check_problem(response, 405, "method-not-allowed");
    BOOST_TEST(get(response, "Allow").find("GET") != std::string::npos);
  }
  BOOST_TEST(origin.totals().requests == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
