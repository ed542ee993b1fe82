// SPDX-License-Identifier: 0BSD
// A folder of its own under the system's temporary one, gone at the end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace subnetd::bench {

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "subnetd-bench-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace subnetd::bench
