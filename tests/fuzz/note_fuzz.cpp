// SPDX-License-Identifier: 0BSD
// Whatever bytes a plugin file has: a note with printable names, or an error.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "plugin/note.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto note = subnetd::plugin::read_note(std::span(bytes, size));
  if (!note) {
    if (note.error().message.empty()) std::abort();
    return 0;
  }
  if (!subnetd::plugin::is_plugin_name(note->id) || note->version.empty()) std::abort();
  return 0;
}
