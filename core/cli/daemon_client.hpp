// SPDX-License-Identifier: 0BSD
// Calls to a running daemon's /api/v1. One call at a time, on an io loop of its own; what the
// daemon refused comes back as the Error it sent. Main thread.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.hpp"
#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::cli {

struct DaemonOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string token;
  bool may_sign = false;   // whether it has --key
  std::string key;         // name of the key that signs, empty: none
  std::string key_folder;  // empty: ~/.commune/key
  OutputChoice output;
};
// --url and SUBNETD_URL, --token and SUBNETD_TOKEN, --output.
void add_daemon_options(CLI::App& command, DaemonOptions& options,
                        const std::vector<std::string>& more_formats = {});

// --key and --key-folder: for what the owner of a node may do as well as the operator.
void add_signing_options(CLI::App& command, DaemonOptions& options);

struct DaemonReply {
  int status = 0;
  json::Value body;
};

// `path` stands behind /api/v1/. Errc::unavailable: nobody answers there.
Result<DaemonReply> call_daemon(const DaemonOptions& options, const std::string& method,
                                const std::string& path, const json::Value* body = nullptr,
                                std::int64_t deadline_ms = 30'000);

// Every item of a list, page after page.
Result<void> each_item(const DaemonOptions& options, const std::string& path,
                       const std::function<void(const json::Object&)>& item);

// A list as the chosen output: JSON as the API gives it, else these columns (dotted paths).
Result<void> print_list(const DaemonOptions& options, const std::string& path,
                        const std::vector<std::string>& columns);
// GET of one thing.
Result<void> print_one(const DaemonOptions& options, const std::string& path);

}  // namespace subnetd::cli
