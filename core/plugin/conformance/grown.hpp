// SPDX-License-Identifier: 0BSD
// Growable structs as a host hands them over: of this minor, or of a later one that has appended
// fields, with poison in their place. A plugin may neither write there nor take it for its own.
#pragma once

#include <algorithm>
#include <memory>

#include "plugin/conformance/frame.hpp"
#include "plugin/conformance/trial.hpp"

namespace subnetd::plugin::conformance {

inline constexpr std::size_t later_bytes = 64;
inline constexpr unsigned char later_poison = 0xc3;

// An array of them; each is `stride` bytes from the one before.
template <class T>
class Grown {
 public:
  Grown(const char* name, std::vector<T> values, const Work& work)
      : stride_(sizeof(T) + (work.future ? later_bytes : 0)),
        n_(values.size()),
        bytes_(name, n_ * stride_, work.framed, later_poison) {
    for (std::size_t i = 0; i < n_; ++i) {
      values[i].struct_size = static_cast<std::uint32_t>(stride_);
      std::memcpy(bytes_.data() + i * stride_, &values[i], sizeof(T));
    }
  }
  Grown(const char* name, const T& value, const Work& work)
      : Grown(name, std::vector<T>{value}, work) {}
  T* get() { return reinterpret_cast<T*>(bytes_.data()); }
  T* operator->() { return get(); }
  std::size_t stride() const { return stride_; }
  void seal() { bytes_.seal(); }
  bool tails_are_whole() {
    for (std::size_t i = 0; i < n_; ++i) {
      const auto tail = bytes_.all().subspan(i * stride_ + sizeof(T), stride_ - sizeof(T));
      const auto is_poison = [](unsigned char b) { return b == later_poison; };
      if (!std::all_of(tail.begin(), tail.end(), is_poison)) return false;
    }
    return bytes_.intact();
  }

 private:
  std::size_t stride_;
  std::size_t n_;
  Column<unsigned char> bytes_;
};

// A text in a frame of its own.
class Text {
 public:
  Text(const std::string& name, std::string_view text, bool framed)
      : bytes_(name, std::span<const char>(text.data(), text.size()), framed), size_(text.size()) {}
  sbn_str str() { return {bytes_.data(), size_}; }

 private:
  Column<char> bytes_;
  std::size_t size_;
};

}  // namespace subnetd::plugin::conformance
