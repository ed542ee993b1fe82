// SPDX-License-Identifier: 0BSD
// The system's files with their own method table, in which only xSync differs.
#include "slow_disk.hpp"

#include <sqlite3.h>
#include <time.h>

#include <map>
#include <mutex>

namespace subnetd::bench {
namespace {

sqlite3_vfs layer{};
SlowDisk* disk = nullptr;
// The system has one method table a locking style; each gets its slow twin.
std::map<const sqlite3_io_methods*, sqlite3_io_methods> twins;
std::map<const sqlite3_io_methods*, const sqlite3_io_methods*> originals;
std::mutex twins_lock;  // readers open files on threads of their own

int sync_file(sqlite3_file* file, int flags) {
  int (*sync)(sqlite3_file*, int) = nullptr;
  {
    const std::lock_guard held(twins_lock);
    sync = originals.at(file->pMethods)->xSync;
  }
  disk->wait();
  return sync(file, flags);
}

int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  auto* system = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int code = system->xOpen(system, name, file, flags, out);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  const std::lock_guard held(twins_lock);
  const auto [twin, fresh] = twins.try_emplace(file->pMethods, *file->pMethods);
  if (fresh) {
    originals[&twin->second] = file->pMethods;
    twin->second.xSync = sync_file;
  }
  file->pMethods = &twin->second;
  return SQLITE_OK;
}

}  // namespace

SlowDisk::SlowDisk(std::int64_t more_ms) : more_ms_(more_ms) {
  sqlite3_vfs* system = sqlite3_vfs_find("unix");
  layer = *system;
  layer.pNext = nullptr;
  layer.zName = name();
  layer.pAppData = system;
  layer.xOpen = open_file;
  disk = this;
  sqlite3_vfs_register(&layer, 0);
}

SlowDisk::~SlowDisk() {
  sqlite3_vfs_unregister(&layer);
  disk = nullptr;
}

void SlowDisk::wait() {
  ++syncs_;
  const timespec pause{more_ms_ / 1000, more_ms_ % 1000 * 1'000'000};
  nanosleep(&pause, nullptr);
}

}  // namespace subnetd::bench
