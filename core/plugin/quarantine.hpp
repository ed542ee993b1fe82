// SPDX-License-Identifier: 0BSD
// Plugin files that have done harm, by the sha256 of their bytes, one small JSON file each, so that
// a new version is not held for the old one and the next start knows. Every call reads or writes
// the folder: any thread, any process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::plugin {

struct Quarantined {
  std::string sha256;
  std::string file;  // where it lay
  std::string id;    // "vendor.plugin"; empty: not known
  std::string reason;
  std::int64_t at_ms = 0;  // UTC
};

class Quarantine {
 public:
  // `state`: the folder of the daemon's plugin records; made when the first record is.
  explicit Quarantine(std::filesystem::path state);

  // A record that cannot be read holds its file all the same, and says so.
  std::optional<Quarantined> find(std::string_view sha256) const;
  std::vector<Quarantined> all() const;  // by sha256
  // On disk when it returns. The first reason stands.
  Result<void> add(std::string_view sha256, std::string_view file, std::string_view id,
                   std::string_view reason) const;
  // false: it was not there.
  Result<bool> clear(std::string_view sha256) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path path_of(std::string_view sha256) const;

  std::filesystem::path folder_;
};

// 64 lower-case hexadecimal digits.
bool is_sha256(std::string_view text);

// What an error about it says, and what to do.
std::string quarantine_words(const Quarantined& record);
std::string quarantine_hint(const Quarantined& record);

}  // namespace subnetd::plugin
