// SPDX-License-Identifier: 0BSD
// The key that the agent itself signs with, and that requests to it name as their target.
#pragma once

#include <filesystem>
#include <string>

#include "commune/key_pair.hpp"

namespace subnetd::agent {

struct Identity {
  commune::KeyPair pair;
  std::filesystem::path file;
  bool readable_by_others = false;  // Commune's own tools leave key files so
};

// `key` of [identity]: a file (with a slash, or .json at its end), else a name of ~/.commune/key;
// empty: JOURNAL.key.json. A file that is not there is made, with a new key in it. Errc::config
// when it cannot be had. Blocking.
Result<Identity> open_identity(const std::string& key, const std::string& journal);

}  // namespace subnetd::agent
