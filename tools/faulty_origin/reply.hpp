#pragma once
// From a request and its behaviour to what shall be sent: decisions only, no sockets.

#include "content.hpp"
#include "journal.hpp"
#include "live_body.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::origin {

/// Something that happens at a place in the body.
struct body_event {
  enum class kind { stall, truncate, reset, slow };

  kind what;
  std::uint64_t after;     ///< body bytes of this response
  std::uint64_t rate = 0;  ///< with kind::slow
};

struct reply {
  int status = 200;
  std::string head;                         ///< interim responses included
  std::shared_ptr<const body> content{};    ///< null: no body
  std::shared_ptr<const live_body> live{};  ///< the same as `content` when that comes in its own time
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  framing body_framing = framing::content_length;
  bool keep_alive = true;
  std::uint64_t rate = 0;  ///< bytes per second, 0 = as fast as it goes
  std::optional<head_fault> fault{};
  std::vector<body_event> events{};  ///< in order, all before the end of the body
};

/// Everything that the composer looks up. The references outlive every reply.
struct services {
  journal& seen;
  content_store& contents;
  bool tls;
};

/// The answer to an admitted request.
reply compose_reply(const services& with, const request_record& asked, const behaviour& rules);

/// A short answer of the origin itself: text/plain, or `type`.
reply compose_text(const request_record& asked, int status, std::string text, const header_list& headers = {},
                   std::string_view type = "text/plain");

/// What a connection beyond the path's limit gets.
reply compose_refusal(const request_record& asked, const connection_limit& limit);

}  // namespace millrace::origin
