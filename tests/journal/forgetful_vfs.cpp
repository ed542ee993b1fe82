// SPDX-License-Identifier: 0BSD
#include "journal/forgetful_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>

namespace subnetd::journal::testing {
namespace {

struct OpenFile {
  sqlite3_file base;
  ForgetfulDisk* disk;
  std::string* path;  // null: a temporary file, which nobody expects to survive
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

OpenFile* of(sqlite3_file* file) { return reinterpret_cast<OpenFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file)->real(); }

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find("unix");
  return found;
}

int close_file(sqlite3_file* file) {
  const int code = real(file)->pMethods->xClose(real(file));
  delete of(file)->path;
  return code;
}

int read_file(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), bytes, size, offset);
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  OpenFile* open = of(file);
  if (open->path != nullptr) {
    if (const int code = open->disk->before(ForgetfulDisk::Operation::write)) return code;
    open->disk->written(*open->path, bytes, size, offset);
  }
  return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile* open = of(file);
  if (open->path != nullptr) {
    if (const int code = open->disk->before(ForgetfulDisk::Operation::truncate)) return code;
    open->disk->truncated(*open->path, size);
  }
  return real(file)->pMethods->xTruncate(real(file), size);
}

// The system's own sync is not needed: the model decides what is durable.
int sync_file(sqlite3_file* file, int) {
  OpenFile* open = of(file);
  if (open->path == nullptr) return SQLITE_OK;
  if (const int code = open->disk->before(ForgetfulDisk::Operation::sync)) return code;
  open->disk->synced(*open->path);
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_lock(sqlite3_file* file, int* held) {
  return real(file)->pMethods->xCheckReservedLock(real(file), held);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods methods{
    2,           close_file,  read_file,    write_file,    truncate_file,   sync_file,
    file_size,   lock_file,   unlock_file,  check_lock,    file_control,    sector_size,
    characteristics, shm_map, shm_lock,     shm_barrier,   shm_unmap,       nullptr,
    nullptr};

int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  OpenFile* open = of(file);
  std::memset(static_cast<void*>(open), 0, sizeof *open);
  const int code = system_vfs()->xOpen(system_vfs(), name, open->real(), flags, out);
  if (code != SQLITE_OK) return code;
  open->disk = static_cast<ForgetfulDisk*>(vfs->pAppData);
  open->path = name == nullptr ? nullptr : new std::string(name);
  open->base.pMethods = &methods;
  if (open->path != nullptr) open->disk->opened(*open->path);
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  auto* disk = static_cast<ForgetfulDisk*>(vfs->pAppData);
  if (const int code = disk->before(ForgetfulDisk::Operation::sync)) return code;
  disk->removed(name);
  return system_vfs()->xDelete(system_vfs(), name, sync_folder);
}

sqlite3_vfs layer{};

}  // namespace

ForgetfulDisk::ForgetfulDisk() {
  layer = *system_vfs();
  layer.szOsFile = static_cast<int>(sizeof(OpenFile)) + system_vfs()->szOsFile;
  layer.pNext = nullptr;
  layer.zName = name();
  layer.pAppData = this;
  layer.xOpen = open_file;
  layer.xDelete = remove_file;
  sqlite3_vfs_register(&layer, 0);
}

ForgetfulDisk::~ForgetfulDisk() { sqlite3_vfs_unregister(&layer); }

int ForgetfulDisk::before(Operation operation) {
  if (off()) return SQLITE_IOERR;
  ++operations_;
  const int broken = operation == Operation::write  ? SQLITE_IOERR_WRITE
                     : operation == Operation::sync ? SQLITE_IOERR_FSYNC
                                                    : SQLITE_IOERR_TRUNCATE;
  if (off()) return broken;
  if (operations_ == fail_at_) return full_ && operation == Operation::write ? SQLITE_FULL : broken;
  return SQLITE_OK;
}

void ForgetfulDisk::opened(const std::string& path) {
  if (files_.contains(path)) return;
  std::ifstream in(path, std::ios::binary);
  files_[path].durable.assign(std::istreambuf_iterator<char>(in), {});
}

void ForgetfulDisk::written(const std::string& path, const void* bytes, int size,
                            std::int64_t offset) {
  const std::string copy(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  files_[path].pending.push_back({offset, copy, false});
}

void ForgetfulDisk::truncated(const std::string& path, std::int64_t size) {
  files_[path].pending.push_back({size, {}, true});
}

void ForgetfulDisk::synced(const std::string& path) {
  const bool log = path.ends_with("-wal");
  if (log) ++log_syncs_;
  if (log && ignore_log_syncs_) return;
  File& file = files_[path];
  for (const Change& change : file.pending) apply(file.durable, change, nullptr);
  file.pending.clear();
}

void ForgetfulDisk::apply(std::string& image, const Change& change, std::mt19937_64* torn) {
  const auto offset = static_cast<std::size_t>(change.offset);
  if (change.cut) {
    if (image.size() > offset) image.resize(offset);
    return;
  }
  constexpr std::size_t sector = 512;
  for (std::size_t at = 0; at < change.bytes.size();) {
    const std::size_t take = std::min(change.bytes.size() - at, sector - (offset + at) % sector);
    if (torn == nullptr || (*torn)() % 4 != 0) {
      if (image.size() < offset + at + take) image.resize(offset + at + take);
      image.replace(offset + at, take, change.bytes, at, take);
    }
    at += take;
  }
}

// Of the pending writes none survives, or all, or some: whole ones and torn ones, in any order.
void ForgetfulDisk::lose_power(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (auto& [path, file] : files_) {
    const std::uint64_t mode = random() % 4;
    if (mode == 2) std::shuffle(file.pending.begin(), file.pending.end(), random);
    for (const Change& change : file.pending) {
      if (mode == 0 || (mode != 1 && random() % 2 == 0)) continue;
      apply(file.durable, change, mode == 3 || mode == 2 ? &random : nullptr);
    }
    file.pending.clear();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << file.durable;
    std::filesystem::remove(path + "-shm");
  }
  power_off_at_ = UINT64_MAX;
}

}  // namespace subnetd::journal::testing
