// SPDX-License-Identifier: 0BSD
#include "config/settings_file.hpp"

#include <toml++/toml.h>

#include <fstream>
#include <sstream>

#include "config/settings_json.hpp"
#include "config/toml_scan.hpp"

namespace subnetd::config {

Result<std::string> load_settings(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(Errc::config, file.string() + ": it cannot be read");
  const auto at = [&](auto line, auto column) {
    return file.string() + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
  };
  if (const auto objection = bare_objection(text.str())) {
    return fail(Errc::config,
                at(objection->line, objection->column) + std::string(objection->words));
  }
  try {
    return settings_json(toml::parse(text.str(), file.string()));
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    return fail(Errc::config, at(begin.line, begin.column) + std::string(error.description()));
  }
}

}  // namespace subnetd::config
