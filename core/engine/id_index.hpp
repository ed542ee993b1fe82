// SPDX-License-Identifier: 0BSD
// id -> slot, as an open-addressing table of 32-bit slots; the ids themselves stay in the arena.
// Hashing is fixed (hash64), so two runs probe alike.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "domain/hash.hpp"

namespace subnetd::engine {

class IdIndex {
 public:
  // id_of(slot) gives the id a slot holds.
  template <class IdOf>
  std::uint32_t find(std::string_view id, IdOf&& id_of) const {
    if (slots_.empty()) return empty;
    for (std::uint64_t i = hash64(id) & mask();; i = (i + 1) & mask()) {
      const std::uint32_t slot = slots_[i];
      if (slot == empty || id_of(slot) == id) return slot;
    }
  }

  template <class IdOf>
  void insert(std::uint32_t slot, IdOf&& id_of) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow(slots_.empty() ? 16 : slots_.size() * 2, id_of);
    place(slot, hash64(id_of(slot)) & mask());
    ++used_;
  }

  // As one insert after the other, but the table's memory is asked for ahead: a table larger than
  // the cache costs a miss an id otherwise.
  template <class IdOf>
  void insert_all(std::span<const std::uint32_t> slots, IdOf&& id_of) {
    reserve(used_ + slots.size(), id_of);
    place_all(slots, id_of);
    used_ += slots.size();
  }

  // Makes room for n ids at once.
  template <class IdOf>
  void reserve(std::uint64_t n, IdOf&& id_of) {
    std::uint64_t size = 16;
    while (n * 4 > size * 3) size *= 2;
    if (size > slots_.size()) grow(size, id_of);
  }

  // The slot must still know its id. Keeps probe chains whole by shifting back.
  template <class IdOf>
  void erase(std::uint32_t slot, IdOf&& id_of) {
    std::uint64_t hole = hash64(id_of(slot)) & mask();
    while (slots_[hole] != slot) hole = (hole + 1) & mask();
    for (std::uint64_t i = (hole + 1) & mask(); slots_[i] != empty; i = (i + 1) & mask()) {
      const std::uint64_t home = hash64(id_of(slots_[i])) & mask();
      if (((i - home) & mask()) >= ((i - hole) & mask())) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = empty;
    --used_;
  }

  static constexpr std::uint32_t empty = 0xffffffffu;
  std::uint64_t memory_bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
  std::uint64_t mask() const { return slots_.size() - 1; }
  void place(std::uint32_t slot, std::uint64_t home) {
    while (slots_[home] != empty) home = (home + 1) & mask();
    slots_[home] = slot;
  }
  template <class IdOf>
  void place_all(std::span<const std::uint32_t> slots, IdOf&& id_of) {
    std::array<std::uint64_t, 32> homes;
    while (!slots.empty()) {
      const std::size_t n = std::min(slots.size(), homes.size());
      for (std::size_t k = 0; k < n; ++k) {
        homes[k] = hash64(id_of(slots[k])) & mask();
        __builtin_prefetch(&slots_[homes[k]], 1);
      }
      for (std::size_t k = 0; k < n; ++k) place(slots[k], homes[k]);
      slots = slots.subspan(n);
    }
  }
  template <class IdOf>
  void grow(std::uint64_t size, IdOf&& id_of) {
    std::vector<std::uint32_t> old(size, empty);
    old.swap(slots_);
    std::erase(old, empty);
    place_all(old, id_of);
  }

  std::vector<std::uint32_t> slots_;
  std::uint64_t used_ = 0;
};

}  // namespace subnetd::engine
