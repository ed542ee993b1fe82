// SPDX-License-Identifier: 0BSD
// Projects of third parties: built by the tools of the system against the installed SDK alone.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace subnet::testing::projects {

namespace fs = std::filesystem;

inline const std::string source = SUBNETD_SOURCE_DIR;

struct Ran {
  int status;
  std::string output;
};

inline Ran run(const std::string& command) {
  Ran out{-1, {}};
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char part[4096];
  while (const size_t n = fread(part, 1, sizeof part, pipe)) out.output.append(part, n);
  out.status = pclose(pipe);
  return out;
}

inline bool present(const std::string& compiler) {
  return run("command -v " + compiler).status == 0;
}

class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "subnet-sdk-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Installs the SDK component once.
inline const std::string& prefix() {
  static const Folder folder;
  static const std::string path = [] {
    const std::string to = folder / "prefix";
    const Ran ran =
        run(CMAKE " --install " SUBNETD_BINARY_DIR " --component subnet-sdk --prefix " + to);
    EXPECT_EQ(ran.status, 0) << ran.output;
    return to;
  }();
  return path;
}

// Configures and builds a project against nothing but the installed SDK.
inline void build(const std::string& project, const std::string& to) {
  const Ran made = run("env -u CFLAGS -u CXXFLAGS " CMAKE " -G Ninja -S " + project + " -B " + to +
                       " -DCMAKE_PREFIX_PATH=" + prefix() + " && " CMAKE " --build " + to);
  ASSERT_EQ(made.status, 0) << made.output;
}

}  // namespace subnet::testing::projects
