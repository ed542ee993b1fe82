// SPDX-License-Identifier: 0BSD
// The recorded vectors of tests/vectors, as JSON.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "commune/bytes.hpp"
#include "json/json.hpp"

namespace subnetd::commune {

inline json::Value vectors(const std::string& name) {
  std::ifstream file(std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/" + name);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto value = json::parse(text, 16 * 1024 * 1024);
  if (!value) throw std::runtime_error(name + ": " + value.error().message);
  return *value;
}

inline std::string text_of(const json::Value& value, std::string_view field) {
  return std::string(value.at(field).as_string());
}

inline std::vector<std::uint8_t> bytes_in(const json::Value& value, std::string_view field) {
  return hex_decode(text_of(value, field)).value();
}

template <std::size_t N>
std::array<std::uint8_t, N> array_in(const json::Value& value, std::string_view field) {
  return hex_array<N>(text_of(value, field)).value();
}

inline MiniSecret mini_in(const json::Value& value, std::string_view field) {
  return MiniSecret(array_in<32>(value, field));
}

}  // namespace subnetd::commune
