// SPDX-License-Identifier: 0BSD
// A plugin file that was read once: from here on only these bytes count, whatever becomes of the
// file. None of its code has run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "plugin/note.hpp"

namespace subnetd::plugin {

struct Candidate {
  std::filesystem::path path;
  std::vector<std::uint8_t> bytes;
  std::string sha256;
  Note note;
};

// Errc::plugin: the place is not safe, or the file is no plugin.
Result<Candidate> read_candidate(const std::filesystem::path& path);

}  // namespace subnetd::plugin
