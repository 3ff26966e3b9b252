#pragma once
// One request on its way through router, access control and handler.

#include "async/transport.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "registry/identity.hpp"
#include "server/watchdog.hpp"
#include "server/worker.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// What was answered, for the log line.
struct response_record {
  unsigned status = 0;      ///< 0: no head has been made yet
  std::uint64_t bytes = 0;  ///< of the body, as the client's socket accepted them; a handler that writes a
                            ///< body itself counts here
};

/// Lives in the session's frame while the request is handled.
struct request_context {
  const http::request_head& request;
  async::transport& client;
  std::string& input;                ///< bytes of the client read beyond this request (pipelining)
  boost::asio::ip::address address;  ///< the client's own, behind trusted proxies too
  std::string path;                  ///< percent-decoded path of the target
  std::string_view query;            ///< as sent, without the '?'
  server::worker& worker;
  bool keep_alive = true;  ///< whether the connection may serve another request after the response

  watchdog& deadline;  ///< none is set while a handler runs; respond() uses it for --send-timeout
  response_record& sent;
  registry::identity_cache& identities;  ///< of the connection
  std::string named_origin = {};         ///< Access-Control-Allow-Origin of control responses; empty: none
  bool differs_by_origin = false;        ///< on control routes, where there is an --allow-origin
  std::string_view host = {};            ///< of the absolute-form target, else of Host; may be empty
  bool authorised = false;  ///< it carried the right API token (header, bearer or query), or none is needed
  std::string_view allow = {};                  ///< the methods of the route, for Allow
  std::vector<std::string_view> captures = {};  ///< what stood for the {} of the route's pattern, in `path`
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();  ///< the head was there
  std::string body = {};  ///< of routes that take one, at most listen_settings::max_body

  bool is_head() const { return request.method == "HEAD"; }
};

/// Sends a whole response: adds Date, Server, Content-Length and Connection; leaves the body away for HEAD. A
/// broken client connection clears keep_alive.
async::awaitable<void> respond(request_context& context, unsigned status, http::field_list fields,
                               std::string_view body);
/// The head of a response without a body, or with one that HEAD leaves away: the fields as they are, else
/// like respond().
async::awaitable<void> respond_head(request_context& context, unsigned status, http::field_list fields);
/// The same with a problem document.
async::awaitable<void> respond_problem(request_context& context, const http::problem& problem,
                                       http::field_list fields = {});
/// The head of a response whose body the handler writes itself: Date, Server and Connection are added, and on
/// control routes what a named origin needs. The length is the handler's business.
std::string response_head(const request_context& context, unsigned status, http::field_list fields);
/// Tells what became of the sending of a body that the handler wrote itself: counts a --send-timeout.
void client_failed(request_context& context, const error_code& why);

}  // namespace millrace::server
