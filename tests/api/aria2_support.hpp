#pragma once
// What the tests of the aria2 interface share.

#include "api/api_support.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <string_view>

namespace millrace::api {

namespace json = boost::json;

inline json::array array(std::string_view text) {
  return json::parse(text).as_array();
}

}  // namespace millrace::api
