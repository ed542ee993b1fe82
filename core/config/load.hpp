// SPDX-License-Identifier: 0BSD
// Reads the configuration: default < file < environment < flag. All errors come at once, one a line
// as `file:line:column: words`, with "did you mean". Runs on the main thread before anything
// starts.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "domain/error.hpp"

namespace subnetd::config {

struct Sources {
  std::optional<std::filesystem::path> file;       // none: defaults
  std::map<std::string, std::string> environment;  // SUBNETD_… names; others are not looked at
  std::vector<std::pair<std::string, std::string>> flags;  // "http.listen", "127.0.0.1:0"
};

// One value of the effective configuration.
struct Setting {
  std::string section;      // "http", "detector"
  std::size_t element = 0;  // which of the section's tables, from 0
  std::string key;
  std::string literal;  // TOML spelling; settings as JSON; a secret as "***"
  std::string origin;   // default | file:line:column | env NAME | flag
};

struct Resolved {
  Config config;
  std::vector<Setting> settings;  // in the order of the schema
};

// Errc::config, its message holding every diagnostic.
Result<Resolved> resolve(const Sources& sources);
// For who wants to look at more than the file's own faults: what could be read, the rest being
// defaults, beside the diagnostics.
struct Attempt {
  Resolved resolved;
  std::optional<Error> faults;
};
Attempt attempt(const Sources& sources);
Result<Config> load(const Sources& sources);
// The same from text; `name` stands in the diagnostics.
Result<Resolved> resolve_text(std::string_view toml, const std::string& name,
                              const Sources& sources = {});

// The table's defaults alone.
Config defaults();

// The process's environment as Sources wants it.
std::map<std::string, std::string> read_environment();

// `subnetd config show`: TOML, with the origin of each value as a comment when asked for.
std::string show(const Resolved& resolved, bool with_origins);

}  // namespace subnetd::config
