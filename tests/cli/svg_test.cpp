// SPDX-License-Identifier: 0BSD
#include "cli/svg.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace subnetd::cli {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(BarChart, DrawsABarForEachValueAndALegendFromTwoSeriesOn) {
  BarChart chart{"load", "miners", {"v1", "v2", "v3"}, {{"taken", {3, 0, 12}}}};
  const std::string one = bar_chart_svg(chart);
  EXPECT_EQ(count(one, "</title></rect>"), 3u);
  EXPECT_EQ(count(one, "y=\"38\""), 0u);
  chart.series.push_back({"capacity", {5, 5, 20}});
  const std::string two = bar_chart_svg(chart);
  EXPECT_EQ(count(two, "</title></rect>"), 6u);
  EXPECT_EQ(count(two, "y=\"38\""), 2u);
}

TEST(BarChart, TicksReachTheLargestValue) {
  const std::string svg = bar_chart_svg({"t", "u", {"a"}, {{"s", {987}}}});
  for (const char* tick : {">0<", ">200<", ">1000<"}) EXPECT_NE(svg.find(tick), svg.npos) << tick;
}

TEST(BarChart, WritesLargeValuesAsPeopleReadThem) {
  const std::string svg = bar_chart_svg({"t", "nano", {"a", "b"}, {{"s", {166'667'000'000, 1e6}}}});
  for (const char* text : {">166.7 G<", ">1 M<", ">200 G<"}) {
    EXPECT_NE(svg.find(text), svg.npos) << text << " in " << svg;
  }
}

TEST(BarChart, EscapesEveryText) {
  const std::string svg =
      bar_chart_svg({"<script>&\"'", "<u>", {"<v>\x01"}, {{"<s>", {1}}, {"b", {2}}}});
  for (const char* raw : {"<script>", "<u>", "<v>", "<s>", "\x01"})
    EXPECT_EQ(svg.find(raw), svg.npos);
  EXPECT_NE(svg.find("&lt;script&gt;&amp;&quot;&#39;"), svg.npos);
}

TEST(BarChart, DrawsWhatIsNoLengthAsZeroAndSaysWhenThereIsNothing) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::string svg = bar_chart_svg({"t", "u", {"a", "b", "c"}, {{"s", {-1, inf}}}});
  EXPECT_EQ(count(svg, "width=\"0\""), 3u);
  EXPECT_EQ(svg.find("inf"), svg.npos);
  EXPECT_NE(bar_chart_svg({}).find("nothing to show"), std::string::npos);
}

TEST(BarChart, ShortensLongLabelsByCharactersNotBytes) {
  std::string label;
  for (int i = 0; i < 100; ++i) label += "\xc3\xa9";
  const std::string svg = bar_chart_svg({"t", "u", {label}, {{"s", {1}}}});
  EXPECT_NE(svg.find("\xc3\xa9\xe2\x80\xa6<"), svg.npos);
}

}  // namespace
}  // namespace subnetd::cli
