// SPDX-License-Identifier: 0BSD
// What a command reads: a named file, or stdin as "-".
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "domain/error.hpp"

namespace subnetd::cli {

// Line by line, without the line ends; a line over `bytes_max` is Errc::too_large. Stops at the
// first error of `each`, which is told the line's number, from 1.
Result<void> each_line(const std::string& file, std::size_t bytes_max,
                       const std::function<Result<void>(std::string_view, std::size_t)>& each);

Result<std::string> whole_text(const std::string& file, std::size_t bytes_max);

}  // namespace subnetd::cli
