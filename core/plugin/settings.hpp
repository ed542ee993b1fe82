// SPDX-License-Identifier: 0BSD
// A component's settings: checked against its JSON Schema, defaults filled in, canonical text out.
// The part of JSON Schema that settings need: type, properties, required, additionalProperties,
// default, minimum, maximum, enum, items, minItems, maxItems, minLength, maxLength.
#pragma once

#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::plugin {

// Whether a schema is one that resolve_settings holds to wholly: a rule it does not know is
// refused, not passed over. Empty: no settings.
Result<void> check_schema(std::string_view schema);

// Errc::config; `where` names the table in errors. Members come out sorted by name.
Result<json::Value> resolve_settings(std::string_view settings, std::string_view schema,
                                     std::string_view where);
// The value at a dotted path ("cases.0.method"); nullptr when absent.
const json::Value* at_path(const json::Value& root, std::string_view path);

}  // namespace subnetd::plugin
