#include "upstream/answer_judgement.hpp"

#include "http/range_header.hpp"
#include "http/retry_after.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace::upstream {

namespace {

failure failed(error_code code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}

failure refusal(const http::response_head& head, const url& location) {
  failure cause = failed(errc::unexpected_status,
                         location.host_header() + " answers with status " + std::to_string(head.status));
  cause.status = static_cast<int>(head.status);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  cause.retry_after = http::parse_retry_after(head.fields.get("Retry-After"), now);
  cause.location = location.text();
  if (head.status == 401) cause.authenticate = head.fields.get("WWW-Authenticate");
  return cause;
}

failure unsatisfiable(const http::response_head& head, const url& location) {
  failure cause = refusal(head, location);
  const auto range = http::parse_content_range(head.fields.get("Content-Range"));
  if (range && !range->range && range->total) {
    cause.code = errc::range_unsatisfiable;
    cause.total = range->total;
  }
  return cause;
}

/// What a truthful 206 must contain.
byte_range expected_range(const wanted& bytes, byte_offset total) {
  if (const auto* range = std::get_if<byte_range>(&bytes)) {
    return {std::min(range->begin, total), std::min(range->end, total)};
  }
  const auto* suffix = std::get_if<wanted_suffix>(&bytes);
  return {suffix ? total - std::min(suffix->length, total) : 0, total};
}

fetch_result<range_answer> judge_partial(located_exchange found, const wanted& bytes, std::size_t source) {
  const auto& head = found.answer.head();
  const auto host = found.location.host_header();
  const auto value = head.fields.get("Content-Range");
  const auto range = http::parse_content_range(value);
  // "bytes 0-*/*" is what live servers make of a Range.
  if (!range && value.ends_with("/*"))
    return failed(errc::range_unsupported, host + " does not tell the size of the resource");
  if (!range || !range->range || std::holds_alternative<wanted_all>(bytes)) {
    return failed(errc::wrong_range, host + " sends a partial response without a proper Content-Range");
  }
  if (!range->total) return failed(errc::range_unsupported, host + " does not tell the size of the resource");
  const bool length_fits = head.body != http::framing::length || head.content_length == range->range->size();
  if (*range->range != expected_range(bytes, *range->total) || !length_fits) {
    return failed(errc::wrong_range, host + " sends other bytes than those asked for");
  }
  return range_answer{
      std::move(found.answer), std::move(found.location), source, true, *range->range, range->total};
}

fetch_result<range_answer> judge_whole(located_exchange found, bool partial_before, std::size_t source) {
  if (partial_before) {
    return failed(errc::range_unsupported,
                  found.location.host_header() + " stopped answering Range requests");
  }
  const auto& head = found.answer.head();
  std::optional<byte_offset> total;
  if (head.body == http::framing::length || head.body == http::framing::none) total = head.content_length;
  return range_answer{
      std::move(found.answer), std::move(found.location), source, false, {0, total.value_or(0)}, total};
}

}  // namespace

fetch_result<range_answer> judge(located_exchange found, const wanted& bytes, std::size_t source,
                                 bool partial_before) {
  const auto status = found.answer.head().status;
  if (status == 206) return judge_partial(std::move(found), bytes, source);
  if (status == 200) return judge_whole(std::move(found), partial_before, source);
  found.answer.discard();
  if (status == 416) return unsatisfiable(found.answer.head(), found.location);
  return refusal(found.answer.head(), found.location);
}

}  // namespace millrace::upstream
