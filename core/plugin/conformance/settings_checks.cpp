// SPDX-License-Identifier: 0BSD
// Settings that a schema allows, drawn: whatever they are, a component takes or refuses them.
#include <algorithm>
#include <limits>

#include "plugin/conformance/child.hpp"
#include "plugin/conformance/trial.hpp"
#include "plugin/settings.hpp"

namespace subnetd::plugin::conformance {
namespace {

constexpr std::uint64_t draws = 200;
constexpr std::size_t shown_bytes_max = 100;

// At a bound as often as within.
class SettingsDraw {
 public:
  explicit SettingsDraw(std::uint64_t seed) : draw_(seed) {}

  json::Value of(const json::Object& schema) {
    const json::Value* fallback = schema.if_contains("default");
    if (fallback != nullptr && draw_.one_in(3)) return *fallback;
    if (const json::Value* choices = schema.if_contains("enum")) {
      const json::Array& all = choices->get_array();
      return all.empty() ? json::Value() : all[draw_.below(all.size())];
    }
    const json::Value* type = schema.if_contains("type");
    const std::string_view name = type == nullptr ? "null" : std::string_view(type->get_string());
    if (name == "object") return object(schema);
    if (name == "array") return array(schema);
    if (name == "string") return text(schema);
    if (name == "integer") return integer(schema);
    if (name == "number") return number(schema);
    if (name == "boolean") return draw_.one_in(2);
    return nullptr;
  }

 private:
  static std::uint64_t count(const json::Object& schema, const char* rule,
                             std::uint64_t otherwise) {
    const json::Value* given = schema.if_contains(rule);
    return given == nullptr ? otherwise : given->to_number<std::uint64_t>();
  }
  // Few, or as few as allowed.
  std::uint64_t few(const json::Object& schema, const char* least, const char* most,
                    std::uint64_t more) {
    const std::uint64_t low = count(schema, least, 0);
    const std::uint64_t high = std::min(count(schema, most, low + more), low + more);
    return draw_.one_in(3) ? low : draw_.one_in(3) ? high : low + draw_.below(high - low + 1);
  }

  json::Value object(const json::Object& schema) {
    json::Object out;
    const json::Value* properties = schema.if_contains("properties");
    if (properties == nullptr) return out;
    const json::Value* required = schema.if_contains("required");
    for (const auto& [name, rules] : properties->get_object()) {
      const bool needed = required != nullptr && std::ranges::find(required->get_array(), name) !=
                                                     required->get_array().end();
      if (needed || !draw_.one_in(4)) out.emplace(name, of(rules.get_object()));
    }
    return out;
  }
  json::Value array(const json::Object& schema) {
    const json::Value* item = schema.if_contains("items");
    json::Array out;
    for (std::uint64_t n = few(schema, "minItems", "maxItems", 4); n > 0; --n) {
      out.push_back(item == nullptr ? json::Value(draw_.next()) : of(item->get_object()));
    }
    return out;
  }
  json::Value text(const json::Object& schema) {
    static constexpr std::string_view characters[] = {"a", "Z", "7", " ", "\"", "\\", "*", "[",
                                                      "(", "/", "\n", "é", "字", "\xF0\x9F\x90\x99"};
    std::string out;
    for (std::uint64_t n = few(schema, "minLength", "maxLength", 64); n > 0; --n) {
      out += characters[draw_.below(std::size(characters))];
    }
    return json::Value(out);
  }
  json::Value integer(const json::Object& schema) {
    constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    const auto bound = [&](const char* rule, std::int64_t otherwise) {
      const json::Value* given = schema.if_contains(rule);
      if (given == nullptr) return otherwise;
      if (given->is_int64()) return given->get_int64();
      // What lies beyond is out of reach here.
      return given->is_uint64() || given->get_double() > 0 ? highest : lowest;
    };
    const std::int64_t low = bound("minimum", lowest);
    const std::int64_t high = bound("maximum", highest);
    const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const std::uint64_t within = width == ~std::uint64_t{0} ? draw_.next() : draw_.below(width + 1);
    if (draw_.one_in(3)) return low;
    if (draw_.one_in(3)) return high;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + within);
  }
  json::Value number(const json::Object& schema) {
    const auto bound = [&](const char* rule, double otherwise) {
      const json::Value* given = schema.if_contains(rule);
      return given == nullptr ? otherwise : given->to_number<double>();
    };
    const double low = bound("minimum", -1e300), high = bound("maximum", 1e300);
    const double part = static_cast<double>(draw_.below(1'001)) / 1'000;
    return draw_.one_in(3) ? low : draw_.one_in(3) ? high : low * (1 - part) + high * part;
  }

  Draw draw_;
};

Finding check_drawn_settings(const Trial& trial) {
  const std::string& schema = trial.offer.component->schema;
  if (schema.empty()) return skipped("the component has no settings");
  const json::Value rules = *json::parse(schema, schema.size());
  const Kind* kind = kind_of(trial.offer.component->kind);
  std::uint64_t taken = 0, refused = 0;
  for (std::uint64_t i = 0; i < draws; ++i) {
    Trial drawn = trial;
    drawn.settings = json::serialize(SettingsDraw(i).of(rules.get_object()));
    const About about("settings " + drawn.settings.substr(0, shown_bytes_max));
    if (!resolve_settings(drawn.settings, schema, "drawn")) continue;
    const auto subject = Subject::create(drawn);
    const auto threw = [](const std::string& words) {
      return words.find("let an exception out") != words.npos;
    };
    if (!subject && threw(subject.error().message)) {
      return failed("a status for settings that the schema allows",
                    subject.error().message + ": " + drawn.settings,
                    "answer SBN_E_CONFIG and say which setting");
    }
    ++(subject ? taken : refused);
    if (!subject) continue;
    (void)kind->work(**subject, {.n = 8, .seed = i + 1});  // any status is an answer
    if (threw((*subject)->complaint())) {
      return failed("a status with settings that it took",
                    (*subject)->complaint() + ": " + drawn.settings,
                    "refuse in create what it cannot work with");
    }
  }
  if (taken + refused == 0) return skipped("no settings could be drawn from its schema");
  return good(std::to_string(taken) + " taken, " + std::to_string(refused) + " refused");
}

}  // namespace

const std::vector<Check>& settings_checks() {
  static const std::vector<Check> all = {
      {"drawn_settings",
       "any settings that the schema allows are taken or refused, 200 of them drawn",
       check_drawn_settings},
  };
  return all;
}

}  // namespace subnetd::plugin::conformance
