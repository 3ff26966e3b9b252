#pragma once
// A connector with everything it needs, on loopback, for the tests of this floor.

#include "support/dns_server.hpp"
#include "support/tls_server.hpp"
#include "upstream/connector.hpp"

#include <string>

namespace millrace::upstream {

/// Whom the TLS tests trust, and whom not; made once.
struct test_authority {
  test::identity root = test::make_identity("");
  test::pem_file file{root.certificate.get()};
  test::identity server = test::make_identity("DNS:host.test,IP:127.0.0.1", &root);

  static const test_authority& shared() {
    static const test_authority made;
    return made;
  }
};

struct test_network {
  explicit test_network(std::vector<std::string> allow = {"loopback"}, std::vector<std::string> deny = {})
      : policy(allow, deny) {
    config.dns_servers = {names.address()};
  }

  test::dns_server names;
  upstream_settings config;
  address_policy policy;
  dns_cache dns;
  async::tls_context tls{test_authority::shared().file.path(), false};
  connector via{config, policy, dns, tls};
};

inline url make_url(const std::string& text) {
  return url::parse(text).value();
}

}  // namespace millrace::upstream
