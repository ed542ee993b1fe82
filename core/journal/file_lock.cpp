// SPDX-License-Identifier: 0BSD
#include "journal/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace subnetd::journal {
namespace {

namespace fs = std::filesystem;

// errno to a word; std::error_code's text needs no buffer.
std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

// Two spellings of one file must meet on one lock.
std::string canonical(const std::string& path) {
  std::error_code error;
  const fs::path out = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path : out.string();
}

std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid.empty() ? "unknown" : pid;
}

std::string folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

Result<void> sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return fail(Errc::io, "opening " + path + " to sync it: " + reason(errno));
  const int code = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (code != 0) return fail(Errc::io, "syncing " + path + ": " + reason(error));
  return {};
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& journal_path) {
  const std::string path = canonical(journal_path) + ".lock";
  FileLock out;
  out.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (out.fd_ < 0) {
    return fail(Errc::config, "opening " + path + ": " + reason(errno),
                "the journal's folder must exist and be writable");
  }
  if (::flock(out.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(Errc::io, "locking " + path + ": " + reason(errno));
    return fail(Errc::config,
                journal_path + " is in use by another subnetd, pid " + holder_of(out.fd_),
                "stop that one, or give this one a [journal] path of its own");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(out.fd_, 0) != 0 ||
      ::pwrite(out.fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(Errc::io, "writing " + path + ": " + reason(errno));
  }
  return out;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<std::string_view> network_file_system(long magic) {
  switch (static_cast<unsigned long>(magic) & 0xffffffffu) {
    case 0x6969: return "nfs";
    case 0x517B: return "smb";
    case 0xFF534D42: return "cifs";
    case 0xFE534D42: return "smb2";
    case 0x01021997: return "9p";
    case 0x00C36400: return "ceph";
    case 0x5346414F: return "afs";
    case 0x6B414653: return "kafs";
    case 0x73757245: return "coda";
    case 0x564C: return "ncp";
    case 0x0BD00BD0: return "lustre";
    case 0x47504653: return "gpfs";
    default: return std::nullopt;
  }
}

Result<void> check_file_system(const std::string& journal_path) {
  struct statfs found {};
  const std::string folder = folder_of(journal_path);
  if (::statfs(folder.c_str(), &found) != 0) {
    return fail(Errc::config, "the journal's folder " + folder + ": " + reason(errno),
                "create it, or correct [journal] path");
  }
  if (const auto network = network_file_system(static_cast<long>(found.f_type))) {
    return fail(Errc::config,
                journal_path + " is on a network file system (" + std::string(*network) +
                    "), where locks and syncs cannot be trusted",
                "put [journal] path on a local disk");
  }
  return {};
}

Result<void> create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(Errc::io, "opening " + path + ": " + reason(errno),
                "check the path, its folder and its permissions");
  }
  ::close(fd);
  return {};
}

Result<void> sync_file_and_folder(const std::string& path) {
  SUBNETD_CHECK(sync_path(path, O_RDONLY));
  return sync_path(folder_of(path), O_RDONLY | O_DIRECTORY);
}

}  // namespace subnetd::journal
