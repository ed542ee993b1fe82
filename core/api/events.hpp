// SPDX-License-Identifier: 0BSD
// Committed facts as server-sent events, for /api/v1/events.
#pragma once

#include <string>

#include "engine/state.hpp"

namespace subnetd::api {

// "event: NAME\ndata: {…}\n\n", or empty when nobody outside cares about such a fact. `state` is
// the one before the fact: whom it names is still in its slot. Engine thread.
std::string sse_event(const engine::State& state, const engine::Fact& fact);

}  // namespace subnetd::api
