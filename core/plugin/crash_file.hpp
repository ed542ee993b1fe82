// SPDX-License-Identifier: 0BSD
// Who brought the daemon down: each call into a plugin leaves a breadcrumb on its thread, each
// loaded file its place in memory, and the handler of a deadly signal writes both down. In-process
// faults are not survived: the next start reads the file. Handlers are async-signal-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "domain/error.hpp"

namespace subnetd::plugin {

struct PluginName {
  std::string sha256;
  std::string file;
  std::string id;
};

// For the life of the process, as its code stays mapped that long. Control thread.
const PluginName* remember_plugin(PluginName name);
// Where an opened library lies. Control thread.
void remember_mappings(const PluginName* name, void* handle);

// What this thread is running of a plugin.
struct PluginCall {
  const PluginName* plugin = nullptr;
  const char* slot = nullptr;  // static text

  static PluginCall current();
};

// The thread is in the plugin as long as this object lives.
class InPlugin {
 public:
  InPlugin(const PluginName* plugin, const char* slot) : InPlugin(PluginCall{plugin, slot}) {}
  explicit InPlugin(PluginCall call);
  ~InPlugin();
  InPlugin(const InPlugin&) = delete;
  InPlugin& operator=(const InPlugin&) = delete;

 private:
  PluginCall before_;
};

// From here on deadly signals, and exit() called by a plugin, are written to the state's crash
// file; then the process ends as it would have. Once a process. Errc::io.
Result<void> catch_crashes(const std::filesystem::path& state);

struct Crash {
  PluginName plugin;  // id empty: none was found to blame
  std::string words;  // "crashed the daemon with SIGSEGV during detect (at 0x11f0 of the file)"
};

// What the last life wrote; it stays until forget_crash().
std::optional<Crash> last_crash(const std::filesystem::path& state);
void forget_crash(const std::filesystem::path& state);

}  // namespace subnetd::plugin
