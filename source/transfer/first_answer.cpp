#include "transfer/first_answer.hpp"

#include <algorithm>
#include <limits>

namespace millrace::transfer {

namespace {

constexpr byte_range one_byte{0, 1};
constexpr auto furthest = std::numeric_limits<byte_offset>::max();

upstream::wanted of_suffix(byte_offset length, std::optional<byte_offset> known_total,
                           const plan_limits& limits) {
  if (length == 0) return one_byte;
  if (length > limits.chunk_size && known_total && *known_total > 0) {
    const auto begin = *known_total - std::min(length, *known_total);
    return chunk_plan::first_chunk(begin, *known_total, limits);
  }
  // More than any file has: the whole. Not every server understands such numbers.
  constexpr byte_offset largest_file = byte_offset(1) << 53;
  if (length >= largest_file) return chunk_plan::first_chunk(0, std::nullopt, limits);
  return upstream::wanted_suffix{length};
}

bool not_modified(const http::request_head& request, const http::validator& version) {
  if (const auto tags = request.fields.find("If-None-Match")) return http::if_none_match_hits(*tags, version);
  const auto since = request.fields.find("If-Modified-Since");
  return since && http::if_modified_since_hits(*since, version);
}

}  // namespace

std::optional<http::requested_range> client_range(const http::request_head& request) {
  if (request.fields.count("Range") != 1) return std::nullopt;
  return http::parse_range(request.fields.get("Range"));
}

upstream::wanted first_wanted(const std::optional<http::requested_range>& range, bool head_only,
                              std::optional<byte_offset> known_total, const plan_limits& limits) {
  if (!range) return head_only ? one_byte : chunk_plan::first_chunk(0, std::nullopt, limits);
  if (const auto* suffix = std::get_if<http::range_suffix>(&*range)) {
    return head_only ? upstream::wanted(one_byte) : of_suffix(suffix->length, known_total, limits);
  }
  const auto& from = std::get<http::range_from>(*range);
  if (from.first == furthest) return one_byte;
  if (head_only) return byte_range{from.first, from.first + 1};
  const auto end = from.last && *from.last < furthest ? std::optional(*from.last + 1) : std::nullopt;
  return chunk_plan::first_chunk(from.first, end, limits);
}

response_plan plan_response(const http::request_head& request,
                            const std::optional<http::requested_range>& range, const resource& of,
                            byte_offset total) {
  if (not_modified(request, of.version)) return {response_plan::kind::not_modified, {}};
  const auto if_range = request.fields.find("If-Range");
  const bool counts = range && total > 0 && (!if_range || http::if_range_holds(*if_range, of.version));
  if (!counts) return {response_plan::kind::whole, {0, total}};
  const auto bytes = http::resolve(*range, total);
  if (!bytes) return {response_plan::kind::unsatisfiable, {}};
  return {response_plan::kind::partial, *bytes};
}

}  // namespace millrace::transfer
