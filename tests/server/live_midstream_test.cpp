// A live source that goes bad while it plays: what a viewer gets of its backup.

#include "server/live_support.hpp"
#include "support/tls_server.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(live_midstream_test)

namespace {

void send_all(SSL* to, std::string_view bytes) {
  SSL_write(to, bytes.data(), static_cast<int>(bytes.size()));
}

/// Packets of the lively() broadcast, up to that one.
std::string packets_before(std::uint64_t end, std::uint64_t count) {
  const origin::ts_stream stream(7, lively().bit_rate);
  std::string out(static_cast<std::size_t>(count) * origin::ts_packet_size, '\0');
  for (std::uint64_t i = 0; i < count; ++i)
    stream.write(end - count + i,
                 std::span<char>(out).subspan(i * origin::ts_packet_size, origin::ts_packet_size));
  return out;
}

}  // namespace

// A record that cannot be deciphered; then a server that shakes hands and says nothing sensible.
BOOST_AUTO_TEST_CASE(a_tls_error) {
  auto config = live_test_settings();
  config.upstream.insecure = true;
  live_fixture on(config);
  auto backup = lively();
  backup.repeat = 12s;
  on.origin.set("/b.ts", broadcasting(backup));
  std::atomic<int> connections = 0;
  const auto serve = [&](SSL* client) {
    if (++connections == 1) {
      char request[4096];
      SSL_read(client, request, sizeof request);
      send_all(client, "HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n");
      send_all(client, packets_before(on.origin.present_packet("/b.ts"), 4'000));
    }
    const std::string broken =
        std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');  // enciphered by no key
    ::send(SSL_get_fd(client), broken.data(), broken.size(), MSG_NOSIGNAL);
    wait_for_end(client);
  };
  const auto own = make_identity("IP:127.0.0.1");
  const tls_server primary(own, serve);
  const auto id =
      on.post_urls({"https://127.0.0.1:" + std::to_string(primary.port()) + "/a.ts", on.origin.url("/b.ts")});
  const auto viewer = on.watch(id);
  check_live_head(*viewer);
  BOOST_TEST(viewer->read_to(4'000 * origin::ts_packet_size + 1'000'000));
  check_seamless(whole_packets(viewer->body));
  BOOST_TEST(connections == 2);
  BOOST_TEST(on.origin.of("/b.ts").requests == 1U);
  const auto info = on.info(id);
  BOOST_TEST(count_of(info, "current_failover_index") == 1U);
  BOOST_TEST(count_of(info, "error_count") >= 1U);
  BOOST_TEST(!text_of(info, "last_error").empty());
}

// Slower than --min-speed after a good beginning.
BOOST_AUTO_TEST_CASE(low_speed) {
  auto config = live_test_settings();
  config.upstream.min_speed = 100'000;
  config.upstream.min_speed_streak = 1;
  live_fixture on(config);
  auto rules = broadcasting(lively());
  rules.slow_at = {{.after = 700'000, .rate = 20'000}};
  on.origin.set("/a.ts", rules);
  on.origin.set("/b.ts", broadcasting(lively()));
  const auto id = on.post({"/a.ts", "/b.ts"});
  const auto viewer = on.watch(id);
  BOOST_TEST(viewer->read_to(600'000));
  BOOST_TEST(on.origin.of("/b.ts").requests == 0U);
  on.origin.update("/a.ts", [](auto& known) { known.slow_at->after = 0; });  // when it is tried once more
  BOOST_TEST(viewer->read_to(2'000'000));
  check_announced(whole_packets(viewer->body));
  BOOST_TEST(check_ts(whole_packets(viewer->body)).repeats().empty());
  BOOST_TEST(on.origin.of("/b.ts").requests >= 1U);
  const auto info = on.info(id);
  BOOST_TEST(count_of(info, "current_failover_index") == 1U);
  BOOST_TEST(text_of(info, "last_error").find("slow") != std::string::npos, text_of(info, "last_error"));
}

BOOST_AUTO_TEST_SUITE_END()
