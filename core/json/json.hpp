// SPDX-License-Identifier: 0BSD
// The one door for JSON. parse() refuses what Boost.JSON 1.81 lets through: text over the cap,
// duplicate keys at any level, numbers that are not finite, integers that fit neither i64 nor u64,
// nesting above limits::json_depth_max, invalid UTF-8 and trailing bytes. Fields reads an object
// with errors a person can act on. Pure: any thread.
//
//   SUBNETD_TRY(auto value, json::parse(body, limits::http_body_bytes_max));
//   SUBNETD_TRY(json::Fields fields, json::Fields::of(value));
//   SUBNETD_CHECK(fields.only(std::array<std::string_view, 2>{"id", "capacity"}));
//   SUBNETD_TRY(const std::string id, fields.text("id", 1, limits::id_bytes_max));
//   SUBNETD_TRY(const auto capacity, fields.maybe_whole("capacity", 1, limits::capacity_max));
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/error.hpp"

namespace subnetd::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

// Errc::too_large over bytes_max, otherwise Errc::malformed with the byte and the reason.
Result<Value> parse(std::string_view text, std::size_t bytes_max);

// One line, fields in their order, shortest exact numbers. A NaN or infinity becomes null.
std::string serialize(const Value& value);
std::string serialize(const Object& object);
void append(std::string& out, const Value& value);
// The text as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text);

// A view of an object that must outlive it. Errors are Errc::malformed and name the field.
class Fields {
 public:
  explicit Fields(const Object& object, std::string_view where = "")
      : object_(&object), where_(where) {}
  // `where` names the thing in errors: "params", "nodes[3]".
  static Result<Fields> of(const Value& value, std::string_view where = "");

  const Object& object() const { return *object_; }
  bool has(std::string_view field) const { return object_->contains(field); }

  // Refuses fields that are not in `known`: unknown field "capcity", did you mean "capacity"?
  Result<void> only(std::span<const std::string_view> known) const;

  Result<std::string> text(std::string_view field, std::size_t bytes_min,
                           std::size_t bytes_max) const;
  Result<std::uint64_t> whole(std::string_view field, std::uint64_t min, std::uint64_t max) const;
  Result<std::int64_t> integer(std::string_view field, std::int64_t min, std::int64_t max) const;
  Result<double> number(std::string_view field, double min, double max) const;
  Result<bool> flag(std::string_view field) const;
  Result<const Array*> array(std::string_view field, std::size_t items_max) const;
  Result<Fields> fields(std::string_view field) const;

  // Empty when the field is absent or null.
  Result<std::optional<std::string>> maybe_text(std::string_view field, std::size_t bytes_min,
                                                std::size_t bytes_max) const;
  Result<std::optional<std::uint64_t>> maybe_whole(std::string_view field, std::uint64_t min,
                                                   std::uint64_t max) const;
  Result<std::optional<bool>> maybe_flag(std::string_view field) const;
  // nullptr when the field is absent or null.
  Result<const Array*> maybe_array(std::string_view field, std::size_t items_max) const;

 private:
  const Value* find(std::string_view field) const;  // absent and null are nullptr
  std::unexpected<Error> wrong(std::string_view field, std::string_view expected) const;

  const Object* object_;
  std::string where_;
};

}  // namespace subnetd::json
