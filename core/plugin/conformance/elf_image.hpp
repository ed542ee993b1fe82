// SPDX-License-Identifier: 0BSD
// What an ELF64 file tells of itself without running: its segments, its dynamic table and its
// dynamic symbols. Every offset is checked; what is not there is absent, never a crash. Pure.
#pragma once

#include <elf.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace subnetd::plugin::conformance {

class ElfImage {
 public:
  struct Symbol {
    std::string name;
    unsigned char bind = 0;
    bool defined = false;
    bool exported = false;
  };

  explicit ElfImage(std::span<const std::uint8_t> file);

  const std::vector<Elf64_Phdr>& segments() const { return segments_; }
  std::optional<Elf64_Phdr> segment(std::uint32_t type) const;
  // Of the dynamic table; the first of that tag.
  std::optional<std::uint64_t> tag(std::int64_t tag) const;
  bool has_symbols() const { return has_symbols_; }
  const std::vector<Symbol>& symbols() const { return symbols_; }

 private:
  void read_segments();
  void read_dynamic();
  void read_symbols();
  template <class T>
  std::optional<T> at(std::uint64_t offset) const;
  std::string text_at(std::uint64_t offset) const;

  std::span<const std::uint8_t> file_;
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Dyn> dynamic_;
  std::vector<Symbol> symbols_;
  bool has_symbols_ = false;
};

}  // namespace subnetd::plugin::conformance
