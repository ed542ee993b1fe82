// SPDX-License-Identifier: 0BSD
#include "cli/match_load.hpp"

#include <algorithm>

#include "cli/svg.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t rows_max = 100;

// In part a of b.
bool fuller(const ValidatorLoad& a, const ValidatorLoad& b) {
  return static_cast<unsigned __int128>(a.load) * b.capacity >
         static_cast<unsigned __int128>(b.load) * a.capacity;
}

}  // namespace

std::string load_picture(std::vector<ValidatorLoad> loads, std::uint64_t unmatched) {
  BarChart chart{"Load of " + std::to_string(loads.size()) + " validators", "miners", {}, {}};
  if (unmatched > 0) chart.title += ", " + std::to_string(unmatched) + " unmatched";
  std::stable_sort(loads.begin(), loads.end(), fuller);
  if (loads.size() > rows_max) {
    const auto half = static_cast<std::ptrdiff_t>(rows_max / 2);
    loads.erase(loads.begin() + half, loads.end() - half);
    chart.title += ": the " + std::to_string(rows_max / 2) + " fullest and the " +
                   std::to_string(rows_max / 2) + " emptiest";
  }
  BarSeries load{"load", {}}, capacity{"capacity", {}};
  for (const ValidatorLoad& each : loads) {
    chart.labels.push_back(each.id);
    load.values.push_back(static_cast<double>(each.load));
    capacity.values.push_back(static_cast<double>(each.capacity));
  }
  chart.series = {std::move(load), std::move(capacity)};
  return bar_chart_svg(chart);
}

}  // namespace subnetd::cli
