// SPDX-License-Identifier: 0BSD
// What a worker takes from itself before any code of the plugin runs, constructors included.
#pragma once

#include <cstdint>
#include <string>

namespace subnetd::plugin::worker {

// Limits of memory, files and core dumps; no new rights; no files but libraries (Landlock, where
// the kernel has it); no sockets, processes or other system calls beyond those a computation needs:
// they end the worker. Empty, or what could not be done.
std::string enter_sandbox(std::uint64_t memory_mib);
// Once the instance is there: files can no longer be opened at all.
std::string close_files();

}  // namespace subnetd::plugin::worker
