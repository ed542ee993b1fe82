// SPDX-License-Identifier: 0BSD
// What a plugin's entry point returned, checked before anything of it is used: sizes, strings,
// flags, the slots that each kind must fill, and agreement with the identity note. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "plugin/note.hpp"
#include "subnet/abi.h"

namespace subnetd::plugin {

// A component as its descriptor shows it.
struct ComponentView {
  std::string kind;  // "subnet.detector/1"
  std::string id;    // behind the slash
  std::string summary;
  std::string schema;
  std::uint32_t flags = 0;
  const sbn_component* raw = nullptr;
};

struct Descriptor {
  std::string vendor;
  std::vector<ComponentView> components;
};

// Errc::plugin: what was wanted, what is there, what to do. `path` is for the messages.
Result<Descriptor> read_descriptor(const std::filesystem::path& path, const Note& note,
                                   const sbn_plugin& plugin);

}  // namespace subnetd::plugin
