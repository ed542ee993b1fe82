// SPDX-License-Identifier: 0BSD
#include "plugin/settings.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "domain/text.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::size_t settings_bytes_max = 64 << 20;

std::string text(const json::Value& v) {
  return json::serialize(v);
}

std::unexpected<Error> wrong(const std::string& where, const std::string& why,
                             std::string hint = {}) {
  return fail(Errc::config, where + ": " + why, std::move(hint));
}

bool has_type(const json::Value& v, std::string_view type) {
  if (type == "object") return v.is_object();
  if (type == "array") return v.is_array();
  if (type == "string") return v.is_string();
  if (type == "boolean") return v.is_bool();
  if (type == "integer") return v.is_int64() || v.is_uint64();
  if (type == "number") return v.is_number();
  return type == "null" && v.is_null();
}

// Holds every 64-bit integer exactly on the machines we build for.
using Number = long double;

Number number(const json::Value& v) {
  if (v.is_int64()) return static_cast<Number>(v.get_int64());
  if (v.is_uint64()) return static_cast<Number>(v.get_uint64());
  return v.get_double();
}

// As JSON Schema counts: characters, not bytes.
std::size_t characters(std::string_view s) {
  return static_cast<std::size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

json::Value sorted(const json::Value& v) {
  if (v.is_array()) {
    json::Array out;
    for (const json::Value& item : v.get_array()) out.push_back(sorted(item));
    return out;
  }
  if (!v.is_object()) return v;
  std::vector<std::string_view> names;
  for (const auto& [name, member] : v.get_object()) names.push_back(name);
  std::sort(names.begin(), names.end());
  json::Object out;
  for (std::string_view name : names) out.emplace(name, sorted(v.get_object().at(name)));
  return out;
}

const json::Value* rule(const json::Object& schema, std::string_view name) {
  return schema.if_contains(name);
}

// A count or a number against one bound of the schema.
Result<void> check_bound(const json::Object& schema, const char* name, Number have, bool least,
                         const std::string& where, const char* what) {
  const json::Value* bound = rule(schema, name);
  if (bound == nullptr || !bound->is_number()) return {};
  const bool good = least ? have >= number(*bound) : have <= number(*bound);
  if (good) return {};
  return wrong(where,
               std::string(what) + " must be at " + (least ? "least " : "most ") + text(*bound));
}

Result<void> resolve(json::Value& v, const json::Object& schema, const std::string& where);

Result<void> resolve_object(json::Object& object, const json::Object& schema,
                            const std::string& where) {
  const json::Value* properties = rule(schema, "properties");
  std::vector<std::string_view> known;
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [name, sub] : properties->get_object()) {
      known.push_back(name);
      if (!sub.is_object()) continue;
      const json::Value* fallback = rule(sub.get_object(), "default");
      if (!object.contains(name) && fallback != nullptr) object.emplace(name, *fallback);
      if (json::Value* member = object.if_contains(name)) {
        SUBNETD_CHECK(resolve(*member, sub.get_object(), where + "." + std::string(name)));
      }
    }
  }
  const json::Value* extra = rule(schema, "additionalProperties");
  for (const auto& [name, member] : object) {
    const bool is_known =
        std::find(known.begin(), known.end(), std::string_view(name)) != known.end();
    if (is_known || extra == nullptr || !extra->is_bool() || extra->get_bool()) continue;
    const auto guess = did_you_mean(name, known);
    return wrong(where, "unknown setting \"" + std::string(name) + "\"",
                 guess ? "did you mean \"" + std::string(*guess) + "\"?" : "");
  }
  if (const json::Value* required = rule(schema, "required"); required && required->is_array()) {
    for (const json::Value& name : required->get_array()) {
      if (name.is_string() && !object.contains(name.get_string())) {
        return wrong(where, "setting \"" + std::string(name.get_string()) + "\" is missing");
      }
    }
  }
  return {};
}

