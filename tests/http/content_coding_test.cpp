#include "http/content_coding.hpp"

#include "support/compress.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>

namespace millrace::http {

inline std::ostream& operator<<(std::ostream& out, decoding outcome) {
  return out << to_string(outcome);
}

}  // namespace millrace::http

namespace {

using namespace millrace;
using namespace millrace::http;

constexpr int gzip = test::as_gzip, zlib = test::as_zlib, raw = test::as_raw_deflate;
constexpr std::size_t limit = 1'000'000;

/// Random bytes and repetitions: stored, fixed and dynamic blocks.
std::string sample(std::size_t size) {
  std::string text;
  unsigned state = 1;
  while (text.size() < size) {
    state = state * 1'103'515'245 + 12'345;
    if (state >> 28U == 0) text.append("#EXTINF:6.006,\nsegment.ts\n");
    text += static_cast<char>(state >> 16U);
  }
  text.resize(size);
  return text;
}

/// Decodes the body in pieces of that size.
decoding decode(body_decoder&& decoder, std::string_view body, std::string& text,
                std::size_t piece = std::string_view::npos) {
  text.clear();
  while (!body.empty()) {
    const auto part = body.substr(0, piece);
    body.remove_prefix(part.size());
    const auto state = decoder.feed(std::as_bytes(std::span(part)), text);
    if (state == decoding::fine) continue;
    BOOST_TEST(decoder.feed({}, text) == state, "once failed, always failed");
    BOOST_TEST(decoder.finish() == state);
    return state;
  }
  return decoder.finish();
}

void check(std::string_view codings, std::string_view body, std::string_view expected) {
  BOOST_TEST_CONTEXT(codings << ", " << body.size() << " bytes") {
    for (const std::size_t piece : {std::size_t(1), std::size_t(2), std::size_t(1000), body.size() + 1}) {
      std::string text;
      BOOST_TEST(decode(body_decoder(codings, limit), body, text, piece) == decoding::fine);
      BOOST_TEST((text == expected), text.size() << " bytes, in pieces of " << piece);
    }
  }
}

void check_fails(std::string_view codings, std::string_view body, decoding expected) {
  BOOST_TEST_CONTEXT(codings << ", " << body.size() << " bytes") {
    for (const std::size_t piece : {std::size_t(1), std::size_t(1000), body.size() + 1}) {
      std::string text;
      BOOST_TEST(decode(body_decoder(codings, limit), body, text, piece) == expected);
      BOOST_TEST(text.size() <= limit);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(content_coding_test)

BOOST_AUTO_TEST_CASE(each_coding) {
  for (const std::size_t size : {0U, 1U, 100U, 70'000U}) {
    const auto text = sample(size);
    for (const int level : {0, 1, 9}) {
      for (const auto* name : {"gzip", "x-gzip", "GZip", " gzip ", "gzip,", "identity, gzip"})
        check(name, test::compress(text, gzip, level), text);
      for (const auto* name : {"deflate", "Deflate", "deflate, identity"}) {
        check(name, test::compress(text, zlib, level), text);
        check(name, test::compress(text, raw, level), text);
      }
    }
    for (const auto* name : {"", "identity", "Identity", " , "})
      check(name, text, text);
  }
}

BOOST_AUTO_TEST_CASE(several_codings_are_undone_in_reverse) {
  const auto text = sample(20'000);
  check("deflate, gzip", test::compress(test::compress(text, zlib), gzip), text);
  check("gzip,deflate", test::compress(test::compress(text, gzip), raw), text);
  check("gzip, identity, gzip, deflate, x-gzip",
        test::compress(test::compress(test::compress(test::compress(text, gzip), gzip), zlib), gzip), text);
}

BOOST_AUTO_TEST_CASE(the_lines_of_a_head_are_one_list) {
  field_list fields;
  BOOST_TEST(content_codings(fields).empty());
  fields.add("Content-Encoding", "deflate");
  fields.add("Content-Length", "7");
  fields.add("content-encoding", "gzip, identity");
  BOOST_TEST(content_codings(fields) == "deflate, gzip, identity");
}

BOOST_AUTO_TEST_CASE(concatenated_gzip_members) {
  const auto first = sample(1000), second = sample(40'000);
  const auto empty = test::compress("", gzip);
  check("gzip", test::compress(first, gzip) + test::compress(second, gzip), first + second);
  check("gzip", test::compress(first, gzip) + empty + empty + test::compress(second, gzip) + empty,
        first + second);
}

// As gzip(1) and browsers do.
BOOST_AUTO_TEST_CASE(what_follows_the_end_is_ignored) {
  const auto text = sample(1000);
  for (const auto& padding : {std::string(1, '\0'), std::string(600, '\0'), std::string("\x1f"),
                              std::string("\x1f\x1f"), std::string("garbage")}) {
    check("gzip", test::compress(text, gzip) + padding, text);
    check("deflate", test::compress(text, zlib) + padding, text);
    check("deflate", test::compress(text, raw) + padding, text);
  }
}

BOOST_AUTO_TEST_CASE(no_bytes_are_an_empty_body) {
  for (const auto* name : {"gzip", "deflate", "gzip, deflate"})
    check(name, "", "");
}

BOOST_AUTO_TEST_CASE(unknown_codings) {
  for (const auto* name : {"br", "zstd", "compress", "gzip, br", "br, gzip", "gzip;q=1", "gzip deflate", "*",
                           "gzip, gzip, gzip, gzip, gzip"}) {
    check_fails(name, "text", decoding::unknown_coding);
    check_fails(name, "", decoding::unknown_coding);
  }
}

BOOST_AUTO_TEST_CASE(truncated_bodies) {
  const auto text = sample(300);
  const auto members = test::compress(text, gzip) + test::compress(text, gzip);
  const auto boundary = members.size() / 2;
  for (std::size_t size = 1; size < members.size(); ++size) {
    // So little of a second header may be padding as well.
    if (size != boundary && size != boundary + 1 && size != boundary + 2)
      check_fails("gzip", members.substr(0, size), decoding::truncated);
  }
  for (const int window : {zlib, raw}) {
    const auto body = test::compress(text, window);
    for (std::size_t size = 1; size < body.size(); ++size)
      check_fails("deflate", body.substr(0, size), decoding::truncated);
  }
  const auto nested = test::compress(test::compress(text, gzip).substr(0, 100), gzip);
  check_fails("gzip, gzip", nested, decoding::truncated);
}

BOOST_AUTO_TEST_CASE(broken_bodies) {
  const auto text = sample(300);
  check_fails("gzip", "#EXTM3U\n#EXTINF:6,\na.ts\n", decoding::broken);
  check_fails("gzip", test::compress(text, zlib), decoding::broken);
  check_fails("gzip", test::compress(text, raw), decoding::broken);
  check_fails("deflate", test::compress(text, gzip), decoding::broken);
  check_fails("deflate", "#EXTM3U\n#EXTINF:6,\na.ts\n", decoding::broken);
  auto body = test::compress(text, gzip);
  body[body.size() - 6] ^= 1;
  check_fails("gzip", body, decoding::broken);
  check_fails("gzip", test::compress(text, gzip) + body, decoding::broken);
  body = test::compress(text, zlib);
  body.back() ^= 1;
  check_fails("deflate", body, decoding::broken);
  check_fails("gzip", test::compress(text, gzip) + "\x1f\x8b\x07 and more that is no member",
              decoding::broken);
  check_fails("deflate, gzip", test::compress(text, gzip), decoding::broken);
}

BOOST_AUTO_TEST_CASE(the_limit_is_exact) {
  for (const auto* name : {"", "gzip"}) {
    const std::string fits(limit, 'a'), larger(limit + 1, 'a');
    const bool plain = std::string_view(name).empty();
    check(name, plain ? fits : test::compress(fits, gzip), fits);
    check_fails(name, plain ? larger : test::compress(larger, gzip), decoding::too_large);
  }
  std::string text;
  BOOST_TEST(decode(body_decoder("gzip", 0), test::compress("", gzip), text) == decoding::fine);
  BOOST_TEST(decode(body_decoder("gzip", 0), test::compress("a", gzip), text) == decoding::too_large);
}

BOOST_AUTO_TEST_CASE(a_bomb_ends_early) {
  const auto bomb = test::compress(std::string(64U << 20U, '\0'), gzip, 9);
  check_fails("gzip", bomb, decoding::too_large);
  check_fails("gzip, gzip", test::compress(bomb, gzip, 9), decoding::too_large);
}

// A body of empty members has nothing to say and never ends; nested, it would take for ever.
BOOST_AUTO_TEST_CASE(a_body_without_content_ends_as_well) {
  std::string members;
  const auto empty = test::compress("", gzip);
  while (members.size() < 3 * limit)
    members += empty;
  check_fails("gzip", members, decoding::too_large);
  check_fails("gzip, gzip", test::compress(members, gzip), decoding::too_large);
}

BOOST_AUTO_TEST_CASE(outcomes_have_words) {
  for (const auto each :
       {decoding::unknown_coding, decoding::broken, decoding::truncated, decoding::too_large})
    BOOST_TEST(to_string(each) != to_string(decoding::fine));
}

BOOST_AUTO_TEST_SUITE_END()
