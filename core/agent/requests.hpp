// SPDX-License-Identifier: 0BSD
// An open request of State, as the validation plugins and the prober need it.
#pragma once

#include <cstdint>
#include <string>

#include "agent/plugins.hpp"
#include "agent/validations.hpp"
#include "engine/state.hpp"

namespace subnetd::agent {

// Unique over restarts: "boot-request".
std::string request_id(const engine::State& state, std::uint64_t request);
// BLAKE2b-256 over the journaled seed and the request id: anyone with the journal can recompute it.
Challenge challenge_of(const Challenge& seed, std::string_view request_id);
// What of the request is left to do; without a plugin when no table covers the type.
ValidationStart make_start(const engine::State& state, std::uint64_t request,
                           const PluginSet& plugins);

}  // namespace subnetd::agent
