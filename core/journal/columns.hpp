// SPDX-License-Identifier: 0BSD
// Numbers as little-endian columns, and zstd around them. Reading is total: bytes that are not what
// was written give Errc::corrupt, and memory stays in proportion to the bytes given.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::journal {

static_assert(std::endian::native == std::endian::little, "columns are stored as memory has them");

// One zstd frame with its size and a checksum.
std::string compress(std::string_view bytes, int level = 1);
// What the frame says it holds.
std::uint64_t packed_bytes(std::string_view frame);
// Refuses a frame that does not hold exactly `bytes` bytes.
Result<void> decompress(std::string_view frame, std::uint64_t bytes, std::string& out);

template <class T>
void put_column(std::string& out, const std::vector<T>& column) {
  static_assert(std::is_integral_v<T>);
  if (column.empty()) return;
  out.append(reinterpret_cast<const char*>(column.data()), column.size() * sizeof(T));
}

// Takes `rows` numbers off the front of `bytes`; false when there are fewer.
template <class T>
bool take_column(std::string_view& bytes, std::uint64_t rows, std::vector<T>& column) {
  static_assert(std::is_integral_v<T>);
  if (rows > bytes.size() / sizeof(T)) return false;
  column.resize(rows);
  if (rows != 0) std::memcpy(column.data(), bytes.data(), rows * sizeof(T));
  bytes.remove_prefix(rows * sizeof(T));
  return true;
}

}  // namespace subnetd::journal
