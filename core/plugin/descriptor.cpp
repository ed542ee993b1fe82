// SPDX-License-Identifier: 0BSD
#include "plugin/descriptor.hpp"

#include <optional>
#include <set>

#include "domain/limits.hpp"
#include "domain/text.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/settings.hpp"
#include "subnet/detector.h"
#include "subnet/emission.h"
#include "subnet/matcher.h"
#include "subnet/validator.h"

namespace subnetd::plugin {
namespace {

constexpr std::size_t components_max = 256;
constexpr std::size_t schema_bytes_max = 1 << 20;
constexpr const char* rebuild = "rebuild the plugin with this SDK";

// Empty optional: a length without bytes, too long, or no UTF-8.
std::optional<std::string> text(sbn_str s, std::size_t bytes_max) {
  if (s.len == 0) return std::string();
  if (s.data == nullptr || s.len > bytes_max) return std::nullopt;
  std::string out(s.data, s.len);
  if (!is_valid_utf8(out)) return std::nullopt;
  return out;
}

// The slots of a table that may not be missing; empty when all are there.
std::string missing_slot(const ComponentView& c) {
  const auto check = [](const auto* table,
                        std::initializer_list<std::pair<const char*, bool>> all) {
    if (table->struct_size < sizeof(*table)) return std::string("a slot table of ABI 1.0's size");
    for (const auto& [name, there] : all) {
      if (!there) return std::string("slot ") + name;
    }
    return std::string();
  };
  if (c.kind == SBN_KIND_DETECTOR) {
    const auto* t = static_cast<const sbn_detector*>(c.raw->vtable);
    return check(t, {{"types", t->types != nullptr}, {"detect", t->detect != nullptr}});
  }
  if (c.kind == SBN_KIND_MATCHER) {
    const auto* t = static_cast<const sbn_matcher*>(c.raw->vtable);
    return check(t, {{"load", t->load != nullptr},
                     {"propose", t->propose != nullptr},
                     {"observe", t->observe != nullptr},
                     {"solve", t->solve != nullptr}});
  }
  if (c.kind == SBN_KIND_VALIDATOR) {
    const auto* t = static_cast<const sbn_validator*>(c.raw->vtable);
    return check(t, {{"begin", t->begin != nullptr},
                     {"step", t->step != nullptr},
                     {"forget", t->forget != nullptr}});
  }
  if (c.kind == SBN_KIND_EMISSION) {
    const auto* t = static_cast<const sbn_emission*>(c.raw->vtable);
    return check(t, {{"compute", t->compute != nullptr}});
  }
  return {};  // a kind of a later host: listed, never asked
}

// What replay and a second host must answer alike. A validator plugin's verdicts are journaled.
bool must_be_deterministic(std::string_view kind) {
  return kind == SBN_KIND_DETECTOR || kind == SBN_KIND_MATCHER || kind == SBN_KIND_EMISSION;
}

Result<ComponentView> read_component(const std::filesystem::path& path, const Note& note,
                                     const sbn_component* c) {
  if (c->struct_size < sizeof(sbn_component)) {
    return refused(path,
                   "wanted components of at least " + std::to_string(sizeof(sbn_component)) +
                       " bytes, have " + std::to_string(c->struct_size),
                   rebuild);
  }
  const auto kind = text(c->kind, limits::id_bytes_max);
  const auto id = text(c->id, limits::id_bytes_max);
  const auto summary = text(c->summary, limits::plugin_text_bytes_max);
  const auto schema = text(c->config_schema, schema_bytes_max);
  if (!kind || kind->empty() || !id || !is_plugin_name(*id)) {
    return refused(path,
                   note.id +
                       ": wanted a kind and an id of letters, digits and ._- for each "
                       "component",
                   rebuild);
  }
  const std::string name = note.id + "/" + *id;
  if (!summary || !schema) {
    return refused(
        path, name + ": its summary or its settings schema is no UTF-8 text, or too long", rebuild);
  }
  ComponentView shown{*kind, *id, *summary, *schema, c->flags, c};
  if (c->vtable == nullptr || c->create == nullptr || c->destroy == nullptr) {
    return refused(path, name + ": wanted vtable, create and destroy, have not all of them",
                   rebuild);
  }
  if ((c->flags & SBN_F_MUST_UNDERSTAND) != 0) {
    return refused(path,
                   name + ": wanted flags this host understands, have " +
                       std::to_string(c->flags & SBN_F_MUST_UNDERSTAND) + " besides",
                   "update subnetd");
  }
  if (must_be_deterministic(*kind) && (c->flags & SBN_F_DETERMINISTIC) == 0) {
    return refused(path,
                   name + ": wanted SBN_F_DETERMINISTIC, which every " + *kind +
                       " claims, have flags " + std::to_string(c->flags),
                   "answer from the input and the seed alone, then set the flag");
  }
  if (const std::string slot = missing_slot(shown); !slot.empty()) {
    return refused(path, name + ": wanted " + slot + ", have none", rebuild);
  }
  if (auto good = check_schema(*schema); !good) {
    return refused(path, name + ": settings schema: " + good.error().message, good.error().hint);
  }
  return shown;
}

}  // namespace

Result<Descriptor> read_descriptor(const std::filesystem::path& path, const Note& note,
                                   const sbn_plugin& p) {
  if (p.struct_size < sizeof(sbn_plugin) || p.component_stride < sizeof(sbn_component) ||
      p.component_stride % alignof(sbn_component) != 0 || p.reserved != 0) {
    return refused(path,
                   "wanted a descriptor of ABI 1.0 or later, have one of " +
                       std::to_string(p.struct_size) + " bytes with components of " +
                       std::to_string(p.component_stride),
                   rebuild);
  }
  const auto id = text(p.id, limits::id_bytes_max);
  const auto version = text(p.version, limits::id_bytes_max);
  const auto vendor = text(p.vendor, limits::id_bytes_max);
  if (id != note.id || version != note.version || p.abi_major != note.abi_major ||
      p.abi_minor != note.abi_minor || p.min_host_minor != note.min_host_minor) {
    return refused(path,
                   "note says " + note.id + " " + note.version + ", descriptor says " +
                       id.value_or("?") + " " + version.value_or("?"),
                   "both must come from the same SUBNET_PLUGIN");
  }
  if (p.component_count == 0 || p.component_count > components_max || p.components == nullptr) {
    return refused(path, "wanted 1 to 256 components, have " + std::to_string(p.component_count),
                   rebuild);
  }
  Descriptor out{vendor.value_or(""), {}};
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < p.component_count; ++i) {
    const auto* c = reinterpret_cast<const sbn_component*>(
        reinterpret_cast<const char*>(p.components) + i * p.component_stride);
    SUBNETD_TRY(ComponentView shown, read_component(path, note, c));
    if (!seen.insert(shown.kind + " " + shown.id).second) {
      return refused(path, note.id + ": component id " + shown.id + " is there twice",
                     "give each component of a kind its own id");
    }
    out.components.push_back(std::move(shown));
  }
  return out;
}

}  // namespace subnetd::plugin
