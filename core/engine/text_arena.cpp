// SPDX-License-Identifier: 0BSD
#include "engine/text_arena.hpp"

#include <cstring>

namespace subnetd::engine {
namespace {

// Lengths are 9 bits each: 5 low bytes, then one byte of the five high bits.
constexpr std::size_t header_bytes = 6;

}  // namespace

std::uint64_t TextArena::bytes_of(const NodeText& t) {
  const std::uint64_t n = header_bytes + t.id.size() + t.name_space.size() + t.endpoint.size() +
                          t.method.size() + t.task.size();
  return (n + step - 1) / step * step;
}

TextArena& TextArena::operator=(const TextArena& other) {
  if (this == &other) return *this;
  chunks_.clear();
  for (const auto& chunk : other.chunks_) {
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_bytes));
    std::memcpy(chunks_.back().get(), chunk.get(), chunk_bytes);
  }
  used_ = other.used_;
  live_bytes_ = other.live_bytes_;
  dead_bytes_ = other.dead_bytes_;
  return *this;
}

const char* TextArena::pointer(std::uint32_t ref) const {
  const std::uint64_t at = std::uint64_t{ref} * step;
  return chunks_[at / chunk_bytes].get() + at % chunk_bytes;
}

std::uint32_t TextArena::put(const NodeText& text) {
  const std::uint64_t bytes = bytes_of(text);
  if (used_ + bytes > chunks_.size() * chunk_bytes) {
    used_ = chunks_.size() * chunk_bytes;
    chunks_.push_back(std::make_unique<char[]>(chunk_bytes));
  }
  char* out = chunks_[used_ / chunk_bytes].get() + used_ % chunk_bytes;
  const std::array<std::string_view, 5> fields{text.id, text.name_space, text.endpoint,
                                               text.method, text.task};
  unsigned char high = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    out[i] = static_cast<char>(fields[i].size() & 0xff);
    if (fields[i].size() > 0xff) high = static_cast<unsigned char>(high | (1u << i));
  }
  out[5] = static_cast<char>(high);
  char* cursor = out + header_bytes;
  for (std::string_view field : fields) {
    if (!field.empty()) std::memcpy(cursor, field.data(), field.size());
    cursor += field.size();
  }
  const auto ref = static_cast<std::uint32_t>(used_ / step);
  used_ += bytes;
  live_bytes_ += bytes;
  return ref;
}

NodeText TextArena::at(std::uint32_t ref) const {
  const char* in = pointer(ref);
  const auto high = static_cast<unsigned char>(in[5]);
  const char* cursor = in + header_bytes;
  std::array<std::string_view, 5> fields;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t size = static_cast<unsigned char>(in[i]) + ((high >> i & 1u) << 8);
    fields[i] = {cursor, size};
    cursor += size;
  }
  return {fields[0], fields[1], fields[2], fields[3], fields[4]};
}

std::string_view TextArena::id_at(std::uint32_t ref) const {
  const char* in = pointer(ref);
  const std::size_t size =
      static_cast<unsigned char>(in[0]) + ((static_cast<unsigned char>(in[5]) & 1u) << 8);
  return {in + header_bytes, size};
}

void TextArena::drop(std::uint32_t ref) {
  const std::uint64_t bytes = bytes_of(at(ref));
  live_bytes_ -= bytes;
  dead_bytes_ += bytes;
}

}  // namespace subnetd::engine
