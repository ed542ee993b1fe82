// SPDX-License-Identifier: 0BSD
// Opens fixture plugins as the host does.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "plugin/catalogue.hpp"
#include "plugin/instance.hpp"

namespace fixtures {

namespace plugin = subnetd::plugin;
using subnetd::Errc;

inline std::filesystem::path path_of(const std::string& name) {
  return std::filesystem::path(FIXTURE_DIR) / (name + ".sbn.so");
}

// In this process, or with FIXTURES_APART=…/subnetd-worker in workers: what holds for a plugin here
// holds for it there.
inline subnetd::Result<std::unique_ptr<plugin::Instance>> start(
    const std::string& name, const std::string& settings = "{}", plugin::PluginLog log = {}) {
  const char* worker = std::getenv("FIXTURES_APART");
  const plugin::Isolation apart{worker == nullptr ? "" : worker, {}};
  auto library = plugin::Library::open(path_of(name), {}, worker == nullptr ? nullptr : &apart);
  if (!library) return std::unexpected(library.error());
  const plugin::ComponentView* component = &(*library)->components().front();
  return plugin::Instance::create({*library, component}, settings, "[test]", std::move(log));
}

inline std::unique_ptr<plugin::Instance> must_start(const std::string& name) {
  auto instance = start(name);
  EXPECT_TRUE(instance) << (instance ? "" : instance.error().message);
  return instance ? std::move(*instance) : nullptr;
}

// A folder of this test's own, gone at its end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "plugin_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path copy(const std::string& fixture, const std::string& name) const {
    const auto to = path_ / name;
    std::filesystem::copy_file(path_of(fixture), to);
    return to;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace fixtures
