// The fields of an answer, an empty line, those of a request. Ages and lifetimes are sane, what must not be
// stored is not fresh, and nothing stays fresh for ever.

#include "fuzzing.hpp"
#include "http/cache_control.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace millrace;
using std::chrono::seconds;

constexpr seconds longest{1LL << 31};

/// Up to an empty line; "Name: value" each.
http::field_list take_fields(std::string_view& text) {
  http::field_list fields;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    const auto colon = std::min(line.find(": "), line.size());
    fields.add(std::string(line.substr(0, colon)),
               std::string(line.substr(std::min(colon + 2, line.size()))));
  }
  return fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::to_text(data, size);
  const auto answer = take_fields(text);
  const auto request = take_fields(text);
  const std::chrono::sys_seconds now{seconds(1'800'000'000)};
  const auto terms = http::cache_terms_of(answer, now);
  const auto demands = http::cache_demands_of(request);
  fuzz::require(terms.age >= seconds(0) && terms.lifetime >= seconds(0));
  fuzz::require(!demands.max_age || (*demands.max_age >= seconds(0) && *demands.max_age <= longest));
  fuzz::require(demands.min_fresh >= seconds(0) && demands.min_fresh <= longest);
  const http::cache_demands none;
  for (const auto since : {seconds(0), seconds(1), seconds(3600), 4 * longest}) {
    const bool fresh = http::is_fresh(terms, since, demands);
    if (!fresh) continue;
    fuzz::require(terms.may_store && since < terms.lifetime && http::is_fresh(terms, since, none));
    fuzz::require(http::is_fresh(terms, seconds(0), demands));
  }
  // What forbids to store, wherever it stands, is heeded.
  auto forbidding = answer;
  forbidding.add("cache-control", "max-age=5, No-Store");
  fuzz::require(!http::cache_terms_of(forbidding, now).may_store);
  auto encoded = answer;
  encoded.set("Content-Encoding", "gzip");
  fuzz::require(!http::cache_terms_of(encoded, now).may_store);
  return 0;
}
