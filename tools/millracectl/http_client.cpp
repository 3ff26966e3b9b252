#include "http_client.hpp"

#include "core/version.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>  // what boost_implementation.cpp leaves out: nobody else uses it
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace millrace::ctl {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t most_body = std::uint64_t{64} << 20;
constexpr std::uint32_t most_head = 64 * 1024;

using http_request = http::request<http::string_body>;
using tls_stream = ssl::stream<beast::tcp_stream>;

/// What one request's coroutine works on and reports.
struct exchange {
  const server_address& server;
  std::string name;  ///< the server's URL for messages
  http_request message;
  ssl::context* tls = nullptr;  ///< null: plain HTTP
  clock::time_point deadline;
  bool resolving = false;
  std::optional<outcome<http_answer>> ending = {};

  void fail(std::string text) { ending = trouble{std::move(text)}; }
};

/// One request with its event loop. The order matters: suspended coroutines end with the loop and use `work`.
struct attempt {
  exchange work;
  bool interrupted = false;
  std::exception_ptr bug = {};
  asio::io_context loop{1};
  asio::posix::stream_descriptor stop{loop};

  explicit attempt(exchange what) : work(std::move(what)) {}
  void run(int stop_descriptor);
};

std::string base64(std::string_view text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

/// Sends the message and reads the answer over a connected stream.
template <class Stream>
asio::awaitable<void> converse(exchange& work, Stream& stream) {
  co_await http::async_write(stream, work.message, as_result);
  // A server that refuses early may have answered before it closed: whatever it said is read all the same.
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.header_limit(most_head);
  parser.body_limit(most_body);
  const auto [read_error, size] = co_await http::async_read(stream, buffer, parser, as_result);
  if (read_error) {
    const auto& category = read_error.category();
    if (read_error == http::error::end_of_stream) {
      work.fail(work.name + " closed the connection without an answer");
    } else if (read_error == http::error::body_limit) {
      work.fail(work.name + " sent a larger answer than expected");
    } else if (read_error == http::error::partial_message || read_error == ssl::error::stream_truncated) {
      work.fail(work.name + " closed the connection in the middle of its answer");
    } else if (category == http::make_error_code(http::error::bad_version).category()) {
      work.fail(work.name + " does not speak HTTP: " + read_error.message());
    } else {
      work.fail("the connection to " + work.name + " broke: " + read_error.message());
    }
    co_return;
  }
  auto message = parser.release();
  work.ending = http_answer{message.result_int(), std::string(message.reason()),
                            std::string(message[http::field::location]), std::move(message.body())};
}

/// Each address gets its share of the time that is left, so that a dead one does not use up all of it.
asio::awaitable<error_code> connect(exchange& work, beast::tcp_stream& stream,
                                    const tcp::resolver::results_type& addresses) {
  error_code last = asio::error::host_not_found;
  auto left = static_cast<clock::rep>(addresses.size());
  for (const auto& each : addresses) {
    stream.expires_after((work.deadline - clock::now()) / left--);
    const auto [error] = co_await stream.async_connect(each.endpoint(), as_result);
    stream.expires_never();
    if (!error) co_return error_code();
    last = error;
  }
  co_return last;
}

asio::awaitable<void> converse_over_tls(exchange& work, beast::tcp_stream socket) {
  tls_stream stream(std::move(socket), *work.tls);
  const std::string& host = work.server.base().host();
  error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  if (not_numeric) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
  stream.set_verify_callback(ssl::host_name_verification(host));
  const auto [error] = co_await stream.async_handshake(ssl::stream_base::client, as_result);
  if (error) {
    const long verdict = SSL_get_verify_result(stream.native_handle());
    work.fail("no TLS connection to " + work.name + ": " +
              (verdict == X509_V_OK
                   ? error.message()
                   : "its certificate was refused, " + std::string(X509_verify_cert_error_string(verdict))));
    co_return;
  }
  co_await converse(work, stream);
}

asio::awaitable<void> run_exchange(exchange& work) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const url& base = work.server.base();
  work.resolving = true;
  const auto [error, addresses] =
      co_await resolver.async_resolve(base.host(), std::to_string(base.port()), as_result);
  work.resolving = false;
  if (error) {
    work.fail("cannot find the address of " + work.name + ": " + error.message());
    co_return;
  }
  beast::tcp_stream stream(resolver.get_executor());
  const error_code refused = co_await connect(work, stream, addresses);
  if (refused) {
    const bool late = refused == beast::error::timeout;
    work.fail("cannot connect to " + work.name + ": " + (late ? "no answer in time" : refused.message()));
    co_return;
  }
  if (work.tls != nullptr) {
    co_await converse_over_tls(work, std::move(stream));
  } else {
    co_await converse(work, stream);
  }
}

void attempt::run(int stop_descriptor) {
  if (stop_descriptor >= 0) {
    stop.assign(stop_descriptor);
    stop.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code error) {
      if (error) return;
      interrupted = true;
      loop.stop();
    });
  }
  asio::co_spawn(loop, run_exchange(work), [this](std::exception_ptr thrown) {
    bug = std::move(thrown);
    loop.stop();
  });
  loop.run_until(work.deadline);
  if (stop.is_open()) stop.release();
  if (bug) std::rethrow_exception(bug);
}

