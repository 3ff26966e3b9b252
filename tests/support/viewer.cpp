#include "support/viewer.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::test {

viewer::viewer(std::uint16_t port, const std::string& target, const viewer_options& how) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) throw std::runtime_error("no socket");
  if (how.receive_buffer > 0)
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &how.receive_buffer, sizeof(how.receive_buffer));
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto text =
      how.method + ' ' + target + " HTTP/" + how.version + "\r\nHost: 127.0.0.1\r\n" + how.lines + "\r\n";
  const bool asked =
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0 &&
      ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  try {
    if (!asked) throw std::runtime_error("cannot ask");
    if (how.wait_head) receive_head();
  } catch (...) {
    close();
    throw;
  }
  if (how.method == "HEAD") {
    framing_ = framing::none;
    complete_ = true;
  }
}

viewer::~viewer() {
  close();
}

bool viewer::fill(char* into, std::size_t size, std::size_t& count) {
  if (ended_ != ending::none || socket_ < 0) return false;
  const auto got = ::recv(socket_, into, size, 0);
  if (got > 0) {
    count = static_cast<std::size_t>(got);
    return true;
  }
  ended_ = got == 0 ? ending::closed : errno == ECONNRESET ? ending::reset : ending::timed_out;
  return false;
}

void viewer::receive_head() {
  std::vector<char> buffer(16 * 1024);
  auto end = std::string::npos;
  while (end == std::string::npos) {
    std::size_t count = 0;
    if (!fill(buffer.data(), buffer.size(), count)) throw std::runtime_error("no response head");
    raw_.append(buffer.data(), count);
    end = raw_.find("\r\n\r\n");
  }
  head_.head = raw_.substr(0, end + 4);
  head_.status = std::stoi(head_.head.substr(9, 3));
  const auto rest = raw_.substr(end + 4);
  raw_.clear();
  const auto length = header("Content-Length");
  if (header("Transfer-Encoding")) {
    framing_ = framing::chunked;
  } else if (length) {
    framing_ = framing::length;
    left_ = std::stoull(*length);
    complete_ = left_ == 0;
  } else {
    framing_ = framing::until_close;
  }
  take(rest);
}

void viewer::take(std::string_view bytes) {
  const auto add = [&](std::string_view part) {
    body += part;
    received_ += part.size();
  };
  if (framing_ == framing::until_close) add(bytes);
  if (framing_ == framing::length) {
    const auto part = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    add(part);
    left_ -= part.size();
    complete_ = left_ == 0;
  }
  if (framing_ != framing::chunked) return;
  while (!bytes.empty() && chunk_ != chunk::done) {
    if (chunk_ == chunk::data) {
      const auto part =
          bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      add(part);
      left_ -= part.size();
      bytes.remove_prefix(part.size());
      if (left_ == 0) chunk_ = chunk::end;
      continue;
    }
    raw_ += bytes.front();
    bytes.remove_prefix(1);
    if (!raw_.ends_with("\r\n")) continue;
    if (chunk_ == chunk::size) {
      std::from_chars(raw_.data(), raw_.data() + raw_.size(), left_, 16);
      chunk_ = left_ == 0 ? chunk::trailer : chunk::data;
    } else {
      chunk_ = chunk_ == chunk::end ? chunk::size : chunk::done;
    }
    raw_.clear();
  }
  complete_ = chunk_ == chunk::done;
}

bool viewer::read() {
  if (complete_) return false;
  std::vector<char> buffer(64 * 1024);
  std::size_t count = 0;
  if (!fill(buffer.data(), buffer.size(), count)) {
    if (framing_ == framing::until_close && ended_ == ending::closed) complete_ = true;
    return false;
  }
  take({buffer.data(), count});
  return true;
}

bool viewer::read_to(std::uint64_t payload) {
  while (received_ < payload) {
    if (!read()) return false;
  }
  return true;
}

void viewer::read_for(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  read_until([&] { return std::chrono::steady_clock::now() >= until; });
}

bool viewer::read_until(const std::function<bool()>& enough) {
  while (!enough()) {
    if (!read()) return false;
  }
  return true;
}

void viewer::half_close() {
  ::shutdown(socket_, SHUT_WR);
}

void viewer::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void viewer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

}  // namespace millrace::test
