// SPDX-License-Identifier: 0BSD
#include "config/load.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "config/checks.hpp"
#include "config/format.hpp"
#include "config/schema.hpp"
#include "config/settings_json.hpp"
#include "config/toml_scan.hpp"
#include "domain/limits.hpp"
#include "domain/text.hpp"

namespace subnetd::config {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;  // a detector's patterns may be many
constexpr std::size_t elements_max = 256;
constexpr std::size_t token_bytes_max = 4'096;
constexpr std::size_t token_bytes_min = 16;  // where others can reach the listener
constexpr std::size_t diagnostics_max = 100;

std::string_view type_words(Type type) {
  switch (type) {
    case Type::text: return "a string";
    case Type::integer: return "an integer";
    case Type::boolean: return "true or false";
    case Type::text_list: return "an array of strings";
    case Type::settings: return "a table";
  }
  return "";
}

std::string section_words(const Section& section) {
  if (section.name.empty()) return {};
  return section.is_array ? format("[[{}]]", section.name) : format("[{}]", section.name);
}

// Collects diagnostics and settings while the sources are applied one over the other.
class Reader {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  void apply_defaults();
  void apply_toml(std::string_view toml);
  void apply_overrides(const Sources& sources);
  void check_together();
  Attempt finish() &&;

 private:
  struct Diagnostic {
    std::uint32_t line = 0, column = 0;
    std::string text;
  };

  void visit_table(const toml::table& table, const Section* section, std::size_t element);
  void visit_section(const Section& section, const toml::node& node);
  void visit_key(const Key& key, const toml::node& node, std::size_t element);
  void unknown(const toml::key& key, const Section* section);
  void element_defaults(const Section& section, std::size_t element);
  void set(const Key& key, std::size_t element, const Value& value, std::string origin);
  void read_token_file();
  void check_mappings();
  void name_origins();
  std::optional<Error> faults();
  std::string place(const toml::source_region& at) const {
    return format("{}:{}:{}", name_, at.begin.line, at.begin.column);
  }

  void complain(const toml::source_region& at, std::string text) {
    found_.push_back({at.begin.line, at.begin.column, format("{}: {}", place(at), text)});
  }
  void complain(std::string text) { found_.push_back({0xffffffff, 0, std::move(text)}); }

