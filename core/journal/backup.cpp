// SPDX-License-Identifier: 0BSD
#include "journal/backup.hpp"

#include <openssl/evp.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "journal/file_lock.hpp"
#include "journal/reader.hpp"
#include "journal/schema.hpp"

namespace subnetd::journal {
namespace {

namespace fs = std::filesystem;

Result<void> copy(Database& from, const std::string& to) {
  SUBNETD_TRY(Database target, Database::open_with(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  sqlite3_backup* steps = sqlite3_backup_init(target.get(), "main", from.get(), "main");
  if (steps == nullptr) return target.failed(sqlite3_errcode(target.get()), "copying to " + to);
  // All at once: a copy in steps begins again whenever the daemon writes.
  const int stepped = sqlite3_backup_step(steps, -1);
  const int finished = sqlite3_backup_finish(steps);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  return target.failed(finished != SQLITE_OK ? finished : stepped, "copying to " + to);
}

// As a file that nobody writes: no log beside it is looked for or made.
Result<std::uint64_t> check(const std::string& file, const Apply& apply) {
  std::string uri = "file:";
  for (const char c : fs::absolute(file).string()) {
    if (c == '?' || c == '#' || c == '%') {
      constexpr char digits[] = "0123456789ABCDEF";
      uri += '%';
      uri += digits[static_cast<unsigned char>(c) >> 4];
      uri += digits[static_cast<unsigned char>(c) & 15];
    } else {
      uri += c;
    }
  }
  SUBNETD_TRY(Database db, Database::open_with(uri + "?immutable=1",
                                               SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  SUBNETD_CHECK(quick_check(db, file));
  SUBNETD_TRY(TurnReader turns, TurnReader::prepare(db));
  SUBNETD_CHECK(check_bytes(turns));
  SUBNETD_TRY(const Restored restored, restore(turns, apply));
  return restored.state.facts;
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

Result<std::string> sha256_of(const std::string& file) {
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  bool ok = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(std::size_t{1} << 20);
  while (ok && in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    ok = EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(in.gcount())) == 1;
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  ok = ok && in.eof() && EVP_DigestFinal_ex(context.get(), digest, &size) == 1;
  if (!ok) return fail(Errc::io, "hashing " + file + " failed");
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

Result<BackupReport> make(const std::string& path, const std::string& partial,
                          const Apply& apply) {
  {
    SUBNETD_TRY(auto reader, JournalReader::open(path));
    SUBNETD_CHECK(create_private(partial));
    SUBNETD_CHECK(copy(reader->database(), partial));
  }
  SUBNETD_CHECK(sync_file_and_folder(partial));
  BackupReport report;
  SUBNETD_TRY(report.head, check(partial, apply));
  SUBNETD_TRY(report.sha256, sha256_of(partial));
  report.bytes = fs::file_size(partial);
  return report;
}

}  // namespace

Result<BackupReport> backup(const std::string& path, const std::string& out, const Apply& apply) {
  std::error_code error;
  if (fs::exists(out, error)) {
    return fail(Errc::conflict, out + " exists already", "give the backup a new name");
  }
  const std::string partial = out + ".partial";
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(partial + suffix, error);
  Result<BackupReport> report = make(path, partial, apply);
  if (report) {
    fs::rename(partial, out, error);
    if (error) report = fail(Errc::io, "naming " + out + ": " + error.message());
  }
  if (!report) {
    fs::remove(partial, error);
    return report;
  }
  SUBNETD_CHECK(sync_file_and_folder(out));
  return report;
}

}  // namespace subnetd::journal
