// SPDX-License-Identifier: 0BSD
// The dynamic symbols that a file exports, read from its bytes.
#include <elf.h>

#include <cstring>
#include <optional>
#include <regex>

#include "plugin/conformance/trial.hpp"
#include "plugin/plugin_file.hpp"

namespace subnetd::plugin::conformance {
namespace {

using Bytes = std::vector<std::uint8_t>;

template <class T>
std::optional<T> at(const Bytes& file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, file.data() + offset, sizeof(T));
  return out;
}

std::string text_at(const Bytes& file, std::uint64_t offset) {
  std::string out;
  while (offset < file.size() && file[offset] != 0) out += static_cast<char>(file[offset++]);
  return out;
}

bool is_exported(const Elf64_Sym& symbol) {
  const auto bind = ELF64_ST_BIND(symbol.st_info);
  const auto seen = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS && bind != STB_LOCAL &&
         (seen == STV_DEFAULT || seen == STV_PROTECTED);
}

std::optional<std::vector<std::string>> exports_of(const Bytes& file) {
  const auto head = at<Elf64_Ehdr>(file, 0);
  if (!head || head->e_shentsize != sizeof(Elf64_Shdr)) return std::nullopt;
  for (std::uint64_t i = 0; i < head->e_shnum; ++i) {
    const auto section = at<Elf64_Shdr>(file, head->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) return std::nullopt;
    if (section->sh_type != SHT_DYNSYM) continue;
    const auto names = at<Elf64_Shdr>(file, head->e_shoff + section->sh_link * sizeof(Elf64_Shdr));
    if (!names) return std::nullopt;
    std::vector<std::string> out;
    for (std::uint64_t s = 1; s < section->sh_size / sizeof(Elf64_Sym); ++s) {
      const auto symbol = at<Elf64_Sym>(file, section->sh_offset + s * sizeof(Elf64_Sym));
      if (!symbol) return std::nullopt;
      if (is_exported(*symbol)) out.push_back(text_at(file, names->sh_offset + symbol->st_name));
    }
    return out;
  }
  return std::nullopt;
}

}  // namespace

Finding check_exports(const std::filesystem::path& file) {
  const auto bytes = read_plugin_file(file);
  if (!bytes) return {CheckState::failed, bytes.error().message};
  const auto exported = exports_of(*bytes);
  if (!exported) return skipped("the file has no table of dynamic symbols to read");
  static const std::regex entry("sbn_plugin_entry_v[0-9]+");  // one for each ABI major
  std::string others;
  for (const std::string& name : *exported) {
    if (!std::regex_match(name, entry)) others += (others.empty() ? "" : ", ") + name;
  }
  if (others.empty()) return good();
  return failed("no exported symbol but " SBN_ENTRY_NAME, others,
                "build with subnet_add_plugin(), or with -fvisibility=hidden and a version script");
}

}  // namespace subnetd::plugin::conformance