  std::string name_;
  Resolved resolved_;
  std::vector<Diagnostic> found_;
};

void Reader::set(const Key& key, std::size_t element, const Value& value, std::string origin) {
  key.field.put(resolved_.config, value);
  const auto is_same = [&](const Setting& setting) {
    return setting.section == key.section && setting.key == key.name && setting.element == element;
  };
  auto& settings = resolved_.settings;
  auto at = std::ranges::find_if(settings, is_same);
  if (at == settings.end()) at = settings.insert(settings.end(), Setting{});
  const bool hidden = key.secret && value != Value(std::string());
  *at = {std::string(key.section), element, std::string(key.name),
         hidden ? "\"***\"" : literal(value), std::move(origin)};
}

void Reader::element_defaults(const Section& section, std::size_t element) {
  if (section.open != nullptr) section.open(resolved_.config);
  for (const Key& key : keys()) {
    if (key.section != section.name) continue;
    // A default that its own limits refuse is only the one of a required key.
    if (const auto value = read_text(key, key.fallback)) set(key, element, *value, "default");
  }
}

void Reader::apply_defaults() {
  for (const Section& section : sections()) {
    if (!section.is_array || section.has_default_element) element_defaults(section, 0);
  }
}

void Reader::apply_toml(std::string_view toml) {
  if (toml.size() > file_bytes_max) {
    return complain(format("{}: over {} bytes", name_, file_bytes_max));
  }
  if (const auto at = bare_objection(toml)) {
    return complain(toml::source_region{{at->line, at->column}, {at->line, at->column}, {}},
                    std::string(at->words));
  }
  try {
    const toml::table table = toml::parse(toml, std::string_view(name_));
    visit_table(table, nullptr, 0);
  } catch (const toml::parse_error& error) {
    complain(error.source(), std::string(error.description()));
  }
}

void Reader::visit_table(const toml::table& table, const Section* section, std::size_t element) {
  for (const auto& [name, node] : table) {
    const std::string path =
        section ? format("{}.{}", section->name, name.str()) : std::string(name.str());
    const std::string_view here = section ? section->name : std::string_view();
    if (const Section* below = path.empty() ? nullptr : find_section(path)) {
      visit_section(*below, node);
    } else if (const Key* key = find_key(here, name.str())) {
      visit_key(*key, node, element);
    } else {
      unknown(name, section);
    }
  }
}

void Reader::visit_section(const Section& section, const toml::node& node) {
  if (!section.is_array) {
    if (const auto* table = node.as_table()) return visit_table(*table, &section, 0);
    return complain(node.source(), format("{0}: must be a table, [{0}]", section.name));
  }
  const auto* array = node.as_array();
  if (array == nullptr || (!array->empty() && !array->is_array_of_tables())) {
    return complain(node.source(),
                    format("{0}: must be an array of tables, [[{0}]]", section.name));
  }
  if (array->size() > elements_max) {
    return complain(node.source(), format("{}: over {} tables", section.name, elements_max));
  }
  // The file's tables stand in place of the default one.
  std::erase_if(resolved_.settings, [&](const Setting& s) { return s.section == section.name; });
  if (section.has_default_element && section.name == "detector") resolved_.config.detectors.clear();
  if (section.has_default_element && section.name == "validator")
    resolved_.config.validators.clear();
  for (std::size_t i = 0; i < array->size(); ++i) {
    const toml::table& table = *array->get(i)->as_table();
    element_defaults(section, i);
    visit_table(table, &section, i);
    for (const Key& key : keys()) {
      if (key.section != section.name || !key.required || table.contains(key.name)) continue;
      complain(table.source(), format("[[{}]]: {} is missing", section.name, key.name));
    }
  }
}

void Reader::visit_key(const Key& key, const toml::node& node, std::size_t element) {
  const auto wrong = [&](std::string_view text) {
    const std::string words = section_words(section_of(key));
    complain(node.source(),
             format("{}{}{}: {}", words, words.empty() ? "" : " ", key.name, text));
  };
  Value value;
  bool fits = true;
  if (const auto* text = node.as_string(); text && key.type == Type::text) {
    value = text->get();
  } else if (const auto* integer = node.as_integer(); integer && key.type == Type::integer) {
    value = integer->get();
  } else if (const auto* flag = node.as_boolean(); flag && key.type == Type::boolean) {
    value = flag->get();
  } else if (const auto* array = node.as_array(); array && key.type == Type::text_list) {
    std::vector<std::string> items;
    for (const toml::node& item : *array) {
      if (const auto* word = item.as_string())
        items.push_back(word->get());
      else
        fits = false;
    }
    value = std::move(items);
  } else if (const auto* table = node.as_table(); table && key.type == Type::settings) {
    auto json = settings_json(*table);
    if (!json) return wrong(json.error().message);
    value = Settings{*json, place(node.source())};
  } else {
    fits = false;
  }
  if (!fits) return wrong(format("must be {}", type_words(key.type)));
  if (const std::string objection = objection_to(key, value); !objection.empty()) {
    return wrong(objection);
  }
  set(key, element, value, place(node.source()));
}

void Reader::unknown(const toml::key& key, const Section* section) {
  if (section && section->name == "validator" && key.str() == "endpoint") {
    return complain(key.source(),
                    "[[validator]] endpoint: validator nodes register by API (POST "
                    "/api/v1/validators); this table chooses the plugin of a model type");
  }
  std::vector<std::string_view> known;
  for (const Section& other : sections()) {
    if (section == nullptr && !other.name.empty() &&
        other.name.find('.') == std::string_view::npos) {
      known.push_back(other.name);
    }
  }
  for (const Key& other : keys()) {
    if (other.section == (section ? section->name : "")) known.push_back(other.name);
  }
  const auto meant = did_you_mean(key.str(), known);
  complain(key.source(),
           format("{}unknown {} \"{}\"{}", section ? section_words(*section) + ' ' : "",
                  section ? "key" : "table", key.str(),
                  meant ? format("; did you mean \"{}\"?", *meant) : ""));
}

void Reader::apply_overrides(const Sources& sources) {
  for (const Key& key : keys()) {
    if (!is_overridable(key)) continue;
    const auto found = sources.environment.find(key.env_name());
    if (found == sources.environment.end()) continue;
    if (const auto value = read_text(key, found->second))
      set(key, 0, *value, "env " + found->first);
    else
      complain(format("{}: {}", found->first, value.error().message));
  }
  for (const auto& [path, text] : sources.flags) {
    const auto dot = path.rfind('.');
    const Key* key =
        dot == path.npos ? find_key("", path) : find_key(path.substr(0, dot), path.substr(dot + 1));
    if (key == nullptr || !is_overridable(*key)) {
      std::vector<std::string> known;
      for (const Key& each : keys()) {
        if (is_overridable(each)) known.push_back(each.path());
      }
      const std::vector<std::string_view> names(known.begin(), known.end());
      const auto meant = did_you_mean(path, names);
      complain(
          format("{}: no such key{}", path, meant ? format("; did you mean \"{}\"?", *meant) : ""));
    } else if (const auto value = read_text(*key, text)) {
      set(*key, 0, *value, "flag");
    } else {
      complain(format("{}: {}", path, value.error().message));
    }
  }
}

void Reader::read_token_file() {
  Auth& auth = resolved_.config.auth;
  const std::string& path = auth.operator_token_file;
  const auto wrong = [&](std::string_view text) {
    complain(format("[auth] operator_token_file \"{}\": {}", path, text));
  };
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return wrong("cannot be read");
  if (!S_ISREG(status.st_mode)) return wrong("is not a file");
  if ((status.st_mode & 07) != 0) {
    return wrong(format("others can read it; run: chmod 600 {}", path));
  }
  std::ifstream stream(path);
  std::string token;
  if (!std::getline(stream, token)) return wrong("cannot be read, or is empty");
  while (token.ends_with('\r') || token.ends_with(' ')) token.pop_back();
  if (token.empty()) return wrong("its first line is empty");
  if (token.size() > token_bytes_max) return wrong("the token is too long");
  auth.operator_token = std::move(token);
}

void Reader::check_together() {
  const Config& config = resolved_.config;
  if (config.http.tls_cert.empty() != config.http.tls_key.empty()) {
    complain("[http] tls_cert and tls_key: give both or neither");
  }
  if (!config.auth.operator_token_file.empty()) {
    if (config.auth.operator_token.empty())
      read_token_file();
    else
      complain("[auth] operator_token and operator_token_file: give one of them");
  }
  const bool has_token =
      !config.auth.operator_token.empty() || !config.auth.operator_token_file.empty();
  if (config.auth.read == "token" && !has_token) {
    complain("[auth] read = \"token\" needs operator_token_file");
  }
  if (!has_token && !is_loopback_listen(config.http.listen)) {
    complain(
        format("[http] listen = \"{}\": beyond loopback only with [auth] "
               "operator_token_file",
               config.http.listen));
  }
  check_mappings();
  const std::size_t token_bytes = config.auth.operator_token.size();
  const bool reachable = !is_loopback_listen(config.http.listen);
  if (reachable && token_bytes != 0 && token_bytes < token_bytes_min) {
    complain(format("[auth] operator_token: has {} bytes; beyond loopback at least {} (openssl "
                    "rand -hex 32)",
                    token_bytes, token_bytes_min));
  }
}

void Reader::check_mappings() {
  std::map<std::string_view, std::string_view> types;
  for (const Mapping& mapping : resolved_.config.mappings) {
    for (const std::string& pattern : mapping.patterns) {
      const auto [at, fresh] = types.emplace(pattern, mapping.model_type);
      if (fresh || at->second == mapping.model_type) continue;
      complain(format("[[namespace]] patterns: \"{}\" is mapped to \"{}\" and to \"{}\"", pattern,
                      at->second, mapping.model_type));
    }
  }
  if (types.size() > limits::mappings_max) {
    complain(format("[[namespace]]: over {} patterns", limits::mappings_max));
  }
}

std::optional<Error> Reader::faults() {
  if (found_.empty()) return std::nullopt;
  std::ranges::stable_sort(found_, {},
                           [](const Diagnostic& d) { return std::pair(d.line, d.column); });
  std::string text;
  for (std::size_t i = 0; i < found_.size() && i < diagnostics_max; ++i) {
    text += (i > 0 ? "\n" : "") + found_[i].text;
  }
  if (found_.size() > diagnostics_max) {
    text += format("\nand {} more", found_.size() - diagnostics_max);
  }
  return Error{Errc::config, std::move(text), "subnetd config default prints every key"};
}

// A plugin that is named but not set up is found by its name.
void Reader::name_origins() {
  Config& config = resolved_.config;
  for (const Setting& setting : resolved_.settings) {
    if (setting.key != "use" || setting.origin == "default") continue;
    Settings* settings = nullptr;
    if (setting.section == "detector") settings = &config.detectors[setting.element].settings;
    if (setting.section == "matcher") settings = &config.matcher.settings;
    if (setting.section == "validator") settings = &config.validators[setting.element].settings;
    if (setting.section == "emission") settings = &config.emission.settings;
    if (settings != nullptr && settings->origin.empty()) settings->origin = setting.origin;
  }
}

Attempt Reader::finish() && {
  name_origins();
  const auto rank = [](const Setting& setting) {
    const Key* key = find_key(setting.section, setting.key);
    const Section* section = find_section(setting.section);
    return std::tuple(section - sections().data(), setting.element, key - keys().data());
  };
  std::ranges::sort(resolved_.settings, {}, rank);
  auto told = faults();
  return {std::move(resolved_), std::move(told)};
}

Attempt attempt_text(std::string_view toml, const std::string& name, const Sources& sources) {
  Reader reader(name);
  reader.apply_defaults();
  reader.apply_toml(toml);
  reader.apply_overrides(sources);
  reader.check_together();
  return std::move(reader).finish();
}

}  // namespace

