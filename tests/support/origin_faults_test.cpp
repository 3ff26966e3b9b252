// The scripted origin, asked over plain sockets: broken bodies, lies, refusals, redirects, TLS.

#include "faulty_origin/server.hpp"
#include "support/raw_client.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/pem.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace std::chrono_literals;
using test::ending;
using test::raw_client;

struct fixture {
  test::raw_response fetch(std::string_view target, std::string_view lines = {}) {
    raw_client client(server.port());
    client.get(target, lines);
    auto answer = client.receive();
    ended = client.ended();
    return answer;
  }

  origin::server server;
  ending ended = ending::none;
};

std::shared_ptr<SSL_CTX> client_context(const origin::tls_authority& authority) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::string& pem = authority.certificate_pem();
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), X509_free);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), certificate.get());
  return context;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(origin_body_faults, fixture)

BOOST_AUTO_TEST_CASE(truncated_and_reset_bodies) {
  auto answer = fetch("/a?size=1M&truncate_at=1000");
  BOOST_TEST(answer.body.size() == 1000U);
  BOOST_TEST((ended == ending::closed));
  answer = fetch("/a?size=1M&reset_at=0");
  BOOST_TEST(answer.header("Content-Length").value_or("1048576") == "1048576");
  BOOST_TEST((ended == ending::reset));
  answer = fetch("/a?size=1M&framing=chunked&truncate_at=1000");
  BOOST_TEST(!answer.complete);
}

