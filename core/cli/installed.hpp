// SPDX-License-Identifier: 0BSD
// Live plugins for offline commands, and settings from the command line. Main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "domain/error.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/detector.hpp"
#include "plugin/instance.hpp"

namespace subnetd::cli {

// `where` names the table in errors: "[matcher]".
Result<std::unique_ptr<plugin::Instance>> instantiate(const plugin::Catalogue& catalogue,
                                                      std::string_view kind, std::string_view use,
                                                      std::string settings,
                                                      const std::string& where);
Result<plugin::DetectorChain> make_detectors(const plugin::Catalogue& catalogue,
                                             config::Config config,
                                             const std::vector<std::string>& set = {});

// The settings with each "key=value" put in; a value that is no JSON is a text.
Result<std::string> with_set(std::string settings, const std::vector<std::string>& set);

}  // namespace subnetd::cli
