// SPDX-License-Identifier: 0BSD
// Where a command finds keys and passwords: the key folder, the environment, the terminal.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "commune/key_folder.hpp"

namespace subnetd::cli {

struct KeyFolderOptions {
  std::string folder;  // empty: ~/.commune/key
};

void add_key_folder_option(CLI::App& command, KeyFolderOptions& options);
Result<commune::KeyFolder> folder_of(const KeyFolderOptions& options);

// From the environment; what is not there is asked for, where there is a terminal.
Result<commune::Passwords> passwords_of_terminal();
// For a key that is to be encrypted; on a terminal it is asked for twice.
Result<commune::SecretText> new_password(std::string_view name);

// A name of the folder, or a file (anything with a slash or .json at its end).
Result<commune::StoredKey> stored_key(const KeyFolderOptions& options, const std::string& name);

}  // namespace subnetd::cli
