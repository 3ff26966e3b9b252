#pragma once
// One upstream response passed on as it comes: for upstreams without Range support or without a known size.

#include "transfer/framed_writer.hpp"
#include "transfer/whole_body.hpp"

namespace millrace::transfer {

struct passthrough_job {
  whole_body& body;
  std::string head;
  client_framing framing;
  async::block_pool& blocks;
  client_limits limits;
  sent_observer on_sent;
};

/// Sends the head and then the body as it arrives, one block at a time. `complete` when the upstream's body
/// ended properly; a body that broke off for good is cut; where the close alone would look like its end
/// (until_close), the connection will be reset.
async::awaitable<delivery_result> pass_through(async::transport& client, passthrough_job work);

}  // namespace millrace::transfer
