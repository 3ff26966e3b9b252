#pragma once
// A name server on 127.0.0.1 that knows what the test tells it (RFC 1035, A and AAAA over UDP).

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::test {

class dns_server {
 public:
  enum class type : std::uint16_t { a = 1, aaaa = 28 };
  enum class kind { addresses, server_failure, silence };
  struct answer {
    kind what = kind::addresses;
    std::vector<std::string> addresses;  ///< none: the name exists without an address of the type
    std::uint32_t ttl = 60;
  };

  dns_server() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    auto* plain = reinterpret_cast<sockaddr*>(&own);
    if (::bind(socket_, plain, size) != 0 || ::getsockname(socket_, plain, &size) != 0) {
      throw std::runtime_error("the DNS test server cannot listen");
    }
    address_ = "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
    own_ = own;
    thread_ = std::thread([this] { run(); });
  }
  ~dns_server() {
    // An empty datagram ends the thread.
    ::sendto(socket_, "", 0, 0, reinterpret_cast<const sockaddr*>(&own_), sizeof own_);
    thread_.join();
    ::close(socket_);
  }
  dns_server(const dns_server&) = delete;
  dns_server& operator=(const dns_server&) = delete;

  /// For upstream_settings::dns_servers.
  const std::string& address() const noexcept { return address_; }

  /// Names without a rule do not exist.
  void set(const std::string& name, type what, answer reply) {
    const std::lock_guard lock(mutex_);
    answers_[{name, what}] = std::move(reply);
  }
  void set(const std::string& name, std::vector<std::string> v4, std::vector<std::string> v6 = {}) {
    set(name, type::a, {kind::addresses, std::move(v4), 60});
    set(name, type::aaaa, {kind::addresses, std::move(v6), 60});
  }

  std::size_t questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }

 private:
  using bytes = std::vector<std::uint8_t>;

  static void put16(bytes& out, unsigned value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
  }

  static void put_record(bytes& out, type what, const answer& reply, const std::string& address) {
    const auto parsed = boost::asio::ip::make_address(address);
    put16(out, 0xc00c);  // the name of the question
    put16(out, static_cast<unsigned>(what));
    put16(out, 1);
    put16(out, reply.ttl >> 16);
    put16(out, reply.ttl & 0xffff);
    const auto append = [&](const auto& raw) {
      put16(out, static_cast<unsigned>(raw.size()));
      out.insert(out.end(), raw.begin(), raw.end());
    };
    if (parsed.is_v4()) {
      append(parsed.to_v4().to_bytes());
    } else {
      append(parsed.to_v6().to_bytes());
    }
  }

  /// Empty: say nothing.
  bytes reply_to(const bytes& question) {
    std::string name;
    std::size_t at = 12;
    while (at < question.size() && question[at] != 0) {
      if (!name.empty()) name += '.';
      for (std::size_t left = question[at++]; left > 0 && at < question.size(); --left) {
        name += static_cast<char>(question[at++]);
      }
    }
    at += 5;  // the root label, type and class
    if (at > question.size()) return {};
    const auto what = static_cast<type>(question[at - 4] * 256 + question[at - 3]);

    const std::lock_guard lock(mutex_);
    ++questions_;
    const auto found = answers_.find({name, what});
    const bool exists = found != answers_.end();
    const auto reply = exists ? found->second : answer();
    if (reply.what == kind::silence) return {};

    bytes out(question.begin(), question.begin() + static_cast<std::ptrdiff_t>(at));
    out[2] = 0x81;
    out[3] = static_cast<std::uint8_t>(0x80 | (!exists ? 3 : reply.what == kind::server_failure ? 2 : 0));
    out[6] = 0;
    out[7] = static_cast<std::uint8_t>(reply.addresses.size());
    std::fill(out.begin() + 8, out.begin() + 12, std::uint8_t{0});
    for (const auto& address : reply.addresses)
      put_record(out, what, reply, address);
    return out;
  }

  void run() {
    while (true) {
      bytes question(1500);
      sockaddr_in from{};
      socklen_t size = sizeof from;
      auto* plain = reinterpret_cast<sockaddr*>(&from);
      const auto got = ::recvfrom(socket_, question.data(), question.size(), 0, plain, &size);
      if (got <= 0) return;
      question.resize(static_cast<std::size_t>(got));
      const auto reply = reply_to(question);
      if (!reply.empty()) ::sendto(socket_, reply.data(), reply.size(), 0, plain, size);
    }
  }

  int socket_;
  sockaddr_in own_{};
  std::string address_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, type>, answer> answers_;
  std::size_t questions_ = 0;
  std::thread thread_;
};

}  // namespace millrace::test
