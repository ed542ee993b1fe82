// SPDX-License-Identifier: 0BSD
#include "cli/output.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/exit_code.hpp"

namespace subnetd::cli {
namespace {

std::string written(Format format, const std::vector<std::vector<Cell>>& cells) {
  std::ostringstream out;
  Rows rows(out, {format, false}, {"name", "count"});
  for (const auto& row : cells) rows.add(row);
  rows.finish();
  return out.str();
}

TEST(Tsv, EscapesTabNewlineBackslashAndBytesThatAreNoText) {
  EXPECT_EQ(tsv_escape("a\tb\nc\\d"), "a\\tb\\nc\\\\d");
  EXPECT_EQ(tsv_escape(std::string("\x01\x7f\xff\0", 4)), "\\x01\\x7f\\xff\\x00");
  EXPECT_EQ(tsv_escape("Zürich 東京"), "Zürich 東京");
}

TEST(Tsv, UnescapesWhateverItEscaped) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  every += "東京\\x41";
  EXPECT_EQ(tsv_unescape(tsv_escape(every)).value(), every);
}

TEST(Tsv, RefusesAnEscapeThatItNeverWrites) {
  EXPECT_EQ(tsv_unescape("\\q").error().code, Errc::malformed);
  EXPECT_EQ(tsv_unescape("\\x4").error().code, Errc::malformed);
  EXPECT_EQ(tsv_unescape("\\").error().code, Errc::malformed);
}

TEST(Rows, WritesAHeaderEvenWithoutRows) {
  EXPECT_EQ(written(Format::tsv, {}), "name\tcount\n");
  EXPECT_EQ(written(Format::table, {}), "name  count\n");
  EXPECT_EQ(written(Format::json, {}), "[]\n");
  EXPECT_EQ(written(Format::jsonl, {}), "");
}

TEST(Rows, KeepsNumbersAsNumbersAndNothingAsNull) {
  EXPECT_EQ(written(Format::jsonl, {{"a\"b", 18446744073709551615ull}, {"c", Cell()}}),
            "{\"name\":\"a\\\"b\",\"count\":18446744073709551615}\n"
            "{\"name\":\"c\",\"count\":null}\n");
  EXPECT_EQ(written(Format::tsv, {{"c", Cell()}}), "name\tcount\nc\t\n");
}

TEST(Rows, AlignsATableByCharactersNotBytes) {
  EXPECT_EQ(written(Format::table, {{"東京", 7}, {"oslo!", 1000}}),
            "name   count\n東京         7\noslo!   1000\n");
}

TEST(Rows, WritesEveryRowOfManyPages) {
  std::vector<std::vector<Cell>> cells(1700, {"x", 1});
  const std::string table = written(Format::table, cells);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1701);
}

TEST(PrintObject, NamesNestedMembersByPath) {
  std::ostringstream out;
  print_object(out, {Format::tsv, false}, {{"a", {{"b", 1}}}, {"c", nullptr}});
  EXPECT_EQ(out.str(), "field\tvalue\na.b\t1\nc\t\n");
}

TEST(ExitCode, SaysWhetherARestartHelps) {
  EXPECT_EQ(exit_code_of(Errc::malformed), ExitCode::usage);
  EXPECT_EQ(exit_code_of(Errc::config), ExitCode::refused);
  EXPECT_EQ(exit_code_of(Errc::plugin), ExitCode::refused);
  EXPECT_EQ(exit_code_of(Errc::unavailable), ExitCode::unavailable);
  EXPECT_EQ(exit_code_of(Errc::timeout), ExitCode::unavailable);
  EXPECT_EQ(exit_code_of(Errc::not_found), ExitCode::failed);
}

}  // namespace
}  // namespace subnetd::cli
