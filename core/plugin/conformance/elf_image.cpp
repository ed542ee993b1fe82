// SPDX-License-Identifier: 0BSD
#include "plugin/conformance/elf_image.hpp"

#include <cstring>

namespace subnetd::plugin::conformance {
namespace {

constexpr std::size_t name_bytes_max = 4'096;
constexpr std::uint64_t symbols_max = 65'536;  // a file of more is not read

}  // namespace

template <class T>
std::optional<T> ElfImage::at(std::uint64_t offset) const {
  if (offset > file_.size() || file_.size() - offset < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, file_.data() + offset, sizeof(T));
  return out;
}

std::string ElfImage::text_at(std::uint64_t offset) const {
  std::string out;
  while (offset < file_.size() && file_[offset] != 0 && out.size() < name_bytes_max) {
    out += static_cast<char>(file_[offset++]);
  }
  return out;
}

ElfImage::ElfImage(std::span<const std::uint8_t> file) : file_(file) {
  read_segments();
  read_dynamic();
  read_symbols();
}

void ElfImage::read_segments() {
  const auto head = at<Elf64_Ehdr>(0);
  if (!head || head->e_phentsize != sizeof(Elf64_Phdr)) return;
  for (std::uint64_t i = 0; i < head->e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(head->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return;
    segments_.push_back(*segment);
  }
}

void ElfImage::read_dynamic() {
  const auto table = segment(PT_DYNAMIC);
  if (!table) return;
  for (std::uint64_t i = 0; i < table->p_filesz / sizeof(Elf64_Dyn); ++i) {
    const auto entry = at<Elf64_Dyn>(table->p_offset + i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) return;
    dynamic_.push_back(*entry);
  }
}

void ElfImage::read_symbols() {
  const auto head = at<Elf64_Ehdr>(0);
  if (!head || head->e_shentsize != sizeof(Elf64_Shdr)) return;
  for (std::uint64_t i = 0; i < head->e_shnum; ++i) {
    const auto section = at<Elf64_Shdr>(head->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) return;
    if (section->sh_type != SHT_DYNSYM) continue;
    const auto names = at<Elf64_Shdr>(head->e_shoff + section->sh_link * sizeof(Elf64_Shdr));
    if (!names || section->sh_size / sizeof(Elf64_Sym) > symbols_max) return;
    for (std::uint64_t s = 1; s < section->sh_size / sizeof(Elf64_Sym); ++s) {
      const auto raw = at<Elf64_Sym>(section->sh_offset + s * sizeof(Elf64_Sym));
      if (!raw) return;
      Symbol symbol{text_at(names->sh_offset + raw->st_name),
                    static_cast<unsigned char>(ELF64_ST_BIND(raw->st_info))};
      const auto seen = ELF64_ST_VISIBILITY(raw->st_other);
      symbol.defined = raw->st_shndx != SHN_UNDEF;
      symbol.exported = symbol.defined && raw->st_shndx != SHN_ABS && symbol.bind != STB_LOCAL &&
                        (seen == STV_DEFAULT || seen == STV_PROTECTED);
      symbols_.push_back(std::move(symbol));
    }
    has_symbols_ = true;
    return;
  }
}

std::optional<Elf64_Phdr> ElfImage::segment(std::uint32_t type) const {
  for (const Elf64_Phdr& each : segments_) {
    if (each.p_type == type) return each;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfImage::tag(std::int64_t tag) const {
  for (const Elf64_Dyn& each : dynamic_) {
    if (each.d_tag == tag) return each.d_un.d_val;
  }
  return std::nullopt;
}

}  // namespace subnetd::plugin::conformance
