// SPDX-License-Identifier: 0BSD
#include "observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <stdexcept>

namespace subnetd::observe {
namespace {

std::string full_name(std::string_view name) {
  return "subnetd_" + std::string(name);
}

prometheus::Labels label_map(Labels labels) {
  prometheus::Labels out;
  for (const auto& [name, value] : labels) {
    const auto known = Metrics::label_names();
    if (std::ranges::find(known, name) == known.end()) {
      throw std::logic_error("metric label " + std::string(name) + " is not on the list");
    }
    out.emplace(name, value.substr(0, metric_label_bytes_max));
  }
  return out;
}

template <class Series, class... Rest>
void* series_of(prometheus::Family<Series>& family, Labels labels, std::size_t series_max,
                const Rest&... rest) {
  prometheus::Labels map = label_map(labels);
  // Two threads may pass the cap together by one series each; it stays bounded by the threads.
  if (!family.Has(map) && series_max != 0 && !map.empty()) {
    std::size_t count = 0;
    for (const auto& collected : family.Collect()) count += collected.metric.size();
    if (count >= series_max) {
      for (auto& [name, value] : map) value = "other";
    }
  }
  return &family.Add(map, rest...);
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

std::span<const std::string_view> Metrics::label_names() {
  static constexpr std::string_view names[] = {"type",   "plugin", "kind",   "validator",
                                               "result", "reason", "method", "route",
                                               "status", "stage",  "version"};
  return names;
}

Counter Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildCounter()
                     .Name(full_name(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  return Counter(series_of(family, labels, metric_series_max));
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildGauge()
                     .Name(full_name(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  return Gauge(series_of(family, labels, metric_series_max));
}

Histogram Metrics::histogram(std::string_view name, std::string_view help,
                             std::vector<double> bounds, Labels labels) {
  auto& family = prometheus::BuildHistogram()
                     .Name(full_name(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  return Histogram(series_of(family, labels, metric_series_max, bounds));
}

std::string Metrics::expose() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

void Counter::add(double amount) {
  static_cast<prometheus::Counter*>(series_)->Increment(amount);
}
void Gauge::set(double value) {
  static_cast<prometheus::Gauge*>(series_)->Set(value);
}
void Histogram::observe(double value) {
  static_cast<prometheus::Histogram*>(series_)->Observe(value);
}

}  // namespace subnetd::observe
