// SPDX-License-Identifier: 0BSD
// Opens plugins in workers, as the daemon does.
#pragma once

#include "plugin/fixtures.hpp"

namespace fixtures {

// A plugin of the zoo.
inline std::filesystem::path zoo(const std::string& name) {
  return std::filesystem::path(ZOO_DIR) / (name + ".sbn.so");
}

inline plugin::Isolation isolation(plugin::worker::Limits limits = {}) {
  return {WORKER, limits};
}

inline subnetd::Result<std::unique_ptr<plugin::Instance>> start_apart(
    const std::filesystem::path& file, const plugin::Isolation& how,
    const std::string& settings = "{}", plugin::PluginLog log = {}) {
  auto library = plugin::Library::open(file, {}, &how);
  if (!library) return std::unexpected(library.error());
  const plugin::ComponentView* component = &(*library)->components().front();
  return plugin::Instance::create({*library, component}, settings, "[test]", std::move(log));
}

inline std::unique_ptr<plugin::Instance> must_start_apart(
    const std::filesystem::path& file, const plugin::Isolation& how = isolation()) {
  auto instance = start_apart(file, how);
  EXPECT_TRUE(instance) << (instance ? "" : instance.error().message);
  return instance ? std::move(*instance) : nullptr;
}

}  // namespace fixtures
