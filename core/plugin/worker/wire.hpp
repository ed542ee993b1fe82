// SPDX-License-Identifier: 0BSD
// How a call's columns and texts lie in shared memory: one after the other, without pointers. Both
// ends walk the same way over the same order, so no offset is ever believed. The Unpacker takes
// every length once and checks it against what there is: the other end may be hostile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "subnet/abi.h"

namespace subnetd::plugin::worker {

inline constexpr std::size_t wire_align = 16;

// How far ahead lines are asked for that are about to be written.
inline constexpr std::size_t wire_ahead = 512;

// Of one column: empty texts take no room, so their number is bounded by this alone.
inline constexpr std::uint64_t texts_max = std::uint64_t{1} << 24;

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + wire_align - 1) / wire_align * wire_align;
}

// Of one text up to 32 bytes, as most are: two overlapping moves instead of a call.
inline void copy_text(char* to, const char* from, std::size_t n) {
  if (n >= 16 && n <= 32) {
    std::memcpy(to, from, 16);
    std::memcpy(to + n - 16, from + n - 16, 16);
  } else if (n >= 8 && n < 16) {
    std::memcpy(to, from, 8);
    std::memcpy(to + n - 8, from + n - 8, 8);
  } else if (n >= 4 && n < 8) {
    std::memcpy(to, from, 4);
    std::memcpy(to + n - 4, from + n - 4, 4);
  } else if (n != 0) {
    std::memcpy(to, from, n);
  }
}

class Packer {
 public:
  Packer(char* base, std::size_t capacity) : base_(base), capacity_(capacity) {}
  void restart() {
    used_ = 0;
    full_ = false;
  }

  // Room for n of T; nullptr once there is no room for all of it.
  template <class T>
  T* reserve(std::uint64_t n) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::size_t at = aligned(used_);
    if (full_ || at > capacity_ || n > (capacity_ - at) / sizeof(T)) {
      full_ = true;
      return nullptr;
    }
    used_ = at + n * sizeof(T);
    return reinterpret_cast<T*>(base_ + at);
  }
  template <class T>
  void put(const T& value) {
    column(&value, 1);
  }
  template <class T>
  void column(const T* from, std::uint64_t n) {
    if (T* to = reserve<T>(n); to != nullptr && n != 0) std::memcpy(to, from, n * sizeof(T));
  }
  // nullptr stays nullptr.
  template <class T>
  void optional(const T* from, std::uint64_t n) {
    put<std::uint64_t>(from != nullptr ? 1 : 0);
    if (from != nullptr) column(from, n);
  }
  // In as few bytes a number as all of them need, none where all are zero: lines that one core has
  // written and another reads are what a call costs.
  void narrow(const std::uint32_t* from, std::uint64_t n) {
    std::uint32_t all = 0;
    for (std::uint64_t i = 0; i < n; ++i) all |= from[i];
    const std::uint64_t width = all == 0 ? 0 : all < 0x100 ? 1 : all < 0x10000 ? 2 : 4;
    put(width);
    if (width == 1) cast<std::uint8_t>(from, n);
    if (width == 2) cast<std::uint16_t>(from, n);
    if (width == 4) column(from, n);
  }
  void text(sbn_str text) { texts(&text, 1); }
  // n texts: their lengths, then all bytes.
  void texts(const sbn_str* from, std::uint64_t n) {
    lengths_.resize(n);
    std::uint64_t bytes = 0, longest = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      lengths_[i] = static_cast<std::uint32_t>(from[i].len);
      longest |= from[i].len;
      bytes += from[i].len;
    }
    if (longest > 0xffffffffu) full_ = true;
    narrow(lengths_.data(), n);
    char* to = reserve<char>(bytes);
    if (to == nullptr) return;
    for (std::uint64_t i = 0; i < n; ++i) {
      __builtin_prefetch(to + wire_ahead, 1);
      copy_text(to, from[i].data, from[i].len);
      to += from[i].len;
    }
  }

  bool full() const { return full_; }
  std::size_t used() const { return used_; }

 private:
  template <class T>
  void cast(const std::uint32_t* from, std::uint64_t n) {
    T* to = reserve<T>(n);
    for (std::uint64_t i = 0; to != nullptr && i < n; ++i) to[i] = static_cast<T>(from[i]);
  }

  char* base_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  bool full_ = false;
  std::vector<std::uint32_t> lengths_;
};

class Unpacker {
 public:
  Unpacker(const char* base, std::size_t bytes) : base_(base), bytes_(bytes) {}
  void restart(std::size_t bytes) {
    bytes_ = bytes;
    used_ = 0;
    good_ = true;
  }

  // n of T, borrowed; nullptr once something was not there.
  template <class T>
  const T* column(std::uint64_t n) {
    const std::size_t at = aligned(used_);
    if (!good_ || at > bytes_ || n > (bytes_ - at) / sizeof(T)) {
      good_ = false;
      return nullptr;
    }
    used_ = at + n * sizeof(T);
    return reinterpret_cast<const T*>(base_ + at);
  }
  template <class T>
  T take() {
    T value{};
    if (const T* at = column<T>(1)) std::memcpy(&value, at, sizeof(T));
    return value;
  }
  template <class T>
  const T* optional(std::uint64_t n) {
    return take<std::uint64_t>() != 0 ? column<T>(n) : nullptr;
  }
  // Into `to`, where it is there at all.
  template <class T>
  void copy(T* to, std::uint64_t n) {
    if (const T* from = column<T>(n); from != nullptr && n != 0) {
      std::memcpy(to, from, n * sizeof(T));
    }
  }
  void narrow(std::uint32_t* to, std::uint64_t n) {
    const auto width = take<std::uint64_t>();
    if (width == 0) std::fill_n(to, n, 0u);
    else if (width == 1) cast<std::uint8_t>(to, n);
    else if (width == 2) cast<std::uint16_t>(to, n);
    else copy(to, n);
  }
  sbn_str text() {
    std::vector<sbn_str> one;
    texts(one, 1);
    return good_ ? one[0] : sbn_str{nullptr, 0};
  }
  void texts(std::vector<sbn_str>& to, std::uint64_t n) {
    if (n > bytes_ || n > texts_max) good_ = false;
    if (!good_) return to.clear();
    lengths_.resize(n);
    narrow(lengths_.data(), n);
    to.resize(n);
    std::uint64_t bytes = 0;
    const std::size_t at = aligned(used_);
    for (std::uint64_t i = 0; i < n; ++i) {
      to[i] = {base_ + at + bytes, lengths_[i]};
      bytes += lengths_[i];
    }
    if (column<char>(bytes) == nullptr) to.assign(n, sbn_str{nullptr, 0});
  }

  bool good() const { return good_; }

 private:
  template <class T>
  void cast(std::uint32_t* to, std::uint64_t n) {
    const T* from = column<T>(n);
    for (std::uint64_t i = 0; from != nullptr && i < n; ++i) to[i] = from[i];
  }

  const char* base_;
  std::size_t bytes_;
  std::size_t used_ = 0;
  bool good_ = true;
  std::vector<std::uint32_t> lengths_;
};

}  // namespace subnetd::plugin::worker
