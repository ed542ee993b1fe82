// SPDX-License-Identifier: 0BSD
// The strings of a million miners in few large chunks: id, namespace, endpoint, method and task of
// one node, packed behind one 32-bit reference. Freed text is counted; compact() is the owner's
// call.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace subnetd::engine {

struct NodeText {
  std::string_view id, name_space, endpoint, method, task;
};

class TextArena {
 public:
  TextArena() = default;
  TextArena(const TextArena& other) { *this = other; }
  TextArena& operator=(const TextArena& other);
  TextArena(TextArena&&) = default;
  TextArena& operator=(TextArena&&) = default;

  // Each field at most 511 bytes.
  std::uint32_t put(const NodeText& text);
  NodeText at(std::uint32_t ref) const;
  std::string_view id_at(std::uint32_t ref) const;
  void drop(std::uint32_t ref);

  std::uint64_t live_bytes() const { return live_bytes_; }
  std::uint64_t dead_bytes() const { return dead_bytes_; }
  std::uint64_t memory_bytes() const { return chunks_.size() * chunk_bytes; }

 private:
  // A reference counts 4-byte steps, so 16 GiB can be named.
  static constexpr std::uint64_t step = 4;
  static constexpr std::uint64_t chunk_bytes = std::uint64_t{1} << 20;
  static std::uint64_t bytes_of(const NodeText& text);
  const char* pointer(std::uint32_t ref) const;

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::uint64_t used_ = 0;  // in bytes, chunk ends included
  std::uint64_t live_bytes_ = 0;
  std::uint64_t dead_bytes_ = 0;
};

}  // namespace subnetd::engine
