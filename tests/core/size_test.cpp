#include "core/size.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace millrace;

struct size_case {
  std::string text;
  std::uint64_t bytes;
};
std::ostream& operator<<(std::ostream& out, const size_case& each) {
  return out << '"' << each.text << '"';
}

const std::vector<size_case> sizes{
    {"0", 0},
    {"1", 1},
    {"007", 7},
    {"512K", 512 * 1024},
    {"512k", 512 * 1024},
    {"0.5M", 512 * 1024},
    {"1.5m", 1536 * 1024},
    {"2G", std::uint64_t{2} << 30},
    {"0.1K", 102},
    {"1.9", 1},
    {"0.0009765625K", 1},
    {"0.00097656249999999999999999999999K", 0},
    {"0.999999999999999999999999999999G", (std::uint64_t{1} << 30) - 1},
    {"18446744073709551615", 18446744073709551615U},
    {"17179869183.999999999G", 18446744073709551614U},
};

const std::vector<std::string> not_sizes{"",
                                         " ",
                                         "K",
                                         "M",
                                         "-1",
                                         "+1",
                                         "1 K",
                                         " 1",
                                         "1 ",
                                         "1KB",
                                         "1KiB",
                                         "1T",
                                         ".5M",
                                         "1.",
                                         "1.K",
                                         "1,5",
                                         "0x1",
                                         "1e3",
                                         "1.5.5",
                                         "1.-5",
                                         "M1",
                                         "1K1",
                                         "--1",
                                         "1.5 M",
                                         "1..5",
                                         "NaN",
                                         "inf",
                                         "1\n",
                                         std::string("1\0", 2),
                                         "18446744073709551616",
                                         "17179869184G",
                                         "99999999999999999999999",
                                         "18446744073709551615K"};

struct shown {
  std::uint64_t bytes;
  std::string text;
};
std::ostream& operator<<(std::ostream& out, const shown& each) {
  return out << each.bytes;
}

const std::vector<shown> shown_sizes{
    {0, "0 B"},
    {1023, "1023 B"},
    {1024, "1 KiB"},
    {1536, "1.5 KiB"},
    {1024 * 1024 - 1, "1 MiB"},
    {1024 * 1024, "1 MiB"},
    {1536 * 1024, "1.5 MiB"},
    {std::uint64_t{5} << 30, "5 GiB"},
    {(std::uint64_t{1} << 40) - 1, "1 TiB"},
    {18446744073709551615U, "16 EiB"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(size)

BOOST_DATA_TEST_CASE(reads_what_people_write, sizes) {
  const auto parsed = parse_size(sample.text);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(*parsed == sample.bytes);
}

BOOST_DATA_TEST_CASE(refuses_everything_else, not_sizes) {
  const auto parsed = parse_size(sample);
  BOOST_REQUIRE(!parsed.has_value());
  BOOST_TEST(parsed.error() == make_error_code(errc::invalid_size));
}

BOOST_DATA_TEST_CASE(shows_sizes_to_people, shown_sizes) {
  BOOST_TEST(format_size(sample.bytes) == sample.text);
}

BOOST_AUTO_TEST_SUITE_END()
