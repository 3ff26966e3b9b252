#include "core/option_table.hpp"

#include "core/option_support.hpp"
#include "support/temporary_folder.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>
#include <sstream>

using namespace millrace;
using namespace millrace::test;

namespace {

template <class T>
std::string shown(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_enum_v<T>) {
    out << static_cast<int>(value);
  } else if constexpr (requires { value.count(); }) {
    out << value.count();
  } else if constexpr (std::is_same_v<T, words>) {
    for (const auto& each : value)
      out << each << ' ';
  } else {
    out << value;
  }
  return out.str();
}

/// Every setting that an option fills, as text.
std::map<std::string, std::string> show(const settings& s) {
  return {{"host", shown(s.listen.host)},
          {"port", shown(s.listen.port)},
          {"connections", shown(s.transfer.connections)},
          {"chunk-size", shown(s.transfer.chunk_size)},
          {"retry", shown(s.upstream.retries)},
          {"min-speed", shown(s.upstream.min_speed)},
          {"min-speed-streak", shown(s.upstream.min_speed_streak)},
          {"connect-timeout", shown(s.upstream.connect_timeout)},
          {"read-timeout", shown(s.upstream.read_timeout)},
          {"max-redirects", shown(s.upstream.max_redirects)},
          {"no-range", shown(s.transfer.no_range)},
          {"cache", shown(s.cache.on)},
          {"cache-size", shown(s.cache.size)},
          {"max-memory", shown(s.transfer.max_memory)},
          {"bind", shown(s.upstream.bind)},
          {"user-agent", shown(s.upstream.user_agent)},
          {"ca-file", shown(s.upstream.ca_file)},
          {"insecure", shown(s.upstream.insecure)},
          {"allow-upstream", shown(s.upstream.allow)},
          {"deny-upstream", shown(s.upstream.deny)},
          {"allow-host", shown(s.access.allow_hosts)},
          {"allow-origin", shown(s.access.allow_origins)},
          {"trusted-proxy", shown(s.access.trusted_proxies)},
          {"api-token", shown(s.access.api_token)},
          {"max-head", shown(s.listen.max_head)},
          {"head-timeout", shown(s.listen.head_timeout)},
          {"max-body", shown(s.listen.max_body)},
          {"body-timeout", shown(s.listen.body_timeout)},
          {"keep-alive-timeout", shown(s.listen.keep_alive_timeout)},
          {"send-timeout", shown(s.listen.send_timeout)},
          {"max-clients", shown(s.listen.max_clients)},
          {"max-clients-per-address", shown(s.listen.max_clients_per_address)},
          {"threads", shown(s.listen.threads)},
          {"log-level", shown(s.log.level)},
          {"log-format", shown(s.log.format)}};
}

/// One good value of an option and what becomes of it; `name` is its row of show().
struct good_value {
  std::string name, value, expected;
  friend std::ostream& operator<<(std::ostream& out, const good_value& each) {
    return out << "--" << each.name << '=' << each.value;
  }
};

