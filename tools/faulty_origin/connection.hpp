#pragma once
// One connection of the origin: a reader that notes each request as it arrives, and a writer that answers
// them in order. They run side by side, so that the delay of a pipelined request passes while an earlier body
// is sent.

#include "pacer.hpp"
#include "reply.hpp"
#include "wire.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace millrace::origin {

/// What a connection needs of its server. Outlives it.
struct connection_context {
  services with;
  SSL_CTX* tls = nullptr;
  std::chrono::milliseconds connect_delay{0};
  bool query_behaviour = true;
  std::string file_root;
  std::function<std::string(const std::string& path, std::string& type)>
      own_page;  ///< empty text: no such page
};

class connection {
 public:
  connection(asio::ip::tcp::socket socket, const connection_context& context);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// Ends everything that runs. On the connection's own thread.
  void abort(bool reset);

  asio::any_io_executor executor() { return wire_.socket().get_executor(); }

  /// Until the connection is closed.
  awaitable<> run();

 private:
  using clock = std::chrono::steady_clock;
  enum class after_reply { next, shut, gone };

  awaitable<> read_requests();
  awaitable<bool> skip_body(std::string& buffer, std::uint64_t length);
  void note(const request& seen);
  void peer_ended();

  awaitable<> write_replies();
  awaitable<after_reply> answer(request_record& asked);
  awaitable<after_reply> send_reply(request_record& asked, const reply& made);
  awaitable<after_reply> send_head(request_record& asked, const reply& made);
  awaitable<after_reply> send_body(request_record& asked, const reply& made);
  awaitable<error_code> send_piece(request_record& asked, const reply& made, std::string_view piece);
  awaitable<error_code> send_endless_head();
  awaitable<after_reply> happen(const body_event& event);
  reply own_reply(const request_record& asked) const;

  /// False when the connection has ended. `heed_peer`: also when the client has closed its side.
  awaitable<bool> sleep_until(clock::time_point due, bool heed_peer);
  awaitable<after_reply> wait_for_peer();

  const connection_context& context_;
  wire wire_;
  asio::steady_timer timer_;    // the writer's waits
  asio::steady_timer closing_;  // bounds the time between our FIN and the client's
  pacer pacer_;
  std::uint64_t id_;
  std::uint64_t asked_ = 0;
  std::string client_;
  std::uint16_t client_port_ = 0;
  std::string server_;
  clock::time_point opened_ = clock::now();
  std::deque<std::shared_ptr<request_record>> waiting_;
  bool heed_peer_ = false;  // the writer's present wait ends with the client
  bool peer_done_ = false;  // the client will send nothing more
  bool shut_ = false;       // we shall send nothing more
  bool gone_ = false;
};

}  // namespace millrace::origin
