#include "registry/cause.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace millrace;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(cause_test)

BOOST_AUTO_TEST_CASE(names_are_label_values_and_differ) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < cause_count; ++i) {
    const std::string name(name_of(static_cast<cause>(i)));
    BOOST_TEST(!name.empty());
    BOOST_TEST(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos, name);
    names.insert(name);
  }
  BOOST_TEST(names.size() == cause_count);
  BOOST_TEST(name_of(cause::refused) == "refused");
  BOOST_TEST(name_of(cause::manual) == "manual");
}

BOOST_AUTO_TEST_CASE(causes_of_failures) {
  struct row {
    errc code;
    int status;
    cause expected;
  };
  const row rows[] = {
      {errc::connection_refused, 0, cause::refused},
      {errc::connect_failed, 0, cause::unreachable},
      {errc::address_forbidden, 0, cause::unreachable},
      {errc::host_not_found, 0, cause::dns},
      {errc::resolve_failed, 0, cause::dns},
      {errc::tls_failed, 0, cause::tls},
      {errc::connect_timeout, 0, cause::timeout},
      {errc::read_timeout, 0, cause::timeout},
      {errc::low_speed, 0, cause::low_speed},
      {errc::connection_lost, 0, cause::broken},
      {errc::body_ended, 0, cause::ended},
      {errc::malformed_response, 0, cause::malformed},
      {errc::not_a_playlist, 0, cause::malformed},
      {errc::unexpected_status, 404, cause::client_error},
      {errc::unexpected_status, 503, cause::server_error},
      {errc::range_unsatisfiable, 416, cause::client_error},
      {errc::resource_changed, 0, cause::changed},
      {errc::source_differs, 0, cause::changed},
  };
  for (const auto& each : rows) {
    failure why;
    why.code = each.code;
    why.status = each.status;
    BOOST_TEST(name_of(cause_of(why)) == name_of(each.expected), error_code(each.code).message());
  }
}

BOOST_AUTO_TEST_SUITE_END()
