#pragma once
// Request and response heads as plain values (RFC 9110 §6, RFC 9112). Bodies never pass through here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::http {

struct field {
  std::string name;
  std::string value;
};

/// Field lines in order. Names compare without case (RFC 9110 §5.1).
class field_list {
 public:
  void reserve(std::size_t count) { fields_.reserve(count); }
  void add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }
  /// Replaces all of that name, or adds.
  void set(std::string_view name, std::string value);
  void erase(std::string_view name);
  /// The first value of that name.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// The first value of that name, or empty.
  std::string_view get(std::string_view name) const noexcept {
    return find(name).value_or(std::string_view{});
  }
  std::size_t count(std::string_view name) const noexcept;
  /// Whether a comma-separated list field has this token (without case), over all its lines.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  bool empty() const noexcept { return fields_.empty(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  std::vector<field> fields_;
};

/// How a body ends (RFC 9112 §6.3).
enum class framing { none, length, chunked, until_close };

struct request_head {
  std::string method;     ///< as sent, case-sensitive
  std::string target;     ///< as sent: origin-form, absolute-form or "*"
  unsigned version = 11;  ///< 10 or 11
  field_list fields;
  framing body = framing::none;
  std::uint64_t content_length = 0;  ///< of framing::length
  bool keep_alive = true;            ///< by version and Connection (RFC 9112 §9.3)
  bool expects_continue = false;     ///< Expect: 100-continue (RFC 9110 §10.1.1)
};

struct response_head {
  unsigned status = 0;
  unsigned version = 11;
  field_list fields;
  framing body = framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace millrace::http
