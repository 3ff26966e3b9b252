#include "http/chunked_decoder.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace::http;

struct outcome {
  std::string payload;
  std::size_t consumed = 0;
  bool done = false;
  bool malformed = false;
  bool operator==(const outcome&) const = default;
};
std::ostream& operator<<(std::ostream& out, const outcome& each) {
  return out << '"' << each.payload << "\" consumed " << each.consumed << (each.done ? " done" : "")
             << (each.malformed ? " malformed" : "");
}

/// Feeds pieces whose sizes `next_size` gives.
template <class NextSize>
outcome decode(const std::string& wire, NextSize next_size) {
  chunked_decoder decoder;
  outcome all;
  while (all.consumed < wire.size() && !all.done && !all.malformed) {
    std::string piece = wire.substr(all.consumed, next_size());
    const auto step = decoder.decode(std::as_writable_bytes(std::span(piece)));
    BOOST_REQUIRE(step.payload <= step.consumed);
    BOOST_REQUIRE(step.consumed <= piece.size());
    all.payload += piece.substr(0, step.payload);
    all.consumed += step.consumed;
    all.done = step.done;
    all.malformed = step.malformed;
    if (!step.done && !step.malformed) BOOST_REQUIRE(step.consumed == piece.size());
  }
  return all;
}

outcome decode_whole(const std::string& wire) {
  return decode(wire, [&] { return wire.size(); });
}

struct body_case {
  std::string wire;
  std::string payload;
  std::size_t left = 0;  ///< bytes after the body
};
std::ostream& operator<<(std::ostream& out, const body_case& each) {
  return out << '"' << each.wire.substr(0, 60) << '"';
}

const std::vector<body_case> bodies{
    {"0\r\n\r\n", ""},
    {"5\r\nhello\r\n0\r\n\r\n", "hello"},
    {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
    {"00005\r\nhello\r\n000\r\n\r\n", "hello"},
    {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
    {"5;name=value\r\nhello\r\n0;last\r\n\r\n", "hello"},
    {"5 ; a=\"b;c\"\r\nhello\r\n0 \r\n\r\n", "hello"},
    {"5\t\r\nhello\r\n0\r\n\r\n", "hello"},
    {"0\r\nExpires: never\r\nX: y\r\n\r\n", ""},
    {"4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
    {"1\r\n0\r\n0\r\n\r\nHTTP/1.1 200 OK", "0", 15},
    {"5\r\nhello\r\n0\r\n\r\n0\r\n\r\n", "hello", 5},
    {"5;" + std::string(16'000, 'x') + "\r\nhello\r\n1;" + std::string(16'000, 'x') + "\r\n!\r\n0\r\n\r\n",
     "hello!"},
};

const std::vector<std::string> malformed{
    "\r\n",
    "g\r\n",
    ";\r\n",
    " 5\r\nhello\r\n",
    "-5\r\n",
    "+5\r\n",
    "0x5\r\n",
    "5\nhello\r\n",
    "5\rxhello",
    "5;a\nhello",
    "5;a\x01\r\nhello",
    "0\r\nno colon\r\n\r\n",
    "0\r\nX : y\r\n\r\n",
    "0\r\n folded: y\r\n\r\n",
    "0\r\n: y\r\n\r\n",
    "0\r\nX: \x7f\r\n\r\n",
    "5;a\rhello",
    "5\r\nhello0\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhello\r0\r\n\r\n",
    "0\r\n\n",
    "0\r\n\rx",
    "0\r\nX: y\n\r\n",
    "0\r\nX: y\rz",
    "00000000000000005\r\n",
    "fffffffffffffffff\r\n",
    "5;" + std::string(17'000, 'x'),
    "0\r\n" + std::string(17'000, 'x'),
};

}  // namespace

BOOST_AUTO_TEST_SUITE(chunked)

BOOST_DATA_TEST_CASE(decodes_bodies, bodies) {
  const outcome expected{sample.payload, sample.wire.size() - sample.left, true, false};
  BOOST_TEST(decode_whole(sample.wire) == expected);
  BOOST_TEST(decode(sample.wire, [] { return std::size_t{1}; }) == expected);
}

BOOST_DATA_TEST_CASE(refuses_bad_framing, malformed) {
  const auto whole = decode_whole(sample);
  BOOST_TEST(whole.malformed);
  BOOST_TEST(!whole.done);
  BOOST_TEST(decode(sample, [] { return std::size_t{1}; }) == whole);
}

BOOST_AUTO_TEST_CASE(an_unfinished_body_is_not_done) {
  const std::string wire = bodies[5].wire;
  for (std::size_t size = 0; size < wire.size(); ++size) {
    const auto partly = decode_whole(wire.substr(0, size));
    BOOST_TEST(!partly.done);
    BOOST_TEST(!partly.malformed);
    BOOST_TEST(partly.consumed == size);
  }
}

BOOST_AUTO_TEST_CASE(once_malformed_always_malformed) {
  chunked_decoder decoder;
  std::string bad = "x";
  std::string good = "5\r\nhello\r\n0\r\n\r\n";
  BOOST_TEST(decoder.decode(std::as_writable_bytes(std::span(bad))).malformed);
  const auto step = decoder.decode(std::as_writable_bytes(std::span(good)));
  BOOST_TEST(step.malformed);
  BOOST_TEST(step.payload == 0U);
}

BOOST_AUTO_TEST_CASE(a_finished_body_takes_nothing_more) {
  chunked_decoder decoder;
  std::string wire = "0\r\n\r\n";
  BOOST_TEST(decoder.decode(std::as_writable_bytes(std::span(wire))).done);
  const auto step = decoder.decode(std::as_writable_bytes(std::span(wire)));
  BOOST_TEST(step.done);
  BOOST_TEST(step.consumed == 0U);
}

BOOST_AUTO_TEST_CASE(the_largest_chunk_is_64_bits) {
  chunked_decoder decoder;
  std::string wire = "ffffffffffffffff\r\nabc";
  const auto step = decoder.decode(std::as_writable_bytes(std::span(wire)));
  BOOST_TEST(!step.malformed);
  BOOST_TEST(step.payload == 3U);
}

BOOST_AUTO_TEST_CASE(any_split_gives_the_same) {
  std::mt19937 random(1);
  const auto any = [&](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(1, most)(random);
  };
  static const std::string framing = "0123456789abcdefABCDEF\r\n\r\n\r\n;xX: ";
  for (int round = 0; round < 3'000; ++round) {
    std::string wire = bodies[any(bodies.size() - 1) - 1].wire;
    // Half of them damaged: a decoder has to fail at the same byte, however the bytes come.
    if (round % 2 == 0) wire[any(wire.size()) - 1] = framing[any(framing.size()) - 1];
    const auto whole = decode_whole(wire);
    BOOST_TEST_REQUIRE(decode(wire, [&] { return any(wire.size()); }) == whole);
    BOOST_TEST_REQUIRE(decode(wire, [&] { return any(3); }) == whole);
  }
}

BOOST_AUTO_TEST_SUITE_END()
