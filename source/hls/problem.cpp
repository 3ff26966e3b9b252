#include "hls/problem.hpp"

#include <boost/throw_exception.hpp>

#include <stdexcept>

namespace millrace::hls {

namespace {

const char* describe(problem_code code) noexcept {
  switch (code) {
    case problem_code::too_large:
      return "the playlist is too large";
    case problem_code::not_a_playlist:
      return "the text does not begin with #EXTM3U";
    case problem_code::bad_attributes:
      return "a quotation mark is not closed";
    case problem_code::bad_number:
      return "a number cannot be read";
    case problem_code::bad_definition:
      return "a variable is not defined properly";
    case problem_code::duplicate_variable:
      return "a variable is defined twice";
    case problem_code::undefined_variable:
      return "a variable is not defined";
    case problem_code::bad_reference:
      return "a reference leads to no http or https URL";
    case problem_code::too_many_keys:
      return "too many key formats";
    case problem_code::output_too_large:
      return "the rewritten playlist would be too large";
  }
  return "the playlist cannot be read";
}

}  // namespace

std::string to_string(const problem& found) {
  std::string text = describe(found.code);
  if (found.line != 0) text.append(" (line ").append(std::to_string(found.line)).append(")");
  return text;
}

void throw_exception_from_error(const problem& found, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(to_string(found)), where);
}

}  // namespace millrace::hls
