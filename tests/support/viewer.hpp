#pragma once
// A blocking client that reads one response as it comes, takes the framing off, and can leave in any way.

#include "support/raw_client.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::test {

struct viewer_options {
  std::string lines{};  ///< more header fields, each with its CRLF
  std::string method = "GET";
  std::string version = "1.1";
  int receive_buffer = 0;  ///< of the socket, bytes; 0: the system's
  bool wait_head = true;   ///< the constructor reads the response head
};

class viewer {
 public:
  /// Connects and asks. Throws std::runtime_error when that is not possible or no head comes.
  viewer(std::uint16_t port, const std::string& target, const viewer_options& how = {});
  viewer(const viewer&) = delete;
  viewer& operator=(const viewer&) = delete;
  ~viewer();

  void receive_head();
  int status() const { return head_.status; }
  std::optional<std::string> header(std::string_view name) const { return head_.header(name); }

  /// Payload so far; the caller may take it away.
  std::string body;
  /// Payload in all.
  std::uint64_t received() const { return received_; }
  /// One read of what there is; false at the end, or when nothing came for 20 s.
  bool read();
  /// Reads until there is so much payload in all. False when it ended before.
  bool read_to(std::uint64_t payload);
  /// Reads for that long, or to the end.
  void read_for(std::chrono::milliseconds time);
  /// Reads until the predicate, asked after each read, is true. False at the end.
  bool read_until(const std::function<bool()>& enough);
  /// Everything up to the end.
  void drain() { read_to(UINT64_MAX); }

  bool complete() const { return complete_; }  ///< the framing says that this is all of it
  ending ended() const { return ended_; }      ///< none while the connection is open

  void half_close();  ///< sends FIN and can go on reading
  void close();
  void reset();  ///< leaves with RST

 private:
  void take(std::string_view bytes);
  bool fill(char* into, std::size_t size, std::size_t& count);

  int socket_ = -1;
  raw_response head_;
  std::string raw_;  ///< head, or chunk framing that is not complete
  enum class framing { length, chunked, until_close, none } framing_ = framing::none;
  std::uint64_t left_ = 0;  ///< of the body or chunk
  enum class chunk { size, data, end, trailer, done } chunk_ = chunk::size;
  std::uint64_t received_ = 0;
  bool complete_ = false;
  ending ended_ = ending::none;
};

}  // namespace millrace::test
