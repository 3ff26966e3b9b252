#pragma once
// Why a request to the control plane is not carried out.

#include "http/problem.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace millrace::api {

struct rejection {
  http::problem problem;
};

template <class T>
using checked = boost::system::result<T, rejection>;

inline rejection reject(http::problem_code code, std::string detail) {
  return {{.code = code, .detail = std::move(detail), .status = {}}};
}

/// Required by boost::system::result<T, rejection>::value(); millrace itself asks has_value() first.
[[noreturn]] inline void throw_exception_from_error(const rejection& error, const boost::source_location&) {
  throw std::invalid_argument(error.problem.detail);
}

}  // namespace millrace::api
