// SPDX-License-Identifier: 0BSD
// What a component of any kind does to the process around it and to its own other instances.
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <clocale>
#include <filesystem>
#include <fstream>

#include "domain/limits.hpp"
#include "plugin/conformance/child.hpp"
#include "plugin/conformance/trial.hpp"
#include "subnet/detector.h"
#include "subnet/matcher.h"
#include "subnet/validator.h"

namespace subnetd::plugin::conformance {
namespace {

// The loader knows the library by the name it was opened with.
void* handle_of(const Trial& trial) {
  Dl_info where{};
  if (::dladdr(trial.offer.component->raw, &where) == 0) return nullptr;
  return ::dlopen(where.dli_fname, RTLD_NOW | RTLD_NOLOAD);
}

Finding check_entry(const Trial& trial) {
  void* library = handle_of(trial);
  if (library == nullptr) return skipped("its descriptor does not lie in its file");
  const auto entry = reinterpret_cast<sbn_plugin_entry>(::dlsym(library, SBN_ENTRY_NAME));
  const InSlot in("its entry point");
  const sbn_plugin* first = entry(&silent_host(), nullptr);
  if (first == nullptr || entry(&silent_host(), nullptr) != first) {
    return failed("the same descriptor whenever it is asked", "another", "make it static");
  }
  if (first->extension != nullptr && first->extension(str("no.such/1")) != nullptr) {
    return failed("NULL for an extension that it does not have", "a table for no.such/1",
                  "compare the id");
  }
  return good();
}

Finding check_two_instances(const Trial& trial) {
  const Kind* kind = kind_of(trial.offer.component->kind);
  const bool same = (trial.flags() & SBN_F_DETERMINISTIC) != 0;
  const Work work{.n = 33, .framed = false};
  auto one = Subject::create(trial);
  const auto two = Subject::create(trial);
  if (!one || !two) {
    return failed("two instances", (one ? two : one).error().message, "share nothing");
  }
  const auto before = kind->work(**two, work);
  const auto beside = kind->work(**one, work);
  one->reset();
  const auto after = kind->work(**two, work);
  for (const auto* done : {&before, &beside, &after}) {
    if (!*done) {
      return failed("answers of two instances, also when one has ended", done->error().message,
                    "let instances share nothing that changes");
    }
  }
  if (same && (*before != *beside || *before != *after)) {
    return failed("the same answers of two instances, also when one has ended", "others",
                  "let instances share nothing that changes");
  }
  return good();
}

// What belongs to the process and not to a plugin, as text to compare.
std::string surroundings() {
  std::string text;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action{};
    if (::sigaction(number, nullptr, &action) != 0) continue;
    text += "signal " + std::to_string(number) + " " +
            std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_sigaction)) + "\n";
  }
  std::error_code ec;
  text += "folder " + std::filesystem::current_path(ec).string() + "\n";
  text += "locale " + std::string(std::setlocale(LC_ALL, nullptr)) + "\n";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Umask")) text += line + "\n";
  }
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    text += "environment " + std::string(*at) + "\n";
  }
  siginfo_t child{};
  const bool has_child = ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
  text += has_child ? "a child process\n" : "no child process\n";
  return text;
}

// The first line that is in one of them alone.
std::string difference(const std::string& before, const std::string& after) {
  std::istringstream old_lines(before), new_lines(after);
  std::string was, is;
  while (true) {
    const bool more = static_cast<bool>(std::getline(new_lines, is));
    if (!std::getline(old_lines, was)) return more ? is : "";
    if (!more || was != is) return more ? is : was;
  }
}

Finding check_surroundings(const Trial& trial) {
  const std::string before = surroundings();
  const Kind* kind = kind_of(trial.offer.component->kind);
  {
    const auto subject = Subject::create(trial);
    if (!subject) return failed("an instance", subject.error().message, "see settings");
    const auto done = kind->work(**subject, {.n = 33, .framed = false});
    if (!done) return failed("an answer", done.error().message, see_header);
  }
  const std::string changed = difference(before, surroundings());
  if (changed.empty()) return good();
  return failed("the process as it was: signals, folder, locale, umask, environment, children",
                "now \"" + changed + "\"", "leave to the host what is the whole process's");
}

Finding check_logs(const Trial& trial) {
  const auto subject = Subject::create(trial);
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const Kind* kind = kind_of(trial.offer.component->kind);
  const auto done = kind->work(**subject, {.n = 64, .framed = false});
  if (!done) return failed("an answer", done.error().message, see_header);
  const std::uint64_t lines = (*subject)->log_lines();
  if (lines <= limits::plugin_log_lines_per_s) return good(std::to_string(lines) + " lines");
  return failed("at most " + std::to_string(limits::plugin_log_lines_per_s) +
                    " log lines, of which a host keeps no more in a second",
                std::to_string(lines), "tell what is new, not every row");
}

// Any status is an answer; a crash is none.
Finding check_no_scratch(const Trial& trial) {
  const auto subject = Subject::create(trial, {.scratch = false});
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const Kind* kind = kind_of(trial.offer.component->kind);
  const auto done = kind->work(**subject, {.n = 33, .framed = false});
  return good(done ? "" : "it says so");
}

Finding check_throughput(const Trial& trial) {
  using std::chrono::nanoseconds;
  const std::string& id = trial.offer.component->kind;
  const bool matches = id == SBN_KIND_MATCHER;  // its small subnets are dear to draw
  // What a row costs may grow with the subnet where all of it is weighed at once.
  const bool by_row = id == SBN_KIND_DETECTOR || id == SBN_KIND_VALIDATOR;
  const auto subject = Subject::create(trial);
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const Kind* kind = kind_of(id);
  std::string text;
  double at_64 = 0, at_most = 0;
  const std::size_t most = matches ? 1'000 : 4'096;
  for (const std::size_t n : {std::size_t{1}, std::size_t{64}, most}) {
    nanoseconds least = nanoseconds::max();
    for (int round = 0; round < 5; ++round) {
      const nanoseconds before = (*subject)->busy();
      const auto done = kind->work(**subject, {.n = n, .framed = false});
      if (!done) return failed("an answer", done.error().message, see_header);
      least = std::min(least, (*subject)->busy() - before);
    }
    const double each = static_cast<double>(least.count()) / static_cast<double>(n);
    if (n == 64) at_64 = each;
    at_most = each;
    text += (text.empty() ? "" : ", ") + std::to_string(static_cast<std::uint64_t>(each)) +
            " ns an item of " + std::to_string(n);
  }
  constexpr double growth_max = 16;
  if (!by_row || at_most <= 100 || at_most <= growth_max * at_64) return good(text);
  return failed("an item to cost about the same in any batch", text, "look at each row once");
}

}  // namespace

const std::vector<Check>& host_checks() {
  static const std::vector<Check> all = {
      {"entry", "one descriptor, and NULL for unknown extensions", check_entry},
      {"two_instances", "two instances that do not disturb each other", check_two_instances},
      {"surroundings",
       "signals, folder, locale, umask, environment and children as they were",
       check_surroundings},
      {"logs", "at most 100 log lines for 64 rows", check_logs},
      {"no_scratch", "no crash where the host has no scratch memory", check_no_scratch},
      {"throughput",
       "time an item of 1, 64 and 4096; a row costs about the same in any batch",
       check_throughput},
  };
  return all;
}

}  // namespace subnetd::plugin::conformance
