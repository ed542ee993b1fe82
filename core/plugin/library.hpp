// SPDX-License-Identifier: 0BSD
// One opened plugin file. Refused unless its note, its descriptor and the floating-point state
// agree with the ABI; the refusal says what was wanted, what is there and what to do. What is
// loaded is a sealed copy of the bytes that were checked. Never unloaded: the compilers pin
// plugins, and code of one may still be on a stack. Control thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "plugin/candidate.hpp"
#include "plugin/crash_file.hpp"
#include "plugin/descriptor.hpp"
#include "plugin/note.hpp"
#include "plugin/trust.hpp"
#include "plugin/worker/remote.hpp"
#include "subnet/abi.h"

namespace subnetd::plugin {

// Where a plugin runs when not in this process.
struct Isolation {
  std::filesystem::path program;  // subnetd-worker
  worker::Limits limits;
  bool spares_trusted = false;  // what came with the daemon or is pinned runs here all the same
};

class Library {
 public:
  // `path` must be absolute. `sha256_pin`: lower-case hex the file must have; empty: any.
  // With `isolation` no code of it runs here: a worker describes it, workers run its instances.
  static Result<std::shared_ptr<Library>> open(const std::filesystem::path& path,
                                               const std::string& sha256_pin = {},
                                               const Isolation* isolation = nullptr);
  // What `trust` admits of it; without, any file. `pin` as in [[plugins.load]].
  static Result<std::shared_ptr<Library>> load(const Candidate& file,
                                               std::shared_ptr<const Trust> trust,
                                               const std::string& pin = {},
                                               const Isolation* isolation = nullptr);
  // A checked copy that is open already, as a worker gets it.
  static Result<std::shared_ptr<Library>> open_copy(int fd);
  // One that is part of this program, which vouches for it: a descriptor without a file.
  static Result<std::shared_ptr<Library>> in_program(std::shared_ptr<const sbn_plugin> plugin);
  // In place of one that may not run: its code is nowhere, and what is made of it is disabled.
  static std::shared_ptr<Library> absent(const std::filesystem::path& path,
                                         const std::string& sha256, const std::string& id,
                                         ComponentView component);
  ~Library();
  // How its instances are made in workers; nullptr: they run in this process.
  const worker::Guest* guest() const { return guest_.get(); }

  const std::filesystem::path& path() const { return path_; }
  const std::string& sha256() const { return sha256_; }
  const Note& note() const { return note_; }
  const std::string& id() const { return note_.id; }  // "vendor.plugin"
  const std::string& version() const { return note_.version; }
  const std::string& vendor() const { return vendor_; }
  const std::vector<ComponentView>& components() const { return components_; }
  const Standing& standing() const { return standing_; }
  // Who is to blame for what its code does.
  const PluginName* name() const { return name_; }
  // Marks a step that may end the process.
  LoadStep step(const std::string& what) const;

 private:
  struct Opened;
  Library();
  struct Described;
  Result<const sbn_plugin*> enter(const std::string& staged);
  Result<void> take(const sbn_plugin& plugin);
  Result<void> ask_worker(const Isolation& isolation, int copy);

  std::filesystem::path path_;
  std::string sha256_;
  Note note_;
  std::string vendor_;
  std::vector<ComponentView> components_;
  Standing standing_;
  const PluginName* name_ = nullptr;
  std::shared_ptr<const Trust> trust_;
  std::shared_ptr<const sbn_plugin> given_;
  std::unique_ptr<Opened> opened_;
  std::unique_ptr<Described> described_;
  std::unique_ptr<worker::Guest> guest_;
};

}  // namespace subnetd::plugin
