// SPDX-License-Identifier: 0BSD
// plugins.lock: which version of each plugin an operator has looked at. JSON, a plugin a line,
// sorted by id. Control thread.
//   {"plugins":[
//   {"id":"a.b","version":"1.0.0","sha256":"…","abi":"1.0","kinds":["detector"],"file":"/b.sbn.so"}
//   ]}
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::plugin {

struct LockedPlugin {
  std::string id;
  std::string version;
  std::string sha256;
  std::string abi;
  std::vector<std::string> kinds;  // empty: the file has not run yet
  std::string file;

  bool operator==(const LockedPlugin&) const = default;
};

class LockFile {
 public:
  // A file that is not there pins nothing. Errc::config: it is no lock.
  static Result<LockFile> read(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const std::vector<LockedPlugin>& plugins() const { return plugins_; }
  const LockedPlugin* find(std::string_view id) const;
  // In place of what the id had.
  void put(LockedPlugin plugin);
  Result<void> write() const;

 private:
  std::filesystem::path path_;
  std::vector<LockedPlugin> plugins_;
};

}  // namespace subnetd::plugin
