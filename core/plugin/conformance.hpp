// SPDX-License-Identifier: 0BSD
// What `subnetd plugin check` runs: named checks that a plugin file keeps the ABI's rules. Every
// check runs in a child process of its own, so that a crash or a hang is a line, not an end. The
// caller must have one thread, because children are forked.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::plugin {

enum class CheckState { ok, failed, skipped };

struct CheckLine {
  std::string component;  // empty: the file
  std::string check;
  CheckState state = CheckState::ok;
  std::string text;  // failed: wanted, have, what to do; skipped: why
};

// Which settings a component gets: JSON of an object; empty: those of the first case, or none.
using SettingsOf = std::function<std::string(const std::string& kind, const std::string& plugin,
                                             const std::string& component)>;

struct ConformanceOptions {
  SettingsOf settings;  // may be empty
  // JSON Lines; empty: NAME.cases.jsonl beside NAME.sbn.so, or cases.jsonl there.
  std::vector<std::filesystem::path> cases;
  std::chrono::milliseconds deadline{10'000};  // of one call into the plugin
  std::vector<std::string> only, skip;         // names of checks; `only` empty: all
};

struct CheckCard {
  std::string of;  // "file", "any" component, or a kind
  std::string check, wants;
};
// Every check, in the order in which they run.
std::vector<CheckCard> check_cards();

enum class Conformance { good, failed, refused };  // refused: it cannot be loaded at all

// What a file offers, "kind id" each, found out in a child process. Errc::plugin: it was refused,
// or ended the child.
Result<std::vector<std::string>> components_of(const std::filesystem::path& file,
                                               std::chrono::milliseconds deadline);

// Tells each line as soon as it is known.
Conformance check_conformance(const std::filesystem::path& file, const ConformanceOptions& options,
                              const std::function<void(const CheckLine&)>& tell);

}  // namespace subnetd::plugin
