// SPDX-License-Identifier: 0BSD
// A plugin's file before any of its code runs: is it in a safe place, what are its bytes, and a
// sealed copy of exactly those bytes to load, so that nobody can change them in between.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::plugin {

// Errc::plugin, "FILE: why".
std::unexpected<Error> refused(const std::filesystem::path& path, const std::string& why,
                               std::string hint);

// The bytes, after the checks that need no code of the file: absolute, regular, no link out of its
// folder, not the daemon's own program, neither the file nor a folder above it writable by
// everybody, not over the size cap.
Result<std::vector<std::uint8_t>> read_plugin_file(const std::filesystem::path& path);

// All of an open file, from its beginning. `path` is for the messages.
Result<std::vector<std::uint8_t>> read_whole(const std::filesystem::path& path, int fd);

std::string sha256_hex(std::span<const std::uint8_t> bytes);

// Bytes in sealed memory that the loader can open by name. The memory stays open for the life of
// the process once kept: the loader tells libraries apart by name, and a number used again would
// give the old one.
class StagedFile {
 public:
  static Result<StagedFile> make(const std::filesystem::path& path,
                                 std::span<const std::uint8_t> bytes);
  ~StagedFile();
  StagedFile(StagedFile&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  StagedFile& operator=(StagedFile&&) = delete;

  std::string name() const { return "/proc/self/fd/" + std::to_string(fd_); }
  int keep() { return std::exchange(fd_, -1); }

 private:
  explicit StagedFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace subnetd::plugin
