// SPDX-License-Identifier: 0BSD
// What every benchmark program starts with: Google Benchmark's own report, then on stderr one line
// for each ratio that a benchmark counted, with what it is held to.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

using benchmark::BenchmarkReporter;

class RatioReporter : public BenchmarkReporter {
 public:
  RatioReporter() : shown_(benchmark::CreateDefaultDisplayReporter()) {}

  bool ReportContext(const Context& context) override { return shown_->ReportContext(context); }

  void ReportRuns(const std::vector<Run>& runs) override {
    shown_->ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.error_occurred) continue;
      const std::string name = run.benchmark_name();
      add(name, run, "ratio", "at_most", "at most");
      add(name, run, "of_target", "at_least", "at least");
    }
  }

  void Finalize() override {
    shown_->Finalize();
    for (const std::string& line : lines_) std::fprintf(stderr, "%s\n", line.c_str());
  }

 private:
  void add(const std::string& name, const Run& run, const char* what, const char* bound,
           const char* says) {
    const auto value = run.counters.find(what);
    if (value == run.counters.end()) return;
    char line[200];
    const auto held = run.counters.find(bound);
    if (held == run.counters.end()) {
      std::snprintf(line, sizeof(line), "%s %s = %.3g", name.c_str(), what, value->second.value);
    } else {
      std::snprintf(line, sizeof(line), "%s %s = %.3g (%s %g)", name.c_str(), what,
                    value->second.value, says, held->second.value);
    }
    lines_.emplace_back(line);
  }

  std::unique_ptr<BenchmarkReporter> shown_;
  std::vector<std::string> lines_;
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
  return 0;
}
