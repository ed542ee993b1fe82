// SPDX-License-Identifier: 0BSD
// Memory whose last byte is followed by a page that nobody may touch: whoever reads or writes past
// it crashes, and the crash names it. Once its object is gone the memory may not be touched at all:
// a plugin that keeps a borrowed pointer is found by its next use. For the children of checks only.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace subnetd::plugin::conformance {

class Frame {
 public:
  Frame(std::string_view name, std::size_t bytes);
  ~Frame();
  Frame(Frame&& other) noexcept;
  Frame& operator=(Frame&&) = delete;

  void* begin() const { return begin_; }
  // From here on it is an input: writing crashes.
  void seal() const;
  // Nobody wrote before its first byte.
  bool intact() const;

  // Says of an address which frame it lies at.
  static void name_of(const void* address, bool write, char* out, std::size_t size);

 private:
  std::size_t entry_ = 0;
  std::byte* map_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* begin_ = nullptr;
};

// A column of plain values in a frame, or in ordinary memory where `framed` is false.
template <class T>
class Column {
 public:
  Column(std::string_view name, std::size_t n, bool framed, T fill = T{}) : n_(n) {
    if (framed)
      frame_.emplace_back(name, n * sizeof(T));
    else
      plain_.resize(n);
    for (T& value : all()) value = fill;
  }
  Column(std::string_view name, std::span<const T> values, bool framed)
      : Column(name, values.size(), framed) {
    if (!values.empty()) std::memcpy(data(), values.data(), values.size_bytes());
    seal();
  }
  Column(std::string_view name, const std::vector<T>& values, bool framed)
      : Column(name, std::span<const T>(values), framed) {}
  T* data() { return frame_.empty() ? plain_.data() : static_cast<T*>(frame_[0].begin()); }
  std::span<T> all() { return {data(), n_}; }
  std::vector<T> copy() { return {all().begin(), all().end()}; }
  void seal() {
    if (!frame_.empty()) frame_[0].seal();
  }
  bool intact() const { return frame_.empty() || frame_[0].intact(); }

 private:
  std::size_t n_;
  std::vector<Frame> frame_;
  std::vector<T> plain_;
};

}  // namespace subnetd::plugin::conformance
