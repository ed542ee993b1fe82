// SPDX-License-Identifier: 0BSD
// Descriptors for benchmarks that hold thousands of sockets: the soft limit is raised as far as the
// hard one allows, and what is missing is said.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <string>

namespace subnetd::bench {

// What is wrong, or empty: this process may now open `files`.
inline std::string raise_descriptors(rlim_t files) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < files) {
    limit.rlim_cur = std::min(files, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= files) return {};
  return "needs " + std::to_string(files) + " descriptors, the hard limit is " +
         std::to_string(limit.rlim_max) + ": raise it (ulimit -Hn " + std::to_string(files) +
         ", as root) and start again";
}

}  // namespace subnetd::bench
