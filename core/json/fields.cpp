// SPDX-License-Identifier: 0BSD
#include <algorithm>
#include <charconv>

#include "domain/text.hpp"
#include "json/json.hpp"

namespace subnetd::json {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

std::string number_text(double value) {
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, value);
  return {digits, written.ptr};
}

// What stands in a message for the value that was given: short, on one line.
std::string shown(const Value& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  std::string out = serialize(value);
  if (out.size() <= 40) return out;
  std::size_t cut = 37;
  while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0) == 0x80) --cut;
  return out.substr(0, cut) + "...";
}

std::string text_range(std::size_t bytes_min, std::size_t bytes_max) {
  return "a string of " + std::to_string(bytes_min) + " to " + std::to_string(bytes_max) + " bytes";
}

std::optional<std::uint64_t> as_whole(const Value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) {
    return static_cast<std::uint64_t>(value.get_int64());
  }
  return std::nullopt;
}

}  // namespace

Result<Fields> Fields::of(const Value& value, std::string_view where) {
  if (const Object* object = value.if_object()) return Fields(*object, where);
  const std::string what = where.empty() ? std::string("the body") : std::string(where);
  return fail(Errc::malformed, what + ": expected a JSON object, got " + shown(value));
}

const Value* Fields::find(std::string_view field) const {
  const Value* value = object_->if_contains(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::unexpected<Error> Fields::wrong(std::string_view field, std::string_view expected) const {
  const Value* value = object_->if_contains(field);
  std::string message = where_.empty() ? "field " : where_ + ": field ";
  message += quoted(field) + ": expected ";
  message += expected;
  message += value == nullptr ? ", but it is missing" : ", got " + shown(*value);
  return fail(Errc::malformed, std::move(message));
}

Result<void> Fields::only(std::span<const std::string_view> known) const {
  for (const auto& member : *object_) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string message = where_.empty() ? "unknown field " : where_ + ": unknown field ";
    message += quoted(key.substr(0, 64));
    if (const auto meant = did_you_mean(key, known)) {
      message += ", did you mean " + quoted(*meant) + "?";
      return fail(Errc::malformed, std::move(message));
    }
    std::string hint = known.empty() ? "it takes no fields" : "known fields:";
    for (const std::string_view name : known) hint.append(" ").append(name);
    return fail(Errc::malformed, std::move(message), std::move(hint));
  }
  return {};
}

Result<std::string> Fields::text(std::string_view field, std::size_t bytes_min,
                                 std::size_t bytes_max) const {
  const Value* value = find(field);
  const bool fits = value != nullptr && value->is_string() &&
                    value->get_string().size() >= bytes_min &&
                    value->get_string().size() <= bytes_max;
  if (!fits) return wrong(field, text_range(bytes_min, bytes_max));
  return std::string(value->get_string().data(), value->get_string().size());
}

Result<std::uint64_t> Fields::whole(std::string_view field, std::uint64_t min,
                                    std::uint64_t max) const {
  const Value* value = find(field);
  const auto number = value == nullptr ? std::nullopt : as_whole(*value);
  if (!number || *number < min || *number > max) {
    return wrong(field, "an integer " + std::to_string(min) + ".." + std::to_string(max));
  }
  return *number;
}

Result<std::int64_t> Fields::integer(std::string_view field, std::int64_t min,
                                     std::int64_t max) const {
  const Value* value = find(field);
  const bool fits = value != nullptr && value->is_int64() && value->get_int64() >= min &&
                    value->get_int64() <= max;
  if (!fits) {
    return wrong(field, "an integer " + std::to_string(min) + ".." + std::to_string(max));
  }
  return value->get_int64();
}

Result<double> Fields::number(std::string_view field, double min, double max) const {
  const Value* value = find(field);
  const bool is_number = value != nullptr && value->is_number();
  const double number = is_number ? value->to_number<double>() : 0;
  if (!is_number || number < min || number > max) {
    return wrong(field, "a number " + number_text(min) + ".." + number_text(max));
  }
  return number;
}

Result<bool> Fields::flag(std::string_view field) const {
  const Value* value = find(field);
  if (value == nullptr || !value->is_bool()) return wrong(field, "true or false");
  return value->get_bool();
}

Result<const Array*> Fields::array(std::string_view field, std::size_t items_max) const {
  const Value* value = find(field);
  if (value == nullptr || !value->is_array() || value->get_array().size() > items_max) {
    return wrong(field, "an array of at most " + std::to_string(items_max) + " items");
  }
  return &value->get_array();
}

Result<Fields> Fields::fields(std::string_view field) const {
  const Value* value = find(field);
  if (value == nullptr || !value->is_object()) return wrong(field, "an object");
  return Fields(value->get_object(),
                where_.empty() ? std::string(field) : where_ + "." + std::string(field));
}

Result<std::optional<std::string>> Fields::maybe_text(std::string_view field, std::size_t bytes_min,
                                                      std::size_t bytes_max) const {
  if (find(field) == nullptr) return std::nullopt;
  SUBNETD_TRY(std::string found, text(field, bytes_min, bytes_max));
  return found;
}

Result<std::optional<std::uint64_t>> Fields::maybe_whole(std::string_view field, std::uint64_t min,
                                                         std::uint64_t max) const {
  if (find(field) == nullptr) return std::nullopt;
  SUBNETD_TRY(const std::uint64_t found, whole(field, min, max));
  return found;
}

Result<std::optional<bool>> Fields::maybe_flag(std::string_view field) const {
  if (find(field) == nullptr) return std::nullopt;
  SUBNETD_TRY(const bool found, flag(field));
  return found;
}

Result<const Array*> Fields::maybe_array(std::string_view field, std::size_t items_max) const {
  if (find(field) == nullptr) return nullptr;
  return array(field, items_max);
}

}  // namespace subnetd::json
