// SPDX-License-Identifier: 0BSD
// What every handler can reach. Inside of the api room.
#pragma once

#include <string>

#include "api/api.hpp"
#include "api/history_reader.hpp"
#include "api/signers.hpp"

namespace subnetd::api {

struct Face {
  Face(Options given, Daemon& of)
      : options(std::move(given)),
        daemon(of),
        history(options.journal_path),
        signers(options.signers, of) {}

  Options options;
  Daemon& daemon;
  HistoryReader history;
  Signers signers;
  std::string openapi;    // built once
  bool loopback = false;  // nobody but this machine reaches the listener
};

}  // namespace subnetd::api
