// SPDX-License-Identifier: 0BSD
// An emission policy as a command line asks for it. Main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "domain/emission.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/emission.hpp"

namespace subnetd::cli {

// With [emission.settings] where `use` is the configured policy, however either is spelt, and each
// of `set` over them. `where` names the word of the command in errors.
Result<std::unique_ptr<plugin::Emission>> open_policy(const plugin::Catalogue& catalogue,
                                                      const config::Config& config,
                                                      const std::string& use,
                                                      const std::vector<std::string>& set,
                                                      const std::string& where);

// Takes out what a case says of the chain's parameters where one of `set` says it: a policy heeds
// them more than its settings.
void overrule(EmissionInput& in, const std::vector<std::string>& set);

}  // namespace subnetd::cli
