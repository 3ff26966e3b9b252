#pragma once
// The server's control plane as this program sees it: JSON documents, problem documents (RFC 9457), pages.

#include "http_client.hpp"
#include "outcome.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace millrace::ctl {

/// A JSON object that the server answered.
struct document {
  boost::json::object value;
  std::string raw;  ///< as it was sent, well-formed
  unsigned status = 200;
};

/// Borrows the client. Paths begin with a slash; ids in them are given encoded.
class api {
 public:
  explicit api(http_client& client) noexcept : client_(client) {}

  const server_address& server() const noexcept { return client_.server(); }

  /// A successful answer's document; anything else is trouble with the problem's detail.
  outcome<document> get(std::string_view path) const { return ask("GET", path, {}); }
  outcome<document> post(std::string_view path, std::string body) const {
    return ask("POST", path, std::move(body));
  }
  outcome<document> remove(std::string_view path) const { return ask("DELETE", path, {}); }

  /// GET /health: its document also comes with 503.
  outcome<document> health() const;

  /// All pages of a list of streams or clients as one document `{member: […], "total": n}`, without those
  /// that come twice because they moved to another page meanwhile.
  outcome<document> get_all(std::string_view path, std::string_view member) const;

 private:
  outcome<document> ask(std::string_view method, std::string_view path, std::string body) const;

  http_client& client_;
};

}  // namespace millrace::ctl