BOOST_AUTO_TEST_CASE(only_the_first_requests_fail) {
  origin::behaviour rules{.size = 10'000};
  rules.truncate_at = origin::cut{.after = 100, .when = {.times = 2}};
  server.set("/a", rules);
  BOOST_TEST(!fetch("/a").complete);
  BOOST_TEST(!fetch("/a").complete);
  BOOST_TEST(fetch("/a").complete);
  server.update("/a", [](origin::behaviour& now) { now.truncate_at->when.times = 3; });
  BOOST_TEST(!fetch("/a").complete);
  server.set("/a", {.size = 10'000});
  BOOST_TEST(fetch("/a").complete);
}

BOOST_AUTO_TEST_CASE(only_from_a_request_on_and_with_a_probability) {
  origin::behaviour rules{.size = 10};
  rules.status = origin::status_reply{.status = 404, .when = {.from = 3}};
  server.set("/n", rules);
  BOOST_TEST(fetch("/n").status == 200);
  BOOST_TEST(fetch("/n").status == 200);
  BOOST_TEST(fetch("/n").status == 404);

  rules.status = origin::status_reply{.status = 500, .when = {.probability = 0.3}};
  server.set("/p", rules);
  int failed = 0;
  for (int i = 0; i < 100; ++i)
    failed += fetch("/p").status == 500 ? 1 : 0;
  BOOST_TEST(failed > 10);
  BOOST_TEST(failed < 60);
}

BOOST_AUTO_TEST_CASE(faults_at_a_place_of_the_resource) {
  server.set("/a", [] {
    origin::behaviour rules{.size = 10'000};
    rules.truncate_at = origin::cut{.after = 5'000, .absolute = true, .when = {.times = 1}};
    return rules;
  }());
  BOOST_TEST(fetch("/a", "Range: bytes=0-4999\r\n").complete);
  BOOST_TEST(fetch("/a", "Range: bytes=5001-\r\n").complete);
  BOOST_TEST(fetch("/a", "Range: bytes=4000-\r\n").body.size() == 1000U);
  BOOST_TEST(fetch("/a", "Range: bytes=4000-\r\n").complete);
}

BOOST_AUTO_TEST_CASE(lies) {
  const std::string right = origin::content_of(1, 10, 10);
  struct row {
    std::string kind;
    int status;
    std::string content_range;
    std::string body;
  };
  const std::vector<row> rows{
      {"ignore_range", 200, "", origin::content_of(1, 0, 100)},
      {"wrong_start", 206, "bytes 11-19/100", right.substr(1)},
      {"wrong_total", 206, "bytes 10-19/101", right},
      {"unknown_total", 206, "bytes 10-19/*", right},
      {"shorter", 206, "bytes 10-14/100", right.substr(0, 5)},
      {"no_content_range", 206, "", right},
      {"other_bytes", 206, "bytes 10-19/100", origin::content_of(2, 10, 10)},
  };
  const auto honest = fetch("/a?size=100");
  for (const row& one : rows) {
    BOOST_TEST_CONTEXT(one.kind) {
      const auto answer = fetch("/a?size=100&lie=" + one.kind, "Range: bytes=10-19\r\n");
      BOOST_TEST(answer.status == one.status);
      BOOST_TEST(answer.header("Content-Range").value_or("") == one.content_range);
      BOOST_TEST((answer.body == one.body));
      BOOST_TEST(answer.header("ETag").value() == honest.header("ETag").value());
    }
  }
}

BOOST_AUTO_TEST_CASE(another_version) {
  origin::behaviour rules{.size = 100, .seed = 1};
  rules.changes = origin::change{.size = 50, .seed = 2, .when = {.from = 2}};
  server.set("/a", rules);
  const auto before = fetch("/a");
  const auto after = fetch("/a");
  BOOST_TEST((before.body == origin::content_of(1, 0, 100)));
  BOOST_TEST((after.body == origin::content_of(2, 0, 50)));
  BOOST_TEST(before.header("ETag").value() != after.header("ETag").value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(origin_answers, fixture)

BOOST_AUTO_TEST_CASE(statuses) {
  auto answer = fetch("/a?status=503&retry_after=7");
  BOOST_TEST(answer.status == 503);
  BOOST_TEST(answer.header("Retry-After").value() == "7");
  BOOST_TEST(fetch("/a?status=401").header("WWW-Authenticate").has_value());
  server.set("/auth", {.size = 5, .authorization = "Basic dTpw"});
  BOOST_TEST(fetch("/auth").status == 401);
  BOOST_TEST(fetch("/auth", "Authorization: Basic dTpw\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(heads_that_are_none) {
  BOOST_TEST(fetch("/a?head=garbage").status == 0);
  BOOST_TEST(fetch("/a?head=close").head.empty());
  BOOST_TEST((ended == ending::closed));
  fetch("/a?head=reset");
  BOOST_TEST((ended == ending::reset));
  BOOST_TEST(fetch("/a?text=x&head=huge").head.size() > 1024UL * 1024);
  {
    raw_client client(server.port());
    client.get("/a?head=endless");
    BOOST_TEST(client.read(1024UL * 1024).size() == 1024UL * 1024);
  }
  {
    raw_client client(server.port(), "127.0.0.1", {}, 1);
    client.get("/a?head=never");
    client.receive();
    BOOST_TEST((client.ended() == ending::timed_out));
  }
  BOOST_TEST(server.wait_until([&] { return server.totals().open_connections == 0; }));
}

BOOST_AUTO_TEST_CASE(only_reused_connections_fail) {
  origin::behaviour rules{.size = 5};
  rules.head = origin::head_fault{.what = origin::head_fault::kind::close, .when = {.reused = true}};
  server.set("/a", rules);
  raw_client client(server.port());
  client.get("/a");
  BOOST_TEST(client.receive().complete);
  client.get("/a");
  BOOST_TEST(client.receive().status == 0);
  BOOST_TEST(fetch("/a").complete);
}

BOOST_AUTO_TEST_CASE(too_many_connections) {
  using refusal = origin::connection_limit::refusal;
  struct row {
    refusal over;
    int status;
    ending end;
  };
  for (const row& one : {row{refusal::answer, 429, ending::none}, row{refusal::reset, 0, ending::reset},
                         row{refusal::close, 0, ending::closed}}) {
    origin::behaviour rules{.size = 1000};
    rules.stall_at = origin::cut{.after = 10, .when = {.times = 1}};
    rules.max_connections = origin::connection_limit{.most = 1, .over = one.over, .status = 429};
    server.set("/a", rules);
    {
      raw_client client(server.port());
      client.get("/a");
      BOOST_TEST(client.receive(false, 10).body.size() == 10U);
      BOOST_TEST(fetch("/a").status == one.status);
      BOOST_TEST((ended == one.end));
    }
    BOOST_TEST(server.wait_until([&] { return server.of("/a").active_requests == 0; }));
    BOOST_TEST(fetch("/a").status == 200);
  }
  BOOST_TEST(server.of("/a").peak_connections == 1U);
  BOOST_TEST(server.of("/a").refused == 3U);
}

BOOST_AUTO_TEST_CASE(redirects) {
  BOOST_TEST(fetch("/a?redirect=307&location=ftp://x/").header("Location").value() == "ftp://x/");
  BOOST_TEST(fetch("/a?redirect=301&location=/b").status == 301);
  BOOST_TEST(!fetch("/a?location=").header("Location"));

  auto answer = fetch("/a?text=x&hops=2");
  int hops = 0;
  while (answer.status == 302 && hops < 10) {
    ++hops;
    answer = fetch(answer.header("Location").value());
  }
  BOOST_TEST(hops == 2);
  BOOST_TEST(answer.body == "x");

  answer = fetch("/a?hops=loop");
  for (int i = 0; i < 5; ++i)
    answer = fetch(answer.header("Location").value());
  BOOST_TEST(answer.status == 302);
}

BOOST_AUTO_TEST_CASE(expiring_redirects) {
  origin::behaviour rules;
  rules.text = "x";
  rules.redirect =
      origin::redirection{.to = origin::redirection::kind::expiring, .uses = 2, .expired_status = 410};
  server.set("/a", rules);
  const std::string first = fetch("/a").header("Location").value();
  BOOST_TEST(fetch(first).body == "x");
  BOOST_TEST(fetch(first).body == "x");
  BOOST_TEST(fetch(first).status == 410);
  const std::string second = fetch("/a").header("Location").value();
  BOOST_TEST(second != first);
  BOOST_TEST(fetch(second).body == "x");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(origin_tls)

BOOST_AUTO_TEST_CASE(good_certificates_and_resumption) {
  origin::server server({.tls = origin::tls_mode::valid});
  const auto context = client_context(server.authority());
  BOOST_TEST(server.url("/a", "localhost").starts_with("https://localhost:"));
  std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(nullptr, SSL_SESSION_free);
  for (const std::string name : {"127.0.0.1", "localhost"}) {
    raw_client client(server.port());
    BOOST_TEST_REQUIRE(client.handshake(context.get(), name), client.tls_error());
    client.get("/a?size=3M&seed=4");
    const auto answer = client.receive();
    BOOST_TEST((answer.body == origin::content_of(4, 0, 3UL * 1024 * 1024)));
    session.reset(SSL_get1_session(client.ssl()));
  }
  raw_client client(server.port());
  BOOST_TEST_REQUIRE(client.handshake(context.get(), "localhost", session.get()), client.tls_error());
  BOOST_TEST(server.wait_until([&] { return server.totals().resumed_sessions == 1; }));
  BOOST_TEST(server.totals().handshakes == 3U);
}

BOOST_AUTO_TEST_CASE(bad_certificates) {
  struct row {
    origin::tls_mode mode;
    std::string complaint;
  };
  const auto authority = std::make_shared<const origin::tls_authority>();
  const auto context = client_context(*authority);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  for (const row& one : {row{origin::tls_mode::wrong_host, "hostname mismatch"},
                         row{origin::tls_mode::expired, "certificate has expired"},
                         row{origin::tls_mode::self_signed, "self-signed certificate"},
                         row{origin::tls_mode::tls_1_1, "protocol"}}) {
    origin::server server({.tls = one.mode, .authority = authority});
    raw_client client(server.port());
    BOOST_TEST(!client.handshake(context.get(), "localhost"));
    BOOST_TEST(client.tls_error().find(one.complaint) != std::string::npos, client.tls_error());
  }
}

BOOST_AUTO_TEST_CASE(plain_text_to_a_tls_port) {
  origin::server server({.tls = origin::tls_mode::valid});
  raw_client client(server.port());
  client.get("/");
  BOOST_TEST(client.receive().status == 0);
  BOOST_TEST(server.wait_until([&] { return server.totals().failed_handshakes == 1; }));
}

BOOST_AUTO_TEST_SUITE_END()
