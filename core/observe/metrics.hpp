// SPDX-License-Identifier: 0BSD
// Counters, gauges and histograms in Prometheus text. Names start with `subnetd_`; label names come
// from a short list (never the miner), and a family holds a bounded number of series: past it, all
// values are counted under "other". May be called from any thread; a handle lives as long as
// Metrics.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace subnetd::observe {

inline constexpr std::size_t metric_series_max = 1'000;  // of one family
inline constexpr std::size_t metric_label_bytes_max = 64;

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Counter {
 public:
  void add(double amount = 1);  // a negative amount is not added

 private:
  friend class Metrics;
  explicit Counter(void* series) : series_(series) {}
  void* series_;
};

class Gauge {
 public:
  void set(double value);

 private:
  friend class Metrics;
  explicit Gauge(void* series) : series_(series) {}
  void* series_;
};

class Histogram {
 public:
  void observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(void* series) : series_(series) {}
  void* series_;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same series. `name` is without the prefix. A label name that
  // is not one of label_names(), or a name used for two kinds, is a defect and throws logic_error.
  Counter counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
  // `bounds`: upper edges, ascending; those of a family's first series hold for all of it.
  Histogram histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                      Labels labels = {});

  std::string expose() const;  // text/plain; version=0.0.4

  static std::span<const std::string_view> label_names();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace subnetd::observe