Result<void> resolve(json::Value& v, const json::Object& schema, const std::string& where) {
  if (const json::Value* type = rule(schema, "type"); type && type->is_string()) {
    if (!has_type(v, type->get_string())) {
      return wrong(where, "wanted " + std::string(type->get_string()) + ", have " + text(v));
    }
  }
  if (const json::Value* choices = rule(schema, "enum"); choices && choices->is_array()) {
    const auto& all = choices->get_array();
    if (std::find(all.begin(), all.end(), v) == all.end()) {
      return wrong(where, text(v) + " is none of " + text(*choices));
    }
  }
  if (v.is_number()) {
    SUBNETD_CHECK(check_bound(schema, "minimum", number(v), true, where, "the value"));
    SUBNETD_CHECK(check_bound(schema, "maximum", number(v), false, where, "the value"));
  }
  if (v.is_string()) {
    const auto length = static_cast<Number>(characters(v.get_string()));
    SUBNETD_CHECK(check_bound(schema, "minLength", length, true, where, "its length"));
    SUBNETD_CHECK(check_bound(schema, "maxLength", length, false, where, "its length"));
  }
  if (v.is_array()) {
    const auto items = static_cast<Number>(v.get_array().size());
    SUBNETD_CHECK(check_bound(schema, "minItems", items, true, where, "the number of items"));
    SUBNETD_CHECK(check_bound(schema, "maxItems", items, false, where, "the number of items"));
    if (const json::Value* item = rule(schema, "items"); item && item->is_object()) {
      std::size_t i = 0;
      for (json::Value& member : v.get_array()) {
        SUBNETD_CHECK(resolve(member, item->get_object(), where + "." + std::to_string(i++)));
      }
    }
  }
  if (v.is_object()) return resolve_object(v.get_object(), schema, where);
  return {};
}

// What a rule's value must be.
bool fits(std::string_view name, const json::Value& v) {
  if (name == "title" || name == "description" || name == "$schema" || name == "$id" ||
      name == "$comment") {
    return v.is_string();
  }
  if (name == "type") {
    constexpr std::array<std::string_view, 7> types{"object",  "array",  "string", "boolean",
                                                    "integer", "number", "null"};
    return v.is_string() &&
           std::find(types.begin(), types.end(), std::string_view(v.get_string())) != types.end();
  }
  if (name == "minimum" || name == "maximum") return v.is_number();
  if (name == "minItems" || name == "maxItems" || name == "minLength" || name == "maxLength") {
    return (v.is_int64() && v.get_int64() >= 0) || v.is_uint64();
  }
  if (name == "enum" || name == "examples") return v.is_array();
  if (name == "additionalProperties") return v.is_bool();
  if (name == "properties" || name == "items") return v.is_object();
  if (name == "required") {
    return v.is_array() && std::all_of(v.get_array().begin(), v.get_array().end(),
                                       [](const json::Value& each) { return each.is_string(); });
  }
  return name == "default";
}

Result<void> check_rules(const json::Object& schema, const std::string& where) {
  for (const auto& [name, v] : schema) {
    if (!fits(name, v)) {
      return wrong(where,
                   "this host does not know the rule \"" + std::string(name) + "\": " + text(v),
                   "check it in the plugin's constructor instead");
    }
  }
  if (const json::Value* fallback = rule(schema, "default")) {
    json::Value copy = *fallback;
    SUBNETD_CHECK(resolve(copy, schema, where + " default"));
  }
  if (const json::Value* item = rule(schema, "items")) {
    SUBNETD_CHECK(check_rules(item->get_object(), where + ".items"));
  }
  const json::Value* properties = rule(schema, "properties");
  if (properties == nullptr) return {};
  for (const auto& [name, sub] : properties->get_object()) {
    if (!sub.is_object())
      return wrong(where + "." + std::string(name), "wanted an object of rules");
    SUBNETD_CHECK(check_rules(sub.get_object(), where + "." + std::string(name)));
  }
  return {};
}

}  // namespace

Result<void> check_schema(std::string_view schema) {
  if (schema.empty()) return {};
  auto rules = json::parse(schema, settings_bytes_max);
  if (!rules) return wrong("it", rules.error().message);
  if (!rules->is_object()) return wrong("it", "wanted a JSON object, have " + text(*rules));
  return check_rules(rules->get_object(), "it");
}

Result<json::Value> resolve_settings(std::string_view settings, std::string_view schema,
                                     std::string_view where) {
  auto value = json::parse(settings.empty() ? "{}" : settings, settings_bytes_max);
  if (!value) return wrong(std::string(where), value.error().message);
  if (!value->is_object()) return wrong(std::string(where), "settings must be a table");
  if (schema.empty()) {
    if (!value->get_object().empty()) {
      return wrong(std::string(where), "this plugin has no settings");
    }
    return value;
  }
  SUBNETD_TRY(const json::Value rules, json::parse(schema, settings_bytes_max));
  SUBNETD_CHECK(resolve(*value, rules.get_object(), std::string(where)));
  return sorted(*value);
}

const json::Value* at_path(const json::Value& root, std::string_view path) {
  const json::Value* at = &root;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view part = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (at->is_object()) {
      at = at->get_object().if_contains(part);
    } else if (at->is_array()) {
      std::size_t index = 0;
      if (part.empty() || part.size() > 9) return nullptr;
      for (char c : part) {
        if (c < '0' || c > '9') return nullptr;
        index = index * 10 + static_cast<std::size_t>(c - '0');
      }
      at = index < at->get_array().size() ? &at->get_array()[index] : nullptr;
    } else {
      return nullptr;
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace subnetd::plugin
