// SPDX-License-Identifier: 0BSD
#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "net/http_types.hpp"

namespace subnetd::cli {
namespace {

constexpr std::int64_t quiet_ms = 1'000;
constexpr std::int64_t renew_ms = 100;
constexpr std::size_t bar_cells = 30;

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(std::max<std::uint64_t>(total, 1)),
      began_ms_(net::steady_ms()),
      terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (drawn_) std::fprintf(stderr, "\r\x1b[K");
}

void Progress::show() {
  const std::int64_t now = net::steady_ms();
  if (now - began_ms_ < quiet_ms) return;
  const std::uint64_t percent = std::min<std::uint64_t>(count_ * 100 / total_, 100);
  if (!terminal_) {
    if (percent / 10 == tenth_) return;
    tenth_ = percent / 10;
    std::fprintf(stderr, "%s: %llu %%\n", what_.c_str(), static_cast<unsigned long long>(percent));
    return;
  }
  if (now - shown_ms_ < renew_ms) return;
  shown_ms_ = now;
  drawn_ = true;
  const std::size_t full = percent * bar_cells / 100;
  const std::string bar = std::string(full, '#') + std::string(bar_cells - full, '.');
  std::fprintf(stderr, "\r%s [%s] %llu %%\x1b[K", what_.c_str(), bar.c_str(),
               static_cast<unsigned long long>(percent));
}

}  // namespace subnetd::cli
