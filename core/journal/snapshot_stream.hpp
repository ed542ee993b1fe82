// SPDX-License-Identifier: 0BSD
// The bytes of a snapshot, out and in. Writer and reader have the same face, so that one
// description of State serves both. A reader that meets wrong bytes gives zeros from then on and
// says so at the end: error().
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "journal/columns.hpp"
#include "journal/snapshot_codec.hpp"

namespace subnetd::journal {

class SnapshotWriter {
 public:
  static constexpr bool reading = false;

  void raw(const void* bytes, std::size_t size) {
    const char* from = static_cast<const char*>(bytes);
    while (size != 0) {
      const std::size_t take = std::min(size, snapshot_part_bytes - part_.size());
      part_.append(from, take);
      from += take;
      size -= take;
      if (part_.size() == snapshot_part_bytes) flush();
    }
  }
  template <class... T>
  void numbers(const T&... values) {
    (raw(&values, sizeof values), ...);
  }
  template <class T>
  void column(const std::vector<T>& values) {
    numbers(std::uint64_t{values.size()});
    raw(values.data(), values.size() * sizeof(T));
  }
  void text(const std::string& text) {
    numbers(std::uint64_t{text.size()});
    raw(text.data(), text.size());
  }
  std::vector<std::string> finish() {
    if (!part_.empty() || parts_.empty()) flush();
    return std::move(parts_);
  }

 private:
  void flush() {
    parts_.push_back(compress(part_));
    part_.clear();
  }

  std::string part_;
  std::vector<std::string> parts_;
};

class SnapshotReader {
 public:
  static constexpr bool reading = true;

  SnapshotReader(std::uint64_t parts, const NextPart& next_part)
      : parts_(parts), next_part_(next_part), bytes_max_(parts * snapshot_part_bytes) {}

  void raw(void* bytes, std::size_t size) {
    char* to = static_cast<char*>(bytes);
    while (size != 0) {
      if (left_.empty() && !load()) {
        std::memset(to, 0, size);
        return;
      }
      const std::size_t take = std::min(size, left_.size());
      std::memcpy(to, left_.data(), take);
      left_.remove_prefix(take);
      to += take;
      size -= take;
    }
  }
  template <class... T>
  void numbers(T&... values) {
    (number(values), ...);
  }
  // How many things of `bytes` bytes each follow; 0 once something is wrong.
  std::uint64_t count(std::uint64_t bytes) {
    std::uint64_t out = 0;
    number(out);
    if (out > bytes_max_ / bytes) {
      fault(Error{Errc::corrupt, "a count is larger than the snapshot", ""});
      return 0;
    }
    return out;
  }
  template <class T>
  void column(std::vector<T>& values) {
    values.resize(count(sizeof(T)));
    raw(values.data(), values.size() * sizeof(T));
  }
  void text(std::string& text) {
    text.resize(count(1));
    raw(text.data(), text.size());
  }
  void fault(Error error) {
    if (!error_) error_ = std::move(error);
    left_ = {};
    at_ = parts_;
  }
  bool at_end() const { return left_.empty() && at_ == parts_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  template <class T>
  void number(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      raw(&byte, 1);
      value = byte != 0;
    } else {
      static_assert(std::is_trivially_copyable_v<T>);
      raw(&value, sizeof value);
    }
  }
  bool load() {
    if (at_ == parts_) {
      fault(Error{Errc::corrupt, "ends early", ""});
      return false;
    }
    Result<std::string> part = next_part_(at_);
    Result<void> done = part ? decompress(*part, bytes_of(*part), part_)
                             : std::unexpected<Error>(std::move(part.error()));
    if (!done) {
      fault(std::move(done.error()));
      return false;
    }
    ++at_;
    left_ = part_;
    return !left_.empty() || load();
  }
  // All parts but the last are full.
  std::uint64_t bytes_of(std::string_view part) const {
    return std::min<std::uint64_t>(packed_bytes(part), snapshot_part_bytes);
  }

  std::uint64_t parts_;
  const NextPart& next_part_;
  std::uint64_t bytes_max_;
  std::uint64_t at_ = 0;
  std::string part_;
  std::string_view left_;
  std::optional<Error> error_;
};

}  // namespace subnetd::journal
