#pragma once
// One client's response from a shared body, while it is being filled or afterwards.

#include "transfer/framed_writer.hpp"
#include "transfer/shared_resource.hpp"

#include <memory>
#include <string>

namespace millrace::transfer {

/// What send_shared() works on.
struct sending_job {
  std::unique_ptr<reading> from;  ///< of open_shared(), on the client's event loop
  byte_offset body_begin = 0;     ///< shared_resource::range.begin
  byte_range part;                ///< which bytes of the resource, within shared_resource::range
  std::string head;
  client_framing framing = client_framing::length;
  client_limits limits;
  sent_observer on_sent;
};

/// Sends the head with the first bytes, then exactly the bytes of the part as they come in; in the framings
/// without a length up to the end of the body, if that comes first. A body that broke is cut with its cause;
/// `cause` without a byte sent means that the head has not been sent either, and another response may be. A
/// client that takes nothing for `send_timeout` is given up. Other readers of the body do not notice.
async::awaitable<delivery_result> send_shared(async::transport& client, sending_job work);

}  // namespace millrace::transfer
