// SPDX-License-Identifier: 0BSD
#include "plugin/plugin_file.hpp"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "domain/limits.hpp"
#include "plugin/fd.hpp"

namespace subnetd::plugin {
namespace {

// What lies in a folder is what its owner put there: a link may not lead out of it.
Result<void> check_link(const std::filesystem::path& path) {
  std::error_code ec;
  const auto real = std::filesystem::canonical(path, ec);
  const auto folder = std::filesystem::canonical(path.parent_path(), ec);
  if (ec) return refused(path, ec.message(), "check [plugins] search and the file name");
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
  if (end == folder.end()) return {};
  return refused(path, "is a link out of its folder, to " + real.string(),
                 "name that file itself, or copy it here");
}

// A folder that everybody may write is one where everybody may put another file; /tmp's sticky bit
// forbids that.
Result<void> check_folders(const std::filesystem::path& path) {
  std::error_code ec;
  const std::filesystem::path real = std::filesystem::canonical(path, ec);
  if (ec) return refused(path, ec.message(), "check [plugins] search and the file name");
  for (std::filesystem::path at = real.parent_path();; at = at.parent_path()) {
    struct stat folder{};
    if (::stat(at.c_str(), &folder) == 0 && (folder.st_mode & S_IWOTH) != 0 &&
        (folder.st_mode & S_ISVTX) == 0) {
      return refused(path, "lies in " + at.string() + ", which everybody may write",
                     "chmod o-w " + at.string());
    }
    if (at == at.parent_path()) return {};
  }
}

// A file that others may write is a file that others may run.
Result<void> check_place(const std::filesystem::path& path, const struct stat& file) {
  if (!S_ISREG(file.st_mode)) return refused(path, "is no regular file", "name the .sbn.so itself");
  if ((file.st_mode & S_IWOTH) != 0) {
    return refused(path, "may be written by everybody", "chmod o-w " + path.string());
  }
  struct stat self{};
  if (::stat("/proc/self/exe", &self) == 0 && self.st_dev == file.st_dev &&
      self.st_ino == file.st_ino) {
    return refused(path, "is the daemon's own program", "name a plugin file");
  }
  if (static_cast<std::uint64_t>(file.st_size) > limits::plugin_file_bytes_max) {
    return refused(path,
                   "wanted at most " + std::to_string(limits::plugin_file_bytes_max) +
                       " bytes, have " + std::to_string(file.st_size),
                   "strip it, or link large data elsewhere");
  }
  SUBNETD_CHECK(check_link(path));
  return check_folders(path);
}

}  // namespace

std::unexpected<Error> refused(const std::filesystem::path& path, const std::string& why,
                               std::string hint) {
  return fail(Errc::plugin, path.string() + ": " + why, std::move(hint));
}

Result<std::vector<std::uint8_t>> read_plugin_file(const std::filesystem::path& path) {
  if (!path.is_absolute()) {
    return refused(path, "wanted an absolute path", "a relative one depends on where you stand");
  }
  // Not blocking: a named pipe must not hold up the start.
  const Fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat file{};
  if (opened.get() < 0 || ::fstat(opened.get(), &file) != 0) {
    return refused(path, std::strerror(errno), "check [plugins] search and the file name");
  }
  SUBNETD_CHECK(check_place(path, file));
  return read_whole(path, opened.get());
}

Result<std::vector<std::uint8_t>> read_whole(const std::filesystem::path& path, int fd) {
  struct stat file{};
  if (::fstat(fd, &file) != 0) return refused(path, std::strerror(errno), "check the file");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::pread(fd, bytes.data() + have, bytes.size() - have,
                              static_cast<off_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return refused(path, "could not be read whole", "it changed or its disk failed");
    have += static_cast<std::size_t>(n);
  }
  return bytes;
}

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(bytes.data(), bytes.size(), digest);
  constexpr const char* hex = "0123456789abcdef";
  std::string out;
  for (unsigned char byte : digest) {
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
  return out;
}

Result<StagedFile> StagedFile::make(const std::filesystem::path& path,
                                    std::span<const std::uint8_t> bytes) {
  StagedFile staged(::memfd_create(path.filename().string().substr(0, 200).c_str(),
                                   MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const auto failed = [&](const char* what) {
    return refused(path, std::string(what) + ": " + std::strerror(errno),
                   "the system must allow programs in memory files (sysctl vm.memfd_noexec=0)");
  };
  if (staged.fd_ < 0) return failed("no memory file for its checked copy");
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::write(staged.fd_, bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("its checked copy could not be written");
    have += static_cast<std::size_t>(n);
  }
  constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(staged.fd_, F_ADD_SEALS, seals) != 0) return failed("its checked copy is not sealed");
  return staged;
}

StagedFile::~StagedFile() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace subnetd::plugin
