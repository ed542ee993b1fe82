// SPDX-License-Identifier: 0BSD
// Small files that are there whole or not at all, also after a power cut.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "domain/error.hpp"

namespace subnetd::plugin {

// Makes the folder (0700) in one that is there; leaves it as it is when it is there itself.
Result<void> make_folder(const std::filesystem::path& folder);
// In place of what was there. Errc::io.
Result<void> write_durably(const std::filesystem::path& file, std::string_view bytes);
Result<void> remove_durably(const std::filesystem::path& file);
// Errc::not_found, Errc::too_large, Errc::io.
Result<std::string> read_small_file(const std::filesystem::path& file, std::size_t bytes_max);

}  // namespace subnetd::plugin
