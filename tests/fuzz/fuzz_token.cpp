// The first line is the last path segment, the rest a token, its plain payload, or a URL to seal. What is
// read from a payload is what is written again; no token opens that was not made for this stream and name.

#include "fuzzing.hpp"
#include "hls/base64url.hpp"
#include "hls/media_name.hpp"
#include "hls/sealed_url.hpp"
#include "hls/token_payload.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace millrace;

constexpr std::string_view stream = "0123456789abcdef0123456789abcdef";

bool same(const hls::unsealed_url& a, const hls::unsealed_url& b) {
  return a.target == b.target && a.kind == b.kind && a.marks.segment == b.marks.segment &&
         a.marks.posted == b.marks.posted && a.variables == b.variables;
}

void check_payload(std::string_view bytes, std::string_view name) {
  const auto read = hls::read_payload(bytes, name);
  if (!read) return;
  fuzz::require(read->variables.size() <= hls::most_variables);
  const auto segment = hls::last_path_segment(read->target.text());
  for (const auto left_out : {std::string_view(), segment}) {
    std::string text;
    hls::append_payload(text, {read->target.text(), left_out, read->kind, read->marks, read->variables});
    const auto again = hls::read_payload(text, segment);
    fuzz::require(again.has_value() && same(*again, *read));
    for (const auto cut : {std::size_t{0}, text.size() / 2})
      hls::read_payload(std::string_view(text).substr(0, cut), segment);
  }
}

struct sealed_parts {
  std::string name, token;
};

sealed_parts seal(hls::url_sealer& sealer, const hls::unsealed_url& what) {
  std::string out;
  const auto at = sealer.seal(stream, what.target.text(), what.kind, what.marks, what.variables, out);
  fuzz::require(at <= out.size() && out.find_first_of("\r\n\"") == std::string::npos);
  const auto mark = out.find("t=");
  fuzz::require(mark != std::string::npos);
  return {out.substr(0, out.find('?')), out.substr(mark + 2)};
}

void check_sealing(hls::url_sealer& sealer, std::string_view text, std::uint8_t choice) {
  auto target = url::parse(text);
  if (!target) return;
  hls::unsealed_url what{std::move(*target),
                         (choice & 1) != 0 ? hls::uri_kind::playlist : hls::uri_kind::resource,
                         {.segment = (choice & 2) != 0, .posted = (choice & 4) != 0},
                         {}};
  if ((choice & 9) == 9) what.variables = {{"host", "cdn"}, {"empty", ""}};
  const auto made = seal(sealer, what);
  const auto opened = sealer.open(stream, made.name, made.token);
  fuzz::require(opened.has_value() && same(*opened, what));
  fuzz::require(!sealer.open(stream.substr(1), made.name, made.token));
  fuzz::require(!sealer.open(stream, made.name + "x", made.token));
  auto changed = made.token;
  auto& byte = changed[choice % changed.size()];
  byte = byte == 'A' ? 'B' : 'A';
  // The last character may hold bits that stand for nothing.
  if (choice % changed.size() + 1 < changed.size()) fuzz::require(!sealer.open(stream, made.name, changed));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = hls::sealing_key::derive("secret");
  hls::url_sealer sealer(key);
  const auto input = fuzz::to_text(data, size);
  const auto line_end = std::min(input.find('\n'), input.size());
  const auto name = input.substr(0, line_end);
  const auto rest = input.substr(std::min(line_end + 1, input.size()));
  check_payload(rest, name);
  fuzz::require(!sealer.open(stream, name, rest));
  check_sealing(sealer, rest, size > 0 ? data[0] : 0);
  return 0;
}
