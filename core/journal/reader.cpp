// SPDX-License-Identifier: 0BSD
#include "journal/reader.hpp"

#include "journal/schema.hpp"

namespace subnetd::journal {

Result<std::unique_ptr<JournalReader>> JournalReader::open(const std::string& path,
                                                           const char* vfs) {
  std::unique_ptr<JournalReader> out(new JournalReader);
  SUBNETD_TRY(out->db_, Database::open(path, Database::Mode::reader, vfs));
  SUBNETD_CHECK(set_up_reader(out->db_, path));
  SUBNETD_TRY(out->turns_, TurnReader::prepare(out->db_));
  return out;
}

}  // namespace subnetd::journal
