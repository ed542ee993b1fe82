// SPDX-License-Identifier: 0BSD
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace subnetd::observe {
namespace {

TEST(Metrics, ExposesWhatWasCounted) {
  Metrics metrics;
  metrics.counter("verdicts_total", "Verdicts.", {{"result", "ok"}}).add();
  metrics.counter("verdicts_total", "Verdicts.", {{"result", "ok"}}).add(2);
  metrics.gauge("miners", "Miners.").set(7);
  metrics.histogram("probe_seconds", "Probes.", {0.1, 1}, {{"type", "chat"}}).observe(0.5);
  const std::string text = metrics.expose();
  EXPECT_NE(text.find("# TYPE subnetd_verdicts_total counter"), text.npos);
  EXPECT_NE(text.find("subnetd_verdicts_total{result=\"ok\"} 3"), text.npos);
  EXPECT_NE(text.find("subnetd_miners 7"), text.npos);
  EXPECT_NE(text.find("subnetd_probe_seconds_bucket{type=\"chat\",le=\"0.1\"} 0"), text.npos);
  EXPECT_NE(text.find("subnetd_probe_seconds_bucket{type=\"chat\",le=\"1\"} 1"), text.npos);
}

TEST(Metrics, NeverTakesTheMinerAsALabel) {
  Metrics metrics;
  EXPECT_THROW(metrics.counter("probes_total", "Probes.", {{"miner", "m1"}}), std::logic_error);
}

TEST(Metrics, CountsUnderOtherPastTheSeriesOfAFamily) {
  Metrics metrics;
  for (std::size_t i = 0; i < metric_series_max + 5; ++i) {
    metrics.counter("calls_total", "Calls.", {{"validator", "v" + std::to_string(i)}}).add();
  }
  const std::string text = metrics.expose();
  EXPECT_NE(text.find("subnetd_calls_total{validator=\"other\"} 5"), text.npos);
  EXPECT_EQ(text.find("v" + std::to_string(metric_series_max) + "\""), text.npos);
}

TEST(Metrics, EscapesLabelValues) {
  Metrics metrics;
  metrics.counter("calls_total", "Calls.", {{"validator", "a\"b\n"}}).add();
  EXPECT_NE(metrics.expose().find("validator=\"a\\\"b\\n\""), std::string::npos);
}

}  // namespace
}  // namespace subnetd::observe
