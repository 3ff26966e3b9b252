#pragma once
// A server that resolves names as a test says, and an origin on loopback that names lead to.

#include "server/stream_support.hpp"

namespace millrace::test {

struct named_fixture {
  explicit named_fixture(settings config = stream_settings())
      : server(with_names(std::move(config), names)) {}

  static settings with_names(settings config, const dns_server& names) {
    config.upstream.dns_servers = {names.address()};
    return config;
  }

  dns_server names;
  millrace::origin::server origin;
  running_server server;

  std::string url(const std::string& host, std::string_view path = "/a.mkv") const {
    return "http://" + host + ":" + std::to_string(origin.port()) + std::string(path);
  }
};

}  // namespace millrace::test
