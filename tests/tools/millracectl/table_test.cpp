#include "millracectl/table.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace millrace::ctl;

BOOST_AUTO_TEST_SUITE(table_test)

BOOST_AUTO_TEST_CASE(aligns_by_columns_on_the_terminal) {
  table made({{"NAME"}, {"SIZE", align::right}, {"LAST"}});
  made.add({"é", "1 B", "x"});
  made.add({"日本語", "10.5 MiB", ""});
  made.add({"a\x1b[31mb", "2 B", "y\nz"});
  BOOST_TEST(made.text() ==
             "NAME        SIZE  LAST\n"
             "é            1 B  x\n"
             "日本語  10.5 MiB\n"
             "a[31mb       2 B  y z\n");
  BOOST_TEST(made.rows() == 3U);
}

BOOST_AUTO_TEST_CASE(needs_no_title) {
  table made({{""}, {""}});
  made.add({"Stream", "1"});
  made.add({"Type", "direct"});
  BOOST_TEST(made.text() == "Stream  1\nType    direct\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
