#include "support/raw_client.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::test {
namespace {

struct endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

endpoint make_endpoint(const std::string& host, std::uint16_t port) {
  endpoint made;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&made.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    made.length = sizeof *v4;
    return made;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&made.storage);
  if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) != 1)
    throw std::runtime_error("not an address: " + host);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  made.length = sizeof *v6;
  return made;
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> raw_response::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const auto value = line.find_first_not_of(' ', name.size() + 1);
    return std::string(value == line.npos ? std::string_view() : line.substr(value));
  }
  return std::nullopt;
}

raw_client::raw_client(std::uint16_t port, const std::string& host, const std::string& from,
                       int limit_seconds) {
  const endpoint to = make_endpoint(host, port);
  socket_ = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool ok = socket_ >= 0;
  if (ok && !from.empty()) {
    const endpoint local = make_endpoint(from, 0);
    ok = ::bind(socket_, local.get(), local.length) == 0;
  }
  ok = ok && ::connect(socket_, to.get(), to.length) == 0;
  if (!ok) {
    const std::string cause = std::strerror(errno);
    if (socket_ >= 0) ::close(socket_);
    throw std::runtime_error("cannot connect: " + cause);
  }
  const timeval limit{limit_seconds, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

raw_client::~raw_client() {
  // Without it OpenSSL takes the session for broken and never resumes it.
  if (ssl_ && ended_ == ending::none && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ssl_.reset();
  ::close(socket_);
}

bool raw_client::handshake(SSL_CTX* context, const std::string& name, SSL_SESSION* session) {
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), socket_);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), 0);
    SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  }
  if (session != nullptr) SSL_set_session(ssl_.get(), session);
  ERR_clear_error();
  if (SSL_connect(ssl_.get()) == 1) return true;
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  tls_error_ = text.data();
  if (const long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK) {
    tls_error_ = X509_verify_cert_error_string(verdict);
  }
  return false;
}

void raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count =
        ssl_ ? static_cast<ssize_t>(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())))
             : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the next read tells how the connection ended
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void raw_client::get(std::string_view target, std::string_view more_lines, std::string_view method) {
  std::string text(method);
  text.append(" ")
      .append(target)
      .append(" HTTP/1.1\r\nHost: origin.test\r\n")
      .append(more_lines)
      .append("\r\n");
  send(text);
}

bool raw_client::fill() {
  if (ended_ != ending::none) return false;
  std::array<char, 64UL * 1024> block{};
  errno = 0;
  const auto count =
      ssl_ ? static_cast<ssize_t>(SSL_read(ssl_.get(), block.data(), static_cast<int>(block.size())))
           : ::recv(socket_, block.data(), block.size(), 0);
  if (count > 0) {
    buffer_.append(block.data(), static_cast<std::size_t>(count));
    return true;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    ended_ = ending::timed_out;
  } else {
    ended_ = errno == ECONNRESET || errno == EPIPE ? ending::reset : ending::closed;
  }
  return false;
}

std::string raw_client::read_head() {
  auto end = buffer_.find("\r\n\r\n");
  while (end == buffer_.npos) {
    if (!fill()) return {};
    end = buffer_.find("\r\n\r\n");
  }
  std::string head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  return head;
}

std::optional<std::string> raw_client::read_line() {
  auto end = buffer_.find("\r\n");
  while (end == buffer_.npos) {
    if (!fill()) return std::nullopt;
    end = buffer_.find("\r\n");
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

bool raw_client::read_chunks(std::string& body) {
  while (true) {
    const auto line = read_line();
    const auto size = line ? number(*line, 16) : std::nullopt;
    if (!size) return false;
    const std::string data = read(*size);
    body += data;
    const auto end = data.size() == *size ? read_line() : std::nullopt;
    if (!end || !end->empty()) return false;
    if (*size == 0) return true;
  }
}

raw_response raw_client::receive(bool head_only, std::size_t body_limit) {
  raw_response answer;
  do {
    answer.head = read_head();
    if (!answer.head.starts_with("HTTP/1.") || answer.head.size() < 12) return answer;
    answer.status = static_cast<int>(number(std::string_view(answer.head).substr(9, 3), 10).value_or(0));
  } while (answer.status / 100 == 1);
  const auto length = answer.header("Content-Length");
  if (head_only || answer.status == 204 || answer.status == 304) {
    answer.complete = true;
  } else if (answer.header("Transfer-Encoding")) {
    answer.complete = read_chunks(answer.body);
  } else if (length) {
    const std::size_t size = number(*length, 10).value_or(0);
    answer.body = read(std::min(size, body_limit));
    answer.complete = answer.body.size() == size;
  } else {
    answer.body = read(body_limit);
    answer.complete = ended_ == ending::closed;
  }
  return answer;
}

std::string raw_client::read(std::size_t most) {
  while (buffer_.size() < most) {
    if (!fill()) break;
  }
  const std::size_t count = std::min(most, buffer_.size());
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

}  // namespace millrace::test
