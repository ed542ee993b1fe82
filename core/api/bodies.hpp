// SPDX-License-Identifier: 0BSD
// Bodies of writes as engine inputs. Shape and limits are checked here, so that a mistake is told
// by field; the rules of the subnet are the engine's. Pure.
#pragma once

#include <string_view>

#include "domain/error.hpp"
#include "engine/input.hpp"
#include "json/json.hpp"
#include "net/http_types.hpp"

namespace subnetd::api {

Result<engine::Register> read_registration(Role role, std::string_view body);
Result<engine::Register> read_registration(Role role, const json::Fields& fields);
Result<engine::Update> read_change(Role role, std::string_view id, std::string_view body);
Result<engine::Update> read_change(Role role, std::string_view id, const json::Fields& fields);
Result<engine::MapNamespace> read_mapping(std::string_view body);
// {"miner": ID}, or nothing for all of them.
Result<engine::Redetect> read_redetect(std::string_view body);
// Nothing, or {}.
Result<void> read_nothing(std::string_view body);
// The Idempotency-Key of a registration; empty without the header. Each caller has its own keys.
Result<std::optional<engine::Idempotency>> read_idempotency(const net::HttpRequest& request,
                                                            std::string_view caller);

}  // namespace subnetd::api
