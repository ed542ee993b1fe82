// SPDX-License-Identifier: 0BSD
// Bar charts as SVG text that needs nothing else: readable on light and dark, every text escaped.
#pragma once

#include <string>
#include <vector>

namespace subnetd::cli {

// values: one a label of the chart; negative and non-finite ones are drawn as zero.
struct BarSeries {
  std::string name;
  std::vector<double> values;
};

struct BarChart {
  std::string title, unit;
  std::vector<std::string> labels;
  std::vector<BarSeries> series;
};

// Horizontal bars, one row a label, one bar a series, an axis with ticks; a legend from two series
// on. An empty chart says so.
std::string bar_chart_svg(const BarChart& chart);

}  // namespace subnetd::cli
