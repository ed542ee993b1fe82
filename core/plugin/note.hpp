// SPDX-License-Identifier: 0BSD
// Reads a plugin's identity note out of an ELF64 file, before any of its code runs. Every offset is
// checked; hostile bytes give an error, never a crash. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "subnet/abi.h"

namespace subnetd::plugin {

struct Note {
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
  std::uint16_t min_host_minor = 0;
  std::string id;
  std::string version;
};

// Letters, digits and ._- only, at least one: what ids of plugins and components are made of.
bool is_plugin_name(std::string_view text);

// What a descriptor's note would say, where there is no file to hold one. Errc::plugin: its id or
// version is no name.
Result<Note> note_of(const sbn_plugin& plugin);

// Errc::plugin: what was expected, what is there.
Result<Note> read_note(std::span<const std::uint8_t> file);

}  // namespace subnetd::plugin
