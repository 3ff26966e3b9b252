#pragma once
// Attribute lists (draft-pantos-hls-rfc8216bis §4.2): NAME=value,NAME="quoted, value".

#include <optional>
#include <string_view>

namespace millrace::hls {

struct attribute {
  std::string_view name;
  std::string_view value;  ///< without its quotation marks
  bool quoted = false;
};

/// Reads one attribute after the other; all views lie in the given text. White space around names and values
/// is let through, and so are attributes without a value: they are skipped.
class attribute_reader {
 public:
  explicit attribute_reader(std::string_view list) noexcept : rest_(list) {}

  /// nullopt at the end of the list.
  std::optional<attribute> next() noexcept;
  /// A quotation mark was not closed: what followed it was not read.
  bool failed() const noexcept { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

/// The first attribute of that name.
std::optional<attribute> find_attribute(std::string_view list, std::string_view name) noexcept;

}  // namespace millrace::hls
