#include "async/combinators.hpp"
#include "async/tls_context.hpp"
#include "async/transport.hpp"
#include "support/run_sync.hpp"
#include "support/socket_pair.hpp"
#include "support/tls_server.hpp"

#include <boost/asio/write.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <fstream>
#include <string>
#include <vector>

#include <poll.h>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using async::awaitable;
using boost::asio::io_context;
using link_ptr = std::unique_ptr<async::transport>;

const std::string name = "media.example.test";

/// One authority for all tests, made once.
struct authority {
  test::identity root = test::make_identity("");
  test::pem_file file{root.certificate.get()};
  test::identity server = test::make_identity("DNS:media.example.test,IP:127.0.0.1", &root);
};

struct fixture {
  const authority& trust() {
    static const authority shared;
    return shared;
  }
  async::tls_context context{trust().file.path(), false};
  io_context loop{1};
  std::string why;

  result<link_ptr> connect(std::uint16_t port, const std::string& host = name) {
    return connect(context, port, host);
  }
  result<link_ptr> connect(async::tls_context& with, std::uint16_t port, const std::string& host) {
    boost::asio::ip::tcp::socket socket(loop);
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    return test::run_sync(loop, async::tls_connect(std::move(socket), with, host, "key", why));
  }
  std::string read(async::transport& link, error_code& ec) {
    std::array<std::byte, 4096> buffer;
    const auto got = test::run_sync(loop, async::read_some(link, buffer, ec));
    return {reinterpret_cast<const char*>(buffer.data()), got};
  }
  error_code write(async::transport& link, std::string_view text) {
    const std::array buffers{boost::asio::const_buffer(text.data(), text.size())};
    return test::run_sync(loop, async::write_all(link, buffers));
  }
};