const std::vector<good_value> good_values{
    {"host", "127.0.0.1", "127.0.0.1"},
    {"host", "::1", "::1"},
    {"host", "[::1]", "::1"},
    {"host", "fe80::1%lo", "fe80::1%lo"},
    {"host", "localhost", "127.0.0.1"},
    {"port", "0", "0"},
    {"port", "65535", "65535"},
    {"connections", "1", "1"},
    {"connections", "64", "64"},
    {"chunk-size", "64K", "65536"},
    {"chunk-size", "64M", "67108864"},
    {"chunk-size", "0.5m", "524288"},
    {"retry", "0", "0"},
    {"min-speed", "0", "0"},
    {"min-speed", "off", "0"},
    {"min-speed", "1.5K", "1536"},
    {"min-speed-streak", "10", "10"},
    {"connect-timeout", "0.5", "500"},
    {"connect-timeout", "2", "2000"},
    {"read-timeout", "0.001", "1"},
    {"max-redirects", "0", "0"},
    {"no-range", "passthrough", "1"},
    {"cache", "true", "1"},
    {"cache-size", "64M", "67108864"},
    {"max-memory", "1M", "1048576"},
    {"max-memory", "2G", "2147483648"},
    {"bind", "192.0.2.1", "192.0.2.1 "},
    {"bind", "2001:db8::1", "2001:db8::1 "},
    {"user-agent", "VLC/3.0 #1", "VLC/3.0 #1"},
    {"ca-file", "/tmp/ca.pem", "/tmp/ca.pem"},
    {"insecure", "true", "1"},
    {"insecure", "NO", "0"},
    {"allow-upstream", "loopback", "loopback "},
    {"allow-upstream", "private", "private "},
    {"allow-upstream", "public", "public "},
    {"allow-upstream", "10.0.0.0/8", "10.0.0.0/8 "},
    {"allow-upstream", "2001:db8::/32", "2001:db8::/32 "},
    {"allow-upstream", "::1", "::1 "},
    {"allow-upstream", "*.example.com", "*.example.com "},
    {"deny-upstream", "cdn_1.example.com", "cdn_1.example.com "},
    {"allow-host", "media.example.com", "media.example.com "},
    {"allow-origin", "https://app.example.com:8443", "https://app.example.com:8443 "},
    {"allow-origin", "http://[::1]:3000", "http://[::1]:3000 "},
    {"allow-origin", "chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop "},
    {"allow-origin", "moz-extension://0f3c1a52-4222-8333", "moz-extension://0f3c1a52-4222-8333 "},
    {"allow-origin", "*", "* "},
    {"api-token", "s3cr,et!#~", "s3cr,et!#~"},
    {"max-head", "1K", "1024"},
    {"max-head", "16M", "16777216"},
    {"head-timeout", "0.5", "500"},
    {"max-body", "2M", "2097152"},
    {"body-timeout", "5", "5000"},
    {"keep-alive-timeout", "10", "10000"},
    {"trusted-proxy", "172.16.0.0/12", "172.16.0.0/12 "},
    {"send-timeout", "2592000", "2592000000"},
    {"max-clients", "1", "1"},
    {"max-clients-per-address", "off", "0"},
    {"max-clients-per-address", "8", "8"},
    {"threads", "2", "2"},
    {"log-level", "Warning", "2"},
    {"log-level", "CRITICAL", "4"},
    {"log-format", "json", "1"},
};

struct bad_value {
  std::string name, value;
  friend std::ostream& operator<<(std::ostream& out, const bad_value& each) {
    return out << "--" << each.name << '=' << each.value;
  }
};

const std::vector<bad_value> bad_values{
    {"host", ""},
    {"host", "example.com"},
    {"host", "[127.0.0.1]"},
    {"host", "1.2.3"},
    {"host", "::1%"},
    {"port", ""},
    {"port", "65536"},
    {"port", "-1"},
    {"port", "+1"},
    {"port", "80x"},
    {"port", " 80"},
    {"port", "0x50"},
    {"port", "99999999999999999999"},
    {"connections", "0"},
    {"connections", "65"},
    {"connections", "1.5"},
    {"chunk-size", "63K"},
    {"chunk-size", "65M"},
    {"chunk-size", "1MB"},
    {"retry", "1001"},
    {"retry", "off"},
    {"min-speed", "-1"},
    {"min-speed", "fast"},
    {"min-speed-streak", "0"},
    {"connect-timeout", "0"},
    {"connect-timeout", "-1"},
    {"connect-timeout", "1e3"},
    {"connect-timeout", "nan"},
    {"connect-timeout", "3601"},
    {"connect-timeout", "1.2.3"},
    {"connect-timeout", "5s"},
    {"connect-timeout", ""},
    {"read-timeout", "0.0001"},
    {"max-redirects", "101"},
    {"no-range", "maybe"},
    {"cache", "64M"},
    {"cache-size", "0"},
    {"cache-size", "much"},
    {"max-memory", "0"},
    {"max-memory", "1023K"},
    {"bind", "eth0"},
    {"bind", "localhost"},
    {"bind", "10.0.0.1,10.0.0.2"},
    {"user-agent", ""},
    {"user-agent", "a\r\nX: b"},
    {"ca-file", ""},
    {"insecure", "perhaps"},
    {"allow-upstream", ""},
    {"allow-upstream", "10.0.0.0/33"},
    {"allow-upstream", "10.0.0.0/"},
    {"allow-upstream", "10.0.0"},
    {"allow-upstream", "*"},
    {"allow-upstream", "a.*.com"},
    {"allow-upstream", "http://example.com"},
    {"deny-upstream", "a..b"},
    {"deny-upstream", "::1/129"},
    {"allow-host", "a b"},
    {"allow-host", "host:8001"},
    {"allow-origin", "example.com"},
    {"allow-origin", "https://example.com/"},
    {"allow-origin", "https://"},
    {"allow-origin", "null"},
    {"max-head", "1023"},
    {"max-head", "17M"},
    {"head-timeout", "0"},
    {"max-body", "0"},
    {"body-timeout", "3601"},
    {"keep-alive-timeout", "off"},
    {"trusted-proxy", "proxy.lan"},
    {"send-timeout", "2592001"},
    {"max-clients", "0"},
    {"max-clients", "1000001"},
    {"max-clients-per-address", "-1"},
    {"threads", "1025"},
    {"log-level", "LOUD"},
    {"log-level", ""},
    {"log-format", "xml"},
};

