// SPDX-License-Identifier: 0BSD

#include "config/format.hpp"
#include "config/load.hpp"
#include "config/schema.hpp"

namespace subnetd::config {
namespace {

std::string limits_words(const Key& key) {
  std::string out;
  if (key.type == Type::integer) out = format(" {} to {}.", key.min, key.max);
  if (key.allowed.find('|') != std::string_view::npos) {
    std::string_view words = key.allowed;
    if (words.starts_with('|')) words.remove_prefix(1);  // empty, as the key's line says
    out = format(" One of {}.", words);
    for (std::size_t at; (at = out.find('|')) != out.npos;) out.replace(at, 1, ", ");
  } else if (!key.allowed.empty()) {
    out = format(" Only \"{}\".", key.allowed);
  }
  return out;
}

std::string json_text(std::string_view text) {
  return literal(Value(std::string(text)));  // the table holds no control characters
}

std::string json_type(const Key& key) {
  const std::string item = R"("type":"string")";
  switch (key.type) {
    case Type::text: {
      if (key.allowed.empty()) return item;
      std::string words = json_text(key.allowed);
      for (std::size_t at = 0; (at = words.find('|', at)) != words.npos; at += 3) {
        words.replace(at, 1, "\",\"");
      }
      return format("{},\"enum\":[{}]", item, words);
    }
    case Type::integer:
      return format(R"("type":"integer","minimum":{},"maximum":{})", key.min, key.max);
    case Type::boolean: return R"("type":"boolean")";
    case Type::text_list: return format(R"("type":"array","items":{{{}}})", item);
    case Type::settings: return R"("type":"object")";
  }
  return {};
}

std::string json_property(const Key& key) {
  std::string fallback;
  const auto value =
      key.required ? Result<Value>(fail(Errc::config, "")) : read_text(key, key.fallback);
  if (value) fallback = format(",\"default\":{}", literal(*value));
  return format("{}:{{{}{},\"description\":{}}}", json_text(key.name), json_type(key), fallback,
                json_text(key.doc));
}

std::string json_section(const Section& section) {
  std::string properties, required;
  for (const Key& key : keys()) {
    if (key.section != section.name) continue;
    properties += format("{}\n      {}", properties.empty() ? "" : ",", json_property(key));
    if (key.required) required += (required.empty() ? "" : ",") + json_text(key.name);
  }
  for (const Section& below : sections()) {
    const std::string prefix = std::string(section.name) + '.';
    if (!below.name.starts_with(prefix)) continue;
    properties +=
        format(",\n      {}:{}", json_text(below.name.substr(prefix.size())), json_section(below));
  }
  if (!required.empty()) required = format("\"required\":[{}],", required);
  const std::string object =
      format("{{\"type\":\"object\",\"additionalProperties\":false,{}\"properties\":{{{}}}}}",
             required, properties);
  return section.is_array ? format("{{\"type\":\"array\",\"items\":{}}}", object) : object;
}

}  // namespace

std::string default_file() {
  std::string out =
      "# SPDX-License-Identifier: 0BSD\n"
      "# Every key of subnetd with its default. Each scalar outside [[...]] is also an "
      "environment\n"
      "# variable, as SUBNETD_HTTP_LISTEN; the order is default < file < environment < flag.\n"
      "# A running daemon follows what is changed here: subnetd plugin reload, or SIGHUP. What is\n"
      "# \"read at the start\" needs another start.\n";
  for (const Section& section : sections()) {
    const bool is_shown = !section.is_array || section.has_default_element;
    const std::string_view prefix = is_shown ? "" : "# ";
    const std::string header =
        section.is_array ? format("[[{}]]", section.name) : format("[{}]", section.name);
    const std::string_view when = section.at_start ? " Read at the start." : "";
    out += section.name.empty() ? "\n"
                                : format("\n# {}{}\n{}{}\n", section.doc, when, prefix, header);
    for (const Key& key : keys()) {
      if (key.section != section.name) continue;
      if (key.type == Type::settings) {
        out += format("# [{}.settings]  {}\n", section.name, key.doc);
        continue;
      }
      const auto value = read_text(key, key.fallback);
      const std::string_view when =
          is_read_at_start(key) && !section.at_start ? " Read at the start." : "";
      out += format("# {}{}{}\n{}{} = {}\n", key.doc, limits_words(key), when, prefix, key.name,
                    value ? literal(*value) : "\"\"");
    }
  }
  return out;
}

std::string json_schema() {
  std::string properties;
  for (const Key& key : keys()) {
    if (!key.section.empty()) continue;
    properties += format("{}\n    {}", properties.empty() ? "" : ",", json_property(key));
  }
  for (const Section& section : sections()) {
    if (section.name.empty() || section.name.find('.') != std::string_view::npos) continue;
    properties += format("{}\n    {}:{}", properties.empty() ? "" : ",", json_text(section.name),
                         json_section(section));
  }
  return format(
      "{{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"subnetd.toml\","
      "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{{{}}}}}\n",
      properties);
}

std::string show(const Resolved& resolved, bool with_origins) {
  std::string out, open;
  for (const Setting& setting : resolved.settings) {
    const Section& section = *find_section(setting.section);
    const std::string table = format("{}#{}", setting.section, setting.element);
    if (table != open && !section.name.empty()) {
      out += out.empty() ? "" : "\n";
      out += section.is_array ? format("[[{}]]\n", setting.section)
                              : format("[{}]\n", setting.section);
      open = table;
    }
    const bool is_settings = find_key(setting.section, setting.key)->type == Type::settings;
    if (is_settings && setting.literal == "{}") continue;
    out += format("{}{} = {}", is_settings ? "# " : "", setting.key, setting.literal);
    out += with_origins ? format("  # {}\n", setting.origin) : "\n";
  }
  return out;
}

}  // namespace subnetd::config
