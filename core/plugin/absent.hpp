// SPDX-License-Identifier: 0BSD
// What stands where a configured plugin may not run: it has an id and a file, no code, and is
// disabled for good, so that its kind's fallback is taken. Pure.
#pragma once

#include <string_view>

#include "plugin/catalogue.hpp"

namespace subnetd::plugin {

// `use` as the configuration says it; of the refused file that offers it.
Offer absent_offer(std::string_view kind, std::string_view use, const Refusal& refusal);

}  // namespace subnetd::plugin