Result<Resolved> resolve_text(std::string_view toml, const std::string& name,
                              const Sources& sources) {
  Attempt out = attempt_text(toml, name, sources);
  if (out.faults) return std::unexpected(*std::move(out.faults));
  return std::move(out.resolved);
}

Attempt attempt(const Sources& sources) {
  if (!sources.file) return attempt_text("", "defaults", sources);
  const std::string name = sources.file->string();
  std::error_code error;
  std::ifstream stream(*sources.file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(*sources.file, error)) {
    return {{defaults(), {}},
            Error{Errc::config, format("{}: cannot be read", name),
                  "subnetd config default > subnetd.toml makes one"}};
  }
  std::string text, piece(64 * 1024, '\0');
  while (stream && text.size() <= file_bytes_max) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(stream.gcount()));
  }
  return attempt_text(text, name, sources);
}

Result<Resolved> resolve(const Sources& sources) {
  Attempt out = attempt(sources);
  if (out.faults) return std::unexpected(*std::move(out.faults));
  return std::move(out.resolved);
}

Result<Config> load(const Sources& sources) {
  SUBNETD_TRY(Resolved resolved, resolve(sources));
  return std::move(resolved.config);
}

Config defaults() {
  return resolve_text("", "defaults")->config;
}

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (text.starts_with("SUBNETD_") && equals != text.npos) {
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return found;
}

}  // namespace subnetd::config
