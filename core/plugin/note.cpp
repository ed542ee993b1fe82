// SPDX-License-Identifier: 0BSD
#include "plugin/note.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "domain/limits.hpp"
#include "plugin/str.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::size_t program_headers_max = 128;

template <class T>
std::optional<T> read_at(std::span<const std::uint8_t> file, std::uint64_t at) {
  if (at > file.size() || file.size() - at < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + at, sizeof(T));
  return value;
}

std::unexpected<Error> refused(std::string message) {
  return fail(Errc::plugin, std::move(message),
              "build it with subnet_add_plugin(), or emit SBN_NOTE in C");
}

std::string text_of(const char* bytes, std::size_t size) {
  return std::string(bytes, std::find(bytes, bytes + size, '\0'));
}

bool has_names(const Note& note) {
  std::string plain = note.version;  // a version may also hold a plus
  std::replace(plain.begin(), plain.end(), '+', '.');
  return is_plugin_name(note.id) && is_plugin_name(plain);
}

Result<Note> decode(const sbn_note& raw) {
  Note note;
  note.abi_major = raw.abi_major;
  note.abi_minor = raw.abi_minor;
  note.min_host_minor = raw.min_host_minor;
  note.id = text_of(raw.id, sizeof(raw.id));
  note.version = text_of(raw.version, sizeof(raw.version));
  if (!has_names(note)) {
    return refused("the identity note wants an id and a version of letters, digits and ._-");
  }
  return note;
}

// Looks through one PT_NOTE segment; empty when ours is not in it.
std::optional<Result<Note>> scan(std::span<const std::uint8_t> file, std::uint64_t at,
                                 std::uint64_t size, std::uint64_t align) {
  if (at > file.size() || size > file.size() - at) {
    return refused("a note segment lies outside the file: it is truncated");
  }
  // Payload and next note begin at multiples of the alignment, counted from the segment.
  const std::uint64_t step = align == 8 ? 8 : 4;
  const std::uint64_t begin = at;
  const auto padding = [&](std::uint64_t from, std::uint64_t n) {
    return n + (step - (from - begin + n) % step) % step;
  };
  const std::uint64_t end = at + size;
  while (end - at >= sizeof(Elf64_Nhdr)) {
    const Elf64_Nhdr head = *read_at<Elf64_Nhdr>(file, at);
    at += sizeof(Elf64_Nhdr);
    const std::uint64_t name_bytes = padding(at, head.n_namesz);
    if (name_bytes > end - at) break;
    const std::uint64_t name_at = at;
    at += name_bytes;
    const bool ours = head.n_namesz == sizeof(SBN_NOTE_OWNER) &&
                      std::memcmp(file.data() + name_at, SBN_NOTE_OWNER, head.n_namesz) == 0;
    if (ours && head.n_type == SBN_NOTE_TYPE) {
      if (head.n_descsz != sizeof(sbn_note) || end - at < sizeof(sbn_note)) {
        return refused("the identity note has " + std::to_string(head.n_descsz) +
                       " bytes, wanted " + std::to_string(sizeof(sbn_note)));
      }
      return decode(*read_at<sbn_note>(file, at));
    }
    const std::uint64_t payload_bytes = padding(at, head.n_descsz);
    if (payload_bytes > end - at) break;
    at += payload_bytes;
  }
  return std::nullopt;
}

// The loader maps what the headers say and dies of a file that is shorter.
Result<void> check_whole(std::span<const std::uint8_t> file, const Elf64_Ehdr& head) {
  const auto inside = [&](std::uint64_t at, std::uint64_t size) {
    return at <= file.size() && size <= file.size() - at;
  };
  if (head.e_phentsize != sizeof(Elf64_Phdr) || head.e_phnum > program_headers_max) {
    return refused("its program header table is malformed");
  }
  if (!inside(head.e_phoff, std::uint64_t{head.e_phnum} * sizeof(Elf64_Phdr)) ||
      !inside(head.e_shoff, std::uint64_t{head.e_shnum} * head.e_shentsize)) {
    return refused("its headers lie outside the file: it is truncated");
  }
  for (std::size_t i = 0; i < head.e_phnum; ++i) {
    const auto segment = *read_at<Elf64_Phdr>(file, head.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD && !inside(segment.p_offset, segment.p_filesz)) {
      return refused("a segment lies outside the file: it is truncated");
    }
  }
  return {};
}

}  // namespace

bool is_plugin_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '-';
  });
}

Result<Note> note_of(const sbn_plugin& plugin) {
  const auto text = [](sbn_str s) {
    const bool good = s.data != nullptr && s.len <= limits::id_bytes_max;
    return good ? std::string(view_of(s)) : std::string();
  };
  Note note{plugin.abi_major, plugin.abi_minor, plugin.min_host_minor, text(plugin.id),
            text(plugin.version)};
  if (has_names(note)) return note;
  return fail(Errc::plugin,
              "a plugin of the program wants an id and a version of letters, digits and ._-",
              "an id is like \"acme.scoring\", a version like \"1.0.0\"");
}

Result<Note> read_note(std::span<const std::uint8_t> file) {
  const auto head = read_at<Elf64_Ehdr>(file, 0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) {
    return refused("this is no ELF file");
  }
  if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB) {
    return refused("this is no 64-bit little-endian ELF file");
  }
  if (head->e_type != ET_DYN) return refused("this ELF file is no shared library");
#if defined(__x86_64__)
  constexpr Elf64_Half machine = EM_X86_64;
#elif defined(__aarch64__)
  constexpr Elf64_Half machine = EM_AARCH64;
#else
#error "unknown machine"
#endif
  if (head->e_machine != machine) {
    return refused("it is built for ELF machine " + std::to_string(head->e_machine) +
                   ", this daemon runs on " + std::to_string(machine));
  }
  SUBNETD_CHECK(check_whole(file, *head));
  for (std::size_t i = 0; i < head->e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(file, head->e_phoff + i * sizeof(Elf64_Phdr));
    if (segment->p_type != PT_NOTE) continue;
    if (auto found = scan(file, segment->p_offset, segment->p_filesz, segment->p_align)) {
      return *found;
    }
  }
  return refused("it has no identity note: it is no subnet plugin");
}

}  // namespace subnetd::plugin
