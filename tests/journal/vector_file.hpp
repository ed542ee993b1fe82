// SPDX-License-Identifier: 0BSD
// Files of tests/vectors/facts: a line of JSON, then the blob in hex where there is one. A verdict
// row is written as {"seq","turn_ms","row":[lead,miner,validator,score,fate,after_ms]}.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "journal/fact_codec.hpp"
#include "json/json.hpp"

namespace subnetd::journal::testing {

inline std::filesystem::path vectors_folder() {
  return std::filesystem::path(SUBNETD_SOURCE_DIR) / "tests/vectors/facts";
}

struct VectorFile {
  std::string json;
  std::string blob;
};

inline std::string to_hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

inline std::string from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
  }
  return out;
}

inline VectorFile read_vector(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  VectorFile out;
  std::string hex;
  std::getline(in, out.json);
  std::getline(in, hex);
  out.blob = from_hex(hex);
  return out;
}

inline bool is_verdict(const VectorFile& file) { return file.json.starts_with("{\"seq\":"); }

struct VerdictVector {
  std::uint64_t seq = 0;
  std::int64_t turn_ms = 0;
  VerdictRow row;
};

inline VerdictVector parse_verdict(const VectorFile& file) {
  const json::Value value = json::parse(file.json, 4096).value();
  const json::Object& object = value.get_object();
  const json::Array& row = object.at("row").get_array();
  VerdictVector out{object.at("seq").to_number<std::uint64_t>(),
                    object.at("turn_ms").get_int64(),
                    {.lead = row[0].get_int64(),
                     .miner = row[1].get_int64(),
                     .validator = std::nullopt,
                     .score = row[3].get_int64(),
                     .fate = row[4].get_int64(),
                     .after_ms = row[5].get_int64()}};
  if (!row[2].is_null()) out.row.validator = row[2].get_int64();
  return out;
}

inline std::string verdict_text(const VerdictVector& vector) {
  const VerdictRow& row = vector.row;
  return "{\"seq\":" + std::to_string(vector.seq) +
         ",\"turn_ms\":" + std::to_string(vector.turn_ms) + ",\"row\":[" +
         std::to_string(row.lead) + "," + std::to_string(row.miner) + "," +
         (row.validator ? std::to_string(*row.validator) : "null") + "," +
         std::to_string(row.score) + "," + std::to_string(row.fate) + "," +
         std::to_string(row.after_ms) + "]}";
}

}  // namespace subnetd::journal::testing
