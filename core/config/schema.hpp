// SPDX-License-Identifier: 0BSD
// The one table of everything that can be configured: key, type, default, limits, one line of
// words. Parsing, errors, environment names, the default file and the JSON Schema all read it.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "domain/error.hpp"

namespace subnetd::config {

enum class Type { text, integer, boolean, text_list, settings };

using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, Settings>;

struct Section {
  std::string_view name;  // "http", "plugins.load"; empty: the keys before any table
  bool is_array;          // [[name]]
  std::string_view doc;
  void (*open)(Config&);     // array: append an element; null otherwise
  bool has_default_element;  // array: one element stands when none is given
  bool at_start = false;     // a running daemon cannot follow a change; never of an array
};

// Where a key's value lies in a Config.
struct Field {
  void (*put)(Config&, const Value&);  // in an array section: into its last element
  // Those of array sections have neither.
  void (*copy)(Config& to, const Config& from) = nullptr;
  bool (*same)(const Config&, const Config&) = nullptr;
};

struct Key {
  std::string_view section;
  std::string_view name;
  Type type;
  std::string_view fallback;  // the default: as an environment variable would spell it
  std::string_view doc;
  Field field;
  std::int64_t min = 0;  // integers only
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view allowed = {};                         // "a|b": the only values of a text
  std::string (*objection)(std::string_view) = nullptr;  // empty: the text is good
  bool required = false;                                 // must stand in each [[table]] of the file
  bool secret = false;                                   // never shown
  bool at_start = false;                                 // as its section's

  std::string path() const;      // "http.listen"
  std::string env_name() const;  // "SUBNETD_HTTP_LISTEN"
};

std::span<const Section> sections();
std::span<const Key> keys();
const Section* find_section(std::string_view name);
const Key* find_key(std::string_view section, std::string_view name);
const Section& section_of(const Key& key);
// A scalar outside arrays: has an environment name and may be a flag.
bool is_overridable(const Key& key);
// A running daemon cannot follow a change of it.
bool is_read_at_start(const Key& key);

// The value that a text spells (an environment variable, a flag, a default); lists are separated
// by commas. Checked against the key's limits.
Result<Value> read_text(const Key& key, std::string_view text);
// Empty when the value is within the key's limits, else what is wrong with it.
std::string objection_to(const Key& key, const Value& value);

// TOML spelling of a value.
std::string literal(const Value& value);

std::string default_file();  // `subnetd config default`, config/subnetd.toml
std::string json_schema();   // `subnetd config schema`

}  // namespace subnetd::config
