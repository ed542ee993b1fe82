// SPDX-License-Identifier: 0BSD
#include <cstdio>
#include <exception>

#include "cli/cli.hpp"

int main(int argc, char** argv) {
  try {
    return subnetd::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "subnetd: a defect: %s\n", error.what());
    return 1;
  }
}
