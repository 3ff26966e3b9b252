#include "core/error.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

namespace millrace {

namespace {

constexpr unsigned bit(condition value) noexcept {
  return 1U << static_cast<unsigned>(value);
}

constexpr unsigned retry = bit(condition::retry);
constexpr unsigned next_source = bit(condition::next_source_at_once);
constexpr unsigned fatal = bit(condition::fatal);
constexpr unsigned timeout = bit(condition::timeout);
constexpr unsigned redirect = bit(condition::redirect);

struct description {
  const char* message;
  unsigned conditions;
};

/// A code without a condition ends the attempt as it is: its own status goes to the client.
constexpr description describe(errc value) noexcept {
  switch (value) {
    case errc::invalid_url:
      return {"not an absolute http or https URL", 0};
    case errc::invalid_size:
      return {"not a size: digits, optionally with K, M or G", 0};
    case errc::invalid_header:
      return {"this header may not be given", 0};
    case errc::invalid_value:
      return {"the value is out of its range", 0};
    // A name that is unknown now will be unknown in a second; a name server that failed may well answer then.
    case errc::host_not_found:
      return {"the host name is unknown", next_source};
    case errc::resolve_failed:
      return {"the host name could not be resolved", retry | next_source};
    case errc::address_forbidden:
      return {"connections to this address are not allowed", next_source};
    case errc::connection_refused:
      return {"the connection was refused", retry | next_source};
    case errc::connect_failed:
      return {"could not connect", retry};
    case errc::connect_timeout:
      return {"could not connect in time", retry | timeout};
    case errc::tls_failed:
      return {"the secure connection failed", next_source};
    case errc::read_timeout:
      return {"the upstream sent nothing for too long", retry | timeout};
    case errc::low_speed:
      return {"the upstream was too slow", retry | timeout};
    case errc::connection_lost:
      return {"the connection was lost", retry};
    case errc::body_ended:
      return {"the stream ended", retry};
    case errc::malformed_response:
      return {"the answer was not valid HTTP", retry};
    case errc::not_transport_stream:
      return {"the answer was no MPEG transport stream", next_source};
    case errc::not_a_playlist:
      return {"the answer was no HLS playlist", next_source};
    case errc::unexpected_status:
      return {"the upstream answered with an error", 0};
    case errc::range_unsupported:
      return {"the upstream does not support ranges", 0};
    // A server that miscounts now will miscount again.
    case errc::wrong_range:
      return {"the upstream sent another range than asked for", next_source};
    case errc::resource_changed:
      return {"the resource changed while it was read", fatal};
    // Not fatal: a third source may hold the same bytes as the first.
    case errc::source_differs:
      return {"another source does not hold the same bytes", next_source};
    case errc::range_unsatisfiable:
      return {"the range lies outside the resource", 0};
    // The same URL redirects the same way again, but another source need not.
    case errc::too_many_redirects:
      return {"too many redirects", redirect | next_source};
    case errc::redirect_loop:
      return {"the redirects form a loop", redirect | next_source};
    case errc::bad_redirect:
      return {"the redirect leads nowhere", redirect | next_source};
  }
  return {"unknown error", 0};
}

/// System codes travel unchanged, so the policy has to understand those that sockets give.
unsigned conditions_of_system(const error_code& code) noexcept {
  namespace sys = boost::system::errc;
  if (code == sys::connection_refused) return retry | next_source;
  if (code == sys::timed_out) return retry | timeout;
  if (code == sys::connection_reset || code == sys::connection_aborted || code == sys::broken_pipe ||
      code == sys::not_connected || code == sys::network_unreachable || code == sys::host_unreachable ||
      code == sys::network_down || code == sys::network_reset) {
    return retry;
  }
  return 0;
}

class millrace_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "millrace"; }
  std::string message(int value) const override { return describe(static_cast<errc>(value)).message; }
};

class millrace_condition_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "millrace.condition"; }

  std::string message(int value) const override {
    switch (static_cast<condition>(value)) {
      case condition::retry:
        return "the same URL may work in a moment";
      case condition::next_source_at_once:
        return "another URL might work";
      case condition::fatal:
        return "no source can mend it";
      case condition::timeout:
        return "the upstream was too slow";
      case condition::redirect:
        return "the redirects are wrong";
    }
    return "unknown condition";
  }

  bool equivalent(const error_code& code, int value) const noexcept override {
    const unsigned conditions = code.category() == millrace::error_category()
                                    ? describe(static_cast<errc>(code.value())).conditions
                                    : conditions_of_system(code);
    return (conditions & bit(static_cast<condition>(value))) != 0;
  }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const millrace_category instance;
  return instance;
}

const boost::system::error_category& condition_category() noexcept {
  static const millrace_condition_category instance;
  return instance;
}

error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), error_category()};
}

boost::system::error_condition make_error_condition(condition value) noexcept {
  return {static_cast<int>(value), condition_category()};
}

std::string to_string(const failure& cause) {
  std::string text = cause.code.message();
  if (!cause.detail.empty()) text.append(": ").append(cause.detail);
  if (cause.status != 0) text.append(" (").append(std::to_string(cause.status)).append(")");
  return text;
}

void throw_exception_from_error(const failure& cause, const boost::source_location& where) {
  boost::throw_exception(boost::system::system_error(cause.code, to_string(cause)), where);
}

}  // namespace millrace
