// SPDX-License-Identifier: 0BSD
// The structs of host.hpp as the JSON of /api/v1, and back. Pure. Reading throws what Boost.JSON
// throws when an answer of ours is not what the API promises.
#pragma once

#include <string>
#include <string_view>

#include "embed/host.hpp"
#include "json/json.hpp"

namespace subnetd::embed {

json::Object to_json(const Host::MinerRecord& record);
json::Object to_json(const Host::ValidatorRecord& record);
json::Object to_json(const Host::Changes& changes);  // only what changes

void read(const json::Object& object, Host::Miner& out);
void read(const json::Object& object, Host::Validator& out);
void read(const json::Object& object, Host::Match& out);
void read(const json::Object& object, Host::Verdict& out);
void read(const json::Object& object, Host::Paid& out);
void read(const json::Object& object, Host::Epoch& out);  // but for its rows

// A text; empty where it is null or absent.
std::string text_of(const json::Object& object, std::string_view field);

}  // namespace subnetd::embed
