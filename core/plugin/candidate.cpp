// SPDX-License-Identifier: 0BSD
#include "plugin/candidate.hpp"

#include "plugin/plugin_file.hpp"

namespace subnetd::plugin {

Result<Candidate> read_candidate(const std::filesystem::path& path) {
  Candidate out{path, {}, {}, {}};
  SUBNETD_TRY(out.bytes, read_plugin_file(path));
  out.sha256 = sha256_hex(out.bytes);
  auto note = read_note(out.bytes);
  if (!note) return refused(path, note.error().message, note.error().hint);
  out.note = *std::move(note);
  return out;
}

}  // namespace subnetd::plugin
