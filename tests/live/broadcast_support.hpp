#pragma once
// Pieces to broadcast, and a broadcast to put them on.

#include "live/broadcast.hpp"
#include "live/ts_stream.hpp"
#include "support/run_sync.hpp"

#include <boost/test/unit_test.hpp>

namespace millrace::test {

/// The next `packets` of a stream as one piece. With a key frame first where it is wanted.
inline live::piece_ptr make_piece(live::piece_builder& builder, ts_writer& writer, std::size_t packets,
                                  bool key_frame = false) {
  bytes out;
  if (key_frame) add(out, writer.packet({.pid = video_pid, .unit_start = true, .flags = 0x40}));
  while (count(out) < packets)
    add(out, writer.essence());
  builder.append(out);
  return builder.take();
}

inline std::shared_ptr<registry::stream> make_stream(const registry_settings& config,
                                                     const std::string& id = std::string(32, 'a')) {
  registry::stream_definition what;
  what.sources.push_back(url::parse("http://192.0.2.1/" + id + ".ts").value());
  return std::make_shared<registry::stream>(id, std::move(what), config);
}

/// A broadcast whose home is the loop of the test.
struct broadcast_fixture {
  boost::asio::io_context loop{1};
  async::executor here = loop.get_executor();
  live_settings config;
  registry_settings registry_config;
  async::memory_budget memory{1ULL << 30U};
  std::shared_ptr<live::broadcast> show;
  live::piece_builder builder;
  ts_writer writer;

  broadcast_fixture() {
    config.buffer = 188 * 100;
    config.burst = 188 * 40;
    begin();
  }
  void begin() {
    show = std::make_shared<live::broadcast>(here, make_stream(registry_config), config, memory);
  }
  live::piece_ptr publish(std::size_t packets, bool key_frame = false) {
    auto next = make_piece(builder, writer, packets, key_frame);
    show->publish(next);
    return next;
  }
  /// Everything that was posted.
  void settle() {
    loop.restart();
    loop.poll();
  }
};

}  // namespace millrace::test
