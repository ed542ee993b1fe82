// SPDX-License-Identifier: 0BSD
#include "config/follow.hpp"

#include <algorithm>

#include "config/schema.hpp"

namespace subnetd::config {
namespace {

auto is_of(const Key& key) {
  return [&key](const Setting& s) { return s.section == key.section && s.key == key.name; };
}

// One value of each of the section's tables.
std::vector<std::string> literals(const Resolved& of, const Key& key) {
  std::vector<std::string> out;
  for (const Setting& setting : of.settings) {
    if (is_of(key)(setting)) out.push_back(setting.literal);
  }
  return out;
}

}  // namespace

Changes follow(const Resolved& running, Resolved& next) {
  Changes out;
  for (const Key& key : keys()) {
    if (!is_read_at_start(key)) {
      if (literals(running, key) != literals(next, key)) out.taken.push_back(key.path());
      continue;
    }
    // By value: a secret's literal tells nothing.
    if (!key.field.same(running.config, next.config)) out.need_restart.push_back(key.path());
    key.field.copy(next.config, running.config);
    const auto was = std::ranges::find_if(running.settings, is_of(key));
    const auto is = std::ranges::find_if(next.settings, is_of(key));
    if (was != running.settings.end() && is != next.settings.end()) *is = *was;
  }
  return out;
}

}  // namespace subnetd::config