/// "10 s", "0.5 s".
std::string seconds_text(std::chrono::milliseconds time) {
  std::string out = std::to_string(time.count() / 1000);
  if (const auto rest = time.count() % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += "." + digits;
  }
  return out + " s";
}

}  // namespace

struct http_client::state {
  connection_settings settings;
  std::optional<ssl::context> tls;
  int stop_descriptor = -1;

  http_request compose(std::string_view method, std::string_view path, std::string body) const;
};

http_client::http_client(connection_settings settings)
    : state_(std::make_unique<state>(state{.settings = std::move(settings), .tls = {}})) {
  const auto& given = state_->settings;
  if (!given.server.base().is_https()) return;
  auto& tls = state_->tls.emplace(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  error_code error;
  tls.set_default_verify_paths(error);
  if (!given.ca_file.empty()) {
    tls.load_verify_file(given.ca_file, error);
    if (error) throw std::runtime_error("cannot read certificates from " + given.ca_file);
  }
  tls.set_verify_mode(given.insecure ? ssl::verify_none : ssl::verify_peer);
}

http_client::~http_client() = default;

const server_address& http_client::server() const noexcept {
  return state_->settings.server;
}

void http_client::stop_on(int descriptor) noexcept {
  state_->stop_descriptor = descriptor;
}

http_request http_client::state::compose(std::string_view method, std::string_view path,
                                         std::string body) const {
  const server_address& server = settings.server;
  http_request out;
  out.method_string(method);
  out.target(server.target(path));
  out.version(11);
  out.set(http::field::host, server.base().host_header());
  out.set(http::field::user_agent, "millracectl/" + std::string(version()));
  out.set(http::field::accept, "application/json, application/problem+json");
  out.set(http::field::connection, "close");
  if (!settings.token.empty()) out.set("X-API-Token", settings.token);
  if (const auto& credentials = server.base().credentials()) {
    out.set(http::field::authorization, "Basic " + base64(*credentials));
  }
  if (!body.empty()) out.set(http::field::content_type, "application/json");
  out.body() = std::move(body);
  if (!out.body().empty() || method == "POST") out.content_length(out.body().size());
  return out;
}

outcome<http_answer> http_client::request(std::string_view method, std::string_view path, std::string body) {
  const connection_settings& given = state_->settings;
  auto live = std::make_unique<attempt>(exchange{.server = given.server,
                                                 .name = given.server.shown(),
                                                 .message = state_->compose(method, path, std::move(body)),
                                                 .tls = state_->tls ? &*state_->tls : nullptr,
                                                 .deadline = clock::now() + given.timeout});
  live->run(state_->stop_descriptor);
  auto out =
      std::move(live->work.ending)
          .value_or(trouble{live->work.name + " did not answer within " + seconds_text(given.timeout)});
  if (live->interrupted) out = trouble{.text = "interrupted", .interrupted = true};
  // getaddrinfo cannot be cancelled, and the loop's destructor would wait for it.
  if (live->work.resolving) static_cast<void>(live.release());
  return out;
}

}  // namespace millrace::ctl
