// What the body of POST /streams defines lies within the limits, can be sent upstream, and comes back from
// JSON that is written from it.

#include "api/stream_definition.hpp"
#include "fuzzing.hpp"
#include "http/header_policy.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string>

namespace {

using namespace millrace;
namespace json = boost::json;

constexpr std::string_view line_ends("\r\n\0", 3);

void check_limits(const registry::stream_definition& made, const api::definition_limits& limits) {
  fuzz::require(!made.sources.empty() && made.sources.size() <= limits.failover_urls + 1);
  fuzz::require(made.headers.size() <= limits.headers && made.user_agent.size() <= limits.header);
  fuzz::require(made.user_agent.find_first_of(line_ends) == std::string::npos);
  for (const auto& [name, value] : made.headers) {
    const auto again = http::check_given_header(name, value);
    fuzz::require(again.has_value() && again->name == name && again->value == value);
    fuzz::require((name + value).find_first_of(line_ends) == std::string::npos);
    fuzz::require(name.size() + value.size() <= limits.header);
  }
  std::size_t urls = 0, metadata = 0;
  for (std::size_t i = 1; i < made.sources.size(); ++i)
    urls += made.sources[i].text().size();
  for (const auto& [name, value] : made.metadata)
    metadata += name.size() + value.size();
  fuzz::require(urls <= limits.urls && metadata <= limits.metadata);
}

std::string written(const registry::stream_definition& made) {
  json::array others;
  for (std::size_t i = 1; i < made.sources.size(); ++i)
    others.emplace_back(made.sources[i].text());
  json::object headers, metadata;
  for (const auto& [name, value] : made.headers)
    headers[name] = value;
  for (const auto& [name, value] : made.metadata)
    metadata[name] = value;
  return json::serialize(json::object{{"url", made.sources.front().text()},
                                      {"failover_urls", std::move(others)},
                                      {"user_agent", made.user_agent},
                                      {"headers", std::move(headers)},
                                      {"metadata", std::move(metadata)}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const api::definition_limits small{
      .failover_urls = 3, .url = 200, .urls = 300, .headers = 3, .header = 100, .metadata = 100};
  for (const auto& limits : {api::definition_limits{}, small}) {
    const auto made = api::parse_stream_definition(fuzz::to_text(data, size), limits);
    if (!made) {
      fuzz::require(!made.error().problem.detail.empty() && made.error().problem.detail.size() < 1024);
      continue;
    }
    check_limits(*made, limits);
    const auto again = api::parse_stream_definition(written(*made));
    fuzz::require(again.has_value() && again->sources == made->sources);
    fuzz::require(again->user_agent == made->user_agent && again->headers == made->headers);
    fuzz::require(again->metadata == made->metadata);
  }
  return 0;
}
