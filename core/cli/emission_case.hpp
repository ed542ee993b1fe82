// SPDX-License-Identifier: 0BSD
// An epoch as a file tells it, and what a policy made of it, in the same file's words.
#pragma once

#include <concepts>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "domain/emission.hpp"
#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::cli {

struct EmissionCase {
  std::string id;      // may be empty
  std::string policy;  // that the case is made for; empty: it says nothing
  EmissionInput input;
  // Whether it has the chains' shape: weights and bonds, not scores.
  bool of_chain() const {
    return policy == "linear" || policy == "yuma" || policy == "yuma3" || policy == "treasury";
  }
};

// One case, or those of an array or of {"cases":[…]}: borrowed, at least one.
Result<std::span<const json::Value>> emission_cases(const json::Value& file);
// How an error names the case at a place of its file: by its id, if it has one.
std::string case_name(const json::Value& value, std::size_t at);
Result<EmissionCase> read_emission_case(const json::Value& value);
json::Object emission_answer(const EmissionCase& epoch, const EmissionOutput& output);
// What lies behind the integers: mean scores in ppm and shares of the budget, or I32F32 bits.
json::Object emission_raw(const EmissionCase& epoch, const EmissionOutput& output);

// A whole number that fits T; of a flag's width, true and false are 1 and 0.
template <std::unsigned_integral T>
Result<T> whole_number(const json::Value& value, std::string_view what) {
  std::uint64_t number = 0;
  if (value.is_uint64()) {
    number = value.get_uint64();
  } else if (value.is_int64() && value.get_int64() >= 0) {
    number = static_cast<std::uint64_t>(value.get_int64());
  } else if (value.is_bool() && std::same_as<T, std::uint8_t>) {
    number = value.get_bool() ? 1 : 0;
  } else {
    return fail(Errc::malformed, std::string(what) + ": not a whole number");
  }
  if (number > std::numeric_limits<T>::max()) {
    return fail(Errc::malformed, std::string(what) + ": " + std::to_string(number) + " is over " +
                                     std::to_string(std::numeric_limits<T>::max()));
  }
  return static_cast<T>(number);
}
// As many as there is room for in `out`; an error names the place: "input.stake[3]".
template <std::unsigned_integral T>
Result<void> whole_numbers(const json::Array& values, const std::string& what,
                           std::vector<T>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto number = whole_number<T>(values[i], what);
    if (!number) {
      return std::unexpected(
          whole_number<T>(values[i], what + "[" + std::to_string(i) + "]").error());
    }
    out[i] = *number;
  }
  return {};
}

}  // namespace subnetd::cli
