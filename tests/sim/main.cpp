// SPDX-License-Identifier: 0BSD
// sim --seed N [--count N] | --with "OPTIONS"   [--trace] [--options] [--expect-violation]
// Runs seeds N, N+1, …, or the one run that a printed set of options describes: exit 0 when all are
// clean. Prints what was seen and one hash over all traces. Over a thousand seeds nothing may be
// left unseen. With --expect-violation: exit 0 at the first seed that is not clean.
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "sim/world.hpp"

namespace {

using namespace subnetd;

constexpr std::uint64_t everything_is_seen_in = 1000;  // seeds

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  std::optional<sim::Options> with;
  bool trace = false;
  bool options = false;
  bool expect_violation = false;
};

char options_now[2048];
bool violation_expected = false;

// The engine traps when an invariant of its own is broken.
void on_trap(int) {
  char line[sizeof(options_now) + 64];
  const int n =
      std::snprintf(line, sizeof(line), "the engine stopped the process\n%s\n", options_now);
  if (write(STDOUT_FILENO, line, static_cast<std::size_t>(n)) < 0) _exit(2);
  _exit(violation_expected ? 0 : 1);
}

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const bool more = i + 1 < argc;
    if (std::strcmp(argv[i], "--seed") == 0 && more) {
      arguments.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--count") == 0 && more) {
      arguments.count = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--with") == 0 && more) {
      arguments.with = sim::parse_options(argv[++i]);
      if (!arguments.with) return false;
    } else if (std::strcmp(argv[i], "--trace") == 0) {
      arguments.trace = true;
    } else if (std::strcmp(argv[i], "--options") == 0) {
      arguments.options = true;
    } else if (std::strcmp(argv[i], "--expect-violation") == 0) {
      arguments.expect_violation = true;
    } else {
      return false;
    }
  }
  return true;
}

sim::Disk disk() {
#ifdef SUBNETD_SIM_JOURNAL
  return sim::journal_disk();
#else
  return {};
#endif
}

// The names of what was never seen.
std::string unseen(const sim::Counters& seen) {
  std::string names;
  for (std::size_t i = 0; i < sim::Counters::size; ++i) {
    if (seen.at(i) == 0) names += std::string(" ") + sim::Counters::name(i);
  }
  return names;
}

int run(const Arguments& arguments) {
  Digest all;
  sim::Counters seen;
  for (std::uint64_t i = 0; i < arguments.count; ++i) {
    const sim::Options options = arguments.with.value_or(sim::options_of(arguments.seed + i));
    const std::string line = sim::describe(options);
    std::snprintf(options_now, sizeof(options_now), "%s", line.c_str());
    if (arguments.options) std::printf("%s\n", line.c_str());
    sim::World world(options, disk(), arguments.trace);
    try {
      world.run();
    } catch (const sim::Violation& violation) {
      std::printf("%s\n%s\n", violation.what(), line.c_str());
      return arguments.expect_violation ? 0 : 1;
    }
    all.add(world.trace_hash());
    seen.add(world.seen());
  }
  std::printf("%s%llu seeds clean; trace %016llx\n", sim::table(seen).c_str(),
              static_cast<unsigned long long>(arguments.count),
              static_cast<unsigned long long>(all.value()));
  if (arguments.expect_violation) return 1;
  const std::string missing = unseen(seen);
  if (arguments.count < everything_is_seen_in || missing.empty()) return 0;
  std::printf("never seen:%s\n", missing.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fputs(
        "sim --seed N [--count N] | --with \"OPTIONS\" [--trace] [--options] "
        "[--expect-violation]\n",
        stderr);
    return 2;
  }
  violation_expected = arguments.expect_violation;
  for (int signal : {SIGILL, SIGTRAP, SIGSEGV, SIGABRT}) std::signal(signal, on_trap);
  return run(arguments);
}
