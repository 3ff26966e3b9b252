#pragma once
// The little HTTP/1.1 that an origin needs: request heads (RFC 9112 §3), Range (RFC 9110 §14.2), queries.
// Written apart from millrace's own parser on purpose: the origin judges it.

#include "behaviour.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::origin {

struct request {
  std::string method;
  std::string target;   ///< as sent
  std::string version;  ///< "HTTP/1.1"
  header_list headers;

  /// The first field of this name (any case), or nothing.
  std::optional<std::string> header(std::string_view name) const;
  bool wants_close() const;
  std::uint64_t content_length() const;
};

/// `head` ends with its empty line. Nothing when it is no HTTP/1.x request.
std::optional<request> parse_request(std::string_view head);

struct closed_range {
  std::uint64_t first;
  std::uint64_t last;
};

struct range_answer {
  enum class kind { whole, part, unsatisfiable };
  kind what = kind::whole;
  closed_range part{};
};

/// What a Range field means for a resource of this size. Several ranges and nonsense mean the whole.
range_answer interpret_range(const std::optional<std::string>& field, std::uint64_t size);

/// The offset that a Range field begins with, 0 without one or for a suffix.
std::uint64_t first_byte_asked(const std::optional<std::string>& field);

/// Name and value of each part, percent-decoded.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

/// Names of query parameters that the origin's own redirects add. They never belong to a behaviour.
inline constexpr std::string_view hop_parameter = "origin_hop";
inline constexpr std::string_view ticket_parameter = "origin_ticket";

/// The target without those two.
std::string without_own_parameters(std::string_view target);

/// The number in an own parameter of the target, if there is one.
std::optional<std::uint64_t> own_parameter(std::string_view target, std::string_view name);

std::string_view path_of(std::string_view target);
std::string_view query_of(std::string_view target);
std::string_view reason_of(int status);
std::string_view type_by_extension(std::string_view path);
bool equal_names(std::string_view left, std::string_view right);

}  // namespace millrace::origin
