#include "api/json_document.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <charconv>
#include <cstdint>
#include <limits>

namespace millrace::api {

namespace json = boost::json;

namespace {

/// Boost.JSON's handler concept: builds the value from the events of its basic_parser.
struct value_builder {
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();

  json::value_stack values = {};

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    values.push_array(size);
    return true;
  }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code&) {
    values.push_object(size);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) { return add_part(part); }
  bool on_key(json::string_view rest, std::size_t, error_code&) {
    values.push_key(rest);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) { return add_part(part); }
  bool on_string(json::string_view rest, std::size_t, error_code&) {
    values.push_string(rest);
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    values.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    values.push_uint64(number);
    return true;
  }
  // The parser sees the whole text at once, hence `text` is the whole number.
  bool on_double(double approximate, json::string_view text, error_code& ec) {
    double exact = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), exact);
    if (read.ec == std::errc::result_out_of_range) {
      // Too small is zero, as everywhere.
      if (approximate > 1 || approximate < -1) {
        ec = json::error::exponent_overflow;
        return false;
      }
      exact = 0;
    }
    values.push_double(exact);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    values.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    values.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  bool add_part(json::string_view part) {
    values.push_chars(part);
    return true;
  }
};

}  // namespace

result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_limit;
  json::basic_parser<value_builder> parser(options);
  parser.handler().values.reset();
  error_code ec;
  const auto consumed = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && consumed < text.size()) ec = json::error::extra_data;
  if (ec) return ec;
  return parser.handler().values.release();
}

}  // namespace millrace::api