void until_readable(async::transport& link) {
  pollfd waiting{link.native_handle(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&waiting, 1, 30'000) == 1);
}

void say(SSL* ssl, std::string_view text) {
  SSL_write(ssl, text.data(), static_cast<int>(text.size()));
}

void echo(SSL* ssl) {
  char bytes[16 * 1024];
  for (int got = SSL_read(ssl, bytes, sizeof bytes); got > 0; got = SSL_read(ssl, bytes, sizeof bytes)) {
    SSL_write(ssl, bytes, got);
  }
  SSL_shutdown(ssl);
}

BOOST_FIXTURE_TEST_SUITE(tls_transport_test, fixture)

BOOST_AUTO_TEST_CASE(talks_to_a_verified_server) {
  test::tls_server server(trust().server, echo);
  auto link = connect(server.port());
  BOOST_REQUIRE(link.has_value());
  BOOST_TEST((*link)->is_tls());
  BOOST_TEST(!write(**link, "hello"));
  error_code ec;
  BOOST_TEST(read(**link, ec) == "hello");
  (*link)->shutdown_send();
  BOOST_TEST(read(**link, ec) == "");
  BOOST_TEST(ec == boost::asio::error::eof);
}

BOOST_AUTO_TEST_CASE(sends_name_and_protocol) {
  std::string asked, protocol;
  {
    test::tls_server server(trust().server, [&](SSL* ssl) {
      const char* given = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
      asked = given ? given : "";
      const unsigned char* chosen = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(ssl, &chosen, &size);
      protocol.assign(reinterpret_cast<const char*>(chosen), size);
    });
    BOOST_TEST(connect(server.port(), name + ".").has_value());
  }
  BOOST_TEST(asked == name);
  BOOST_TEST(protocol == "http/1.1");
}

BOOST_AUTO_TEST_CASE(sends_no_name_for_an_address) {
  std::string asked = "not called";
  {
    test::tls_server server(trust().server, [&](SSL* ssl) {
      const char* given = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
      asked = given ? given : "";
    });
    BOOST_TEST(connect(server.port(), "127.0.0.1").has_value());
  }
  BOOST_TEST(asked == "");
}

struct refusal {
  const char* what;
  const char* names;
  bool known_authority;
  long age;
  const char* host;
  const char* reason;
};
std::ostream& operator<<(std::ostream& out, const refusal& row) {
  return out << row.what;
}

constexpr long two_years = 2L * 365 * 86'400;
const refusal refusals[] = {
    {"another name", "DNS:other.example.test", true, 60, "media.example.test",
     "certificate verify failed: host name mismatch"},
    {"another address", "IP:127.0.0.9", true, 60, "127.0.0.1",
     "certificate verify failed: IP address mismatch"},
    {"too old", "DNS:media.example.test", true, two_years, "media.example.test",
     "certificate verify failed: certificate has expired"},
    {"unknown authority", "DNS:media.example.test", false, 60, "media.example.test",
     "certificate verify failed: unable to get local issuer certificate"},
};

BOOST_DATA_TEST_CASE(refuses_certificates, refusals, row) {
  const auto stranger = test::make_identity("");
  const auto own = test::make_identity(row.names, row.known_authority ? &trust().root : &stranger, row.age);
  test::tls_server server(own, test::wait_for_end);
  // The stranger has the same name as the trusted authority: trust nothing at all to tell them apart.
  async::tls_context trusting_nobody("", false);
  const auto link = connect(row.known_authority ? context : trusting_nobody, server.port(), row.host);
  BOOST_REQUIRE(link.has_error());
  BOOST_TEST(link.error() == error_code(errc::tls_failed));
  BOOST_TEST(why == row.reason);
  async::tls_context insecure("", true);
  BOOST_TEST(connect(insecure, server.port(), row.host).has_value());
}

BOOST_AUTO_TEST_CASE(refuses_old_protocols) {
  test::tls_server server(trust().server, test::wait_for_end, TLS1_1_VERSION);
  const auto link = connect(server.port());
  BOOST_REQUIRE(link.has_error());
  BOOST_TEST(link.error() == error_code(errc::tls_failed));
  BOOST_TEST(why.starts_with("unsupported protocol"));
}

/// The far end is a plain socket.
result<link_ptr> connect_plain(fixture& with, const std::string& answer) {
  auto [near, far] = test::make_socket_pair(with.loop, with.loop);
  boost::asio::write(far, boost::asio::buffer(answer));
  if (answer.empty()) far.close();
  return test::run_sync(with.loop, async::tls_connect(std::move(near), with.context, name, "key", with.why));
}

BOOST_AUTO_TEST_CASE(says_that_a_server_speaks_no_tls) {
  const auto link = connect_plain(*this, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  BOOST_REQUIRE(link.has_error());
  BOOST_TEST(link.error() == error_code(errc::tls_failed));
  BOOST_TEST(why == "the server does not speak TLS on this port");
}

BOOST_AUTO_TEST_CASE(a_closed_handshake_is_no_tls_failure) {
  const auto link = connect_plain(*this, "");
  BOOST_REQUIRE(link.has_error());
  BOOST_TEST(link.error() != error_code(errc::tls_failed));
  BOOST_TEST(!why.empty());
}

awaitable<bool> handshake_in_time(boost::asio::ip::tcp::socket socket, async::tls_context& context,
                                  std::string& why) {
  const auto link =
      co_await async::with_timeout(20ms, async::tls_connect(std::move(socket), context, name, "key", why));
  co_return link.has_value();
}

BOOST_AUTO_TEST_CASE(a_handshake_can_be_cancelled) {
  auto [near, far] = test::make_socket_pair(loop, loop);
  BOOST_TEST(!test::run_sync(loop, handshake_in_time(std::move(near), context, why)));
  char byte;
  error_code ec;
  std::size_t greeting = 0;
  while (!ec)
    greeting += far.read_some(boost::asio::buffer(&byte, 1), ec);
  BOOST_TEST(greeting > 0u);  // and the socket is closed behind it
}

BOOST_AUTO_TEST_CASE(the_end_without_close_notify_is_an_end) {
  test::tls_server server(trust().server, [](SSL* ssl) { say(ssl, "short"); });
  auto link = connect(server.port());
  BOOST_REQUIRE(link.has_value());
  error_code ec;
  BOOST_TEST(read(**link, ec) == "short");
  BOOST_TEST(read(**link, ec) == "");
  BOOST_TEST(ec == boost::asio::error::eof);
  BOOST_TEST(read(**link, ec) == "");
  BOOST_TEST(ec == boost::asio::error::eof);
}

BOOST_AUTO_TEST_CASE(broken_records_break_the_connection) {
  test::tls_server server(trust().server, [](SSL* ssl) {
    say(ssl, "good");
    const char garbage[] = "\x17\x03\x03\x00\x20 this is no record of anybody..";
    ::send(SSL_get_fd(ssl), garbage, sizeof garbage, MSG_NOSIGNAL);
    test::wait_for_end(ssl);
  });
  auto link = connect(server.port());
  BOOST_REQUIRE(link.has_value());
  error_code ec;
  BOOST_TEST(read(**link, ec) == "good");
  read(**link, ec);
  BOOST_TEST(ec == error_code(errc::connection_lost));
  BOOST_TEST(!(*link)->idle_and_open());
}

awaitable<std::size_t> read_counting(async::transport& link, std::size_t block, bool& intact) {
  std::vector<std::byte> buffer(block);
  std::size_t total = 0;
  error_code ec;
  while (true) {
    const auto got = co_await async::read_some(link, buffer, ec);
    if (ec) break;
    for (std::size_t i = 0; i < got; ++i) {
      if (buffer[i] != static_cast<std::byte>((total + i) % 251)) intact = false;
    }
    total += got;
  }
  BOOST_TEST(ec == boost::asio::error::eof);
  co_return total;
}

const std::size_t block_sizes[] = {1'000, 16 * 1024, 64 * 1024, 256 * 1024};

BOOST_DATA_TEST_CASE(reads_everything_into_blocks_of_any_size, block_sizes, block) {
  constexpr std::size_t size = 6 * 1024 * 1024 + 5;
  test::tls_server server(trust().server, [](SSL* ssl) {
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      content[i] = static_cast<char>(i % 251);
    std::size_t odd = 1;
    for (std::size_t at = 0; at < size; odd = odd * 3 % 40'009) {
      const auto part = std::min(odd, size - at);
      say(ssl, std::string_view(content).substr(at, part));
      at += part;
    }
    SSL_shutdown(ssl);
  });
  auto link = connect(server.port());
  BOOST_REQUIRE(link.has_value());
  bool intact = true;
  BOOST_TEST(test::run_sync(loop, read_counting(**link, block, intact)) == size);
  BOOST_TEST(intact);
}

awaitable<error_code> write_much(async::transport& link, std::size_t size) {
  const std::string content(size, 'x');
  const std::array buffers{boost::asio::const_buffer(content.data(), 100),
                           boost::asio::const_buffer(content.data() + 100, size - 100)};
  co_return co_await async::write_all(link, buffers);
}

BOOST_AUTO_TEST_CASE(writes_more_than_the_socket_takes) {
  constexpr std::size_t size = 8 * 1024 * 1024;
  std::atomic<std::size_t> received{0};
  {
    test::tls_server server(trust().server, [&](SSL* ssl) {
      std::vector<char> bytes(64 * 1024);
      for (int got = SSL_read(ssl, bytes.data(), 65536); got > 0; got = SSL_read(ssl, bytes.data(), 65536)) {
        received += static_cast<std::size_t>(got);
      }
    });
    auto link = connect(server.port());
    BOOST_REQUIRE(link.has_value());
    BOOST_TEST(!test::run_sync(loop, write_much(**link, size)));
    (*link)->shutdown_send();
    // Closing with unread session tickets would reset the connection under the server.
    error_code ec;
    read(**link, ec);
    BOOST_TEST(ec == boost::asio::error::eof);
  }
  BOOST_TEST(received == size);
}

BOOST_AUTO_TEST_CASE(session_tickets_do_not_make_an_idle_connection_stale) {
  test::tls_server server(trust().server, echo);
  auto link = connect(server.port());
  BOOST_REQUIRE(link.has_value());
  until_readable(**link);  // the tickets of TLS 1.3
  BOOST_TEST((*link)->idle_and_open());
  BOOST_TEST((*link)->idle_and_open());
  BOOST_TEST(!write(**link, "still usable"));
  error_code ec;
  BOOST_TEST(read(**link, ec) == "still usable");
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_stale_when_the_server_speaks_or_closes) {
  for (const bool speaks : {true, false}) {
    test::tls_server server(trust().server, [&](SSL* ssl) {
      if (!speaks) return;
      say(ssl, "HTTP/1.1 408 Request Timeout\r\n\r\n");
      test::wait_for_end(ssl);
    });
    auto link = connect(server.port());
    BOOST_REQUIRE(link.has_value());
    while ((*link)->idle_and_open())
      until_readable(**link);
    BOOST_TEST(!(*link)->idle_and_open());
  }
}

BOOST_AUTO_TEST_CASE(moves_to_another_event_loop) {
  io_context other(1);  // outlives what moves there
  test::tls_server server(trust().server, echo);
  auto link = connect(server.port());
  BOOST_REQUIRE(link.has_value());
  (*link)->move_to(other.get_executor());
  const std::string text = "moved";
  const std::array buffers{boost::asio::const_buffer(text.data(), text.size())};
  BOOST_TEST(!test::run_sync(other, async::write_all(**link, buffers)));
  std::array<std::byte, 16> buffer;
  error_code ec;
  BOOST_TEST(test::run_sync(other, async::read_some(**link, buffer, ec)) == text.size());
}

const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

BOOST_DATA_TEST_CASE(resumes_sessions, versions, version) {
  std::atomic<int> full{0}, resumed{0};
  {
    test::tls_server server(
        trust().server,
        [&](SSL* ssl) {
          ++(SSL_session_reused(ssl) ? resumed : full);
          say(ssl, "hi");
          test::wait_for_end(ssl);
        },
        version);
    for (int i = 0; i < 4; ++i) {
      auto link = connect(server.port());
      BOOST_REQUIRE(link.has_value());
      error_code ec;
      BOOST_TEST(read(**link, ec) == "hi");
    }
  }
  BOOST_TEST(full == 1);
  BOOST_TEST(resumed == 3);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tls_context_test)

BOOST_AUTO_TEST_CASE(a_bad_ca_file_is_one_clear_line) {
  const auto names_file = [](const std::string& path) {
    return [path](const std::runtime_error& error) {
      const std::string text = error.what();
      return text.find(path) != std::string::npos && text.find('\n') == std::string::npos;
    };
  };
  BOOST_CHECK_EXCEPTION(async::tls_context("/nonexistent/ca.pem", false), std::runtime_error,
                        names_file("/nonexistent/ca.pem"));
  const auto unrelated = test::make_identity("");
  test::pem_file file(unrelated.certificate.get());
  std::ofstream(file.path(), std::ios::trunc) << "no certificate\n";
  BOOST_CHECK_EXCEPTION(async::tls_context(file.path(), false), std::runtime_error, names_file(file.path()));
}

BOOST_AUTO_TEST_CASE(knows_no_session_of_a_strange_key) {
  async::tls_context context("", true);
  BOOST_TEST(!context.verifies());
  BOOST_TEST(context.take_session("https://nobody.test:443") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
