#pragma once
// A remote file on the scripted origin, for the tests of range_fetch.

#include "upstream/origin_fixture.hpp"

#include <memory>

namespace millrace::upstream {

inline constexpr std::uint64_t film_size = 200'000;
inline constexpr byte_range head_part{0, 1000}, next_part{1000, 3000};

inline origin::behaviour film(std::uint64_t seed = 3) {
  return {.size = film_size, .seed = seed};
}

/// One file and what is asked of it.
struct range_fetch_fixture : origin_fixture {
  remote_file& open(const std::vector<std::string>& targets) {
    std::vector<url> urls;
    for (const auto& target : targets)
      urls.push_back(target.starts_with("http:") ? url::parse(target).value() : at(target));
    file = std::make_unique<remote_file>(with, here, profile(), std::move(urls));
    return *file;
  }
  void forget(const std::vector<std::string>& targets) { memory.forget(open(targets).key); }
  fetch_result<range_answer> get(const wanted& bytes) { return run(open_range(*file, bytes)); }
  fetch_result<range_answer> insist(const wanted& bytes) {
    tried = attempts();
    return run(open_range_persistently(*file, bytes, tried));
  }
  void check(fetch_result<range_answer> answer, byte_range expected, std::uint64_t seed = 3) {
    BOOST_REQUIRE_MESSAGE(answer.has_value(), to_string(answer.error()));
    BOOST_TEST(answer->partial);
    BOOST_TEST(answer->range.begin == expected.begin);
    BOOST_TEST(answer->range.end == expected.end);
    BOOST_TEST((body_of(answer->body) == origin::content_of(seed, expected.begin, expected.size())));
  }
  void check_failed(const fetch_result<range_answer>& answer, errc expected) {
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().code == error_code(expected), to_string(answer.error()));
  }
  /// Every next source must hold these bytes.
  void have(byte_range range, std::uint64_t seed = 3) {
    file->had = [range, seed] {
      const auto text = origin::content_of(seed, range.begin, range.size());
      const auto* first = reinterpret_cast<const std::byte*>(text.data());
      return byte_sample{range.begin, {first, first + text.size()}};
    };
  }

  std::unique_ptr<remote_file> file;
  attempts tried;
};

}  // namespace millrace::upstream
