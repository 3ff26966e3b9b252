#include "transfer/cache_use.hpp"

#include <algorithm>

namespace millrace::transfer {

namespace {

/// By URL and all that is sent. With credentials among it they are shared only with who sends the same ones:
/// to them the origin has answered so before (stricter than RFC 9111 §3.5). Because everything is in the key,
/// whatever Vary names is in it, too (§4.1).
std::string key_of(const upstream::remote_file& file, const upstream::file_source& source) {
  return source.original.text() + '\n' + file.profile.key();
}

constexpr std::string_view kept_fields[]{"Content-Type", "Content-Disposition", "ETag", "Last-Modified"};

upstream::stored_answer summary_of(const upstream::range_answer& answer) {
  const auto& given = answer.body.head();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  upstream::stored_answer stored{.head = {},
                                 .location = answer.location,
                                 .peer = answer.body.remote(),
                                 .total = answer.total.value_or(0),
                                 .ranged = answer.partial,
                                 .terms = http::cache_terms_of(given.fields, now)};
  stored.head.status = given.status;
  for (const auto name : kept_fields) {
    const auto value = given.fields.find(name);
    if (value) stored.head.fields.add(std::string(name), std::string(*value));
  }
  return stored;
}

}  // namespace

upstream::cached_file find_cached(upstream::remote_file& file) {
  if (!file.cache) return {};
  return file.cache->find(key_of(file, file.current()));
}

upstream::wanted less_cached(upstream::wanted first, const upstream::cached_file& known, byte_offset least) {
  if (!known) return first;
  const auto total = known.answer().total;
  byte_range range{0, total};
  if (const auto* asked = std::get_if<byte_range>(&first)) range = *asked;
  if (const auto* suffix = std::get_if<upstream::wanted_suffix>(&first))
    range.begin = total - std::min(suffix->length, total);
  if (range.begin >= total || std::holds_alternative<upstream::wanted_all>(first)) return first;
  const auto run = known.next_run(range.begin);
  if (!run) return first;
  const auto size = run->begin > range.begin ? run->begin - range.begin : least;
  return byte_range{range.begin, range.begin + std::min(size, range.size())};
}

upstream::cached_file confirm_cached(upstream::remote_file& file, const upstream::range_answer& answer) {
  if (!file.cache || !answer.total) return {};
  return file.cache->open(key_of(file, file.sources[answer.source]), summary_of(answer));
}

void take_over(upstream::remote_file& file, const upstream::stored_answer& known) {
  auto& source = file.current();
  source.location = known.location;
  source.joined = true;
  if (!known.ranged) return;
  file.total = known.total;
  source.version = known.version();
  source.peer = known.peer;
  source.peer_location = known.location;
}

void forget_changed(const upstream::cached_file& cached, const std::optional<failure>& cause) {
  if (cause && cause->code == errc::resource_changed) cached.forget();
}

}  // namespace millrace::transfer