std::string variable_of(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  return "MILLRACE_" + name;
}

}  // namespace

namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(option_values)

BOOST_AUTO_TEST_CASE(nothing_given_is_the_defaults) {
  BOOST_TEST((show(parse({})) == show(settings())));
}

BOOST_AUTO_TEST_CASE(the_defaults_of_the_help_are_those_of_the_settings) {
  for (const option& each : option_table()) {
    if (!each.store || each.standard.empty() || each.standard.find(' ') != std::string_view::npos) continue;
    BOOST_TEST_CONTEXT("--" << each.name) {
      const auto explicitly = parse({"--" + std::string(each.name) + "=" + std::string(each.standard)});
      BOOST_TEST((show(explicitly) == show(settings())));
    }
  }
}

BOOST_DATA_TEST_CASE(a_good_value_fills_its_setting_from_each_source, data::make(good_values), row) {
  auto expected = show(settings());
  expected[row.name] = row.expected;
  BOOST_TEST((show(parse({"--" + row.name + "=" + row.value})) == expected));
  BOOST_TEST((show(parse({}, {{variable_of(row.name), row.value}})) == expected));
  if (row.value.find('#') != std::string::npos) return;  // begins a comment in a file
  const test::temporary_folder folder;
  const auto file = folder.write("config", row.name + " = " + row.value + "\n");
  BOOST_TEST((show(parse({"--config", file})) == expected));
}

BOOST_DATA_TEST_CASE(a_bad_value_is_one_line_with_its_origin, data::make(bad_values), row) {
  const auto typed = complaint({"--" + row.name + "=" + row.value});
  BOOST_TEST(typed.starts_with("--" + row.name + ": bad value \""), typed);
  BOOST_TEST(contains(typed, "expected "), typed);
  BOOST_TEST(!contains(typed, "\n"), typed);
  if (row.value.empty() || row.value.find(',') != std::string::npos) return;  // not set; two of a list
  const auto set = complaint({}, {{variable_of(row.name), row.value}});
  BOOST_TEST(set.starts_with(variable_of(row.name) + ": bad value"), set);
}

BOOST_AUTO_TEST_CASE(the_api_token_has_a_second_variable) {
  BOOST_TEST(parse({}, {{"API_TOKEN", "second"}}).access.api_token == "second");
  BOOST_TEST(parse({}, {{"API_TOKEN", "second"}, {"MILLRACE_API_TOKEN", "first"}}).access.api_token ==
             "first");
}

BOOST_AUTO_TEST_CASE(a_bad_token_is_not_shown) {
  for (const std::string value : {"", "very secret", "secret\t", "secr\xc3\xa9t", "secret\x7f"}) {
    const auto typed = complaint({"--api-token=" + value});
    BOOST_TEST(typed == "--api-token: bad value, expected visible ASCII characters without blanks");
    BOOST_TEST(!contains(typed, "secr"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
