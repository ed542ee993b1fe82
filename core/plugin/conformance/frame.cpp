// SPDX-License-Identifier: 0BSD
#include "plugin/conformance/frame.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
#include <utility>

namespace subnetd::plugin::conformance {
namespace {

constexpr std::byte canary{0xa5};
constexpr std::size_t frames_named_max = 32'768;

enum class Life : unsigned char { open, sealed, gone };

struct Entry {
  const std::byte* map = nullptr;
  std::size_t mapped = 0;
  const std::byte* end = nullptr;
  Life life = Life::open;
  std::array<char, 32> name{};
};

std::array<Entry, frames_named_max> entries;
std::size_t entries_used = 0;

std::size_t page() {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

Frame::Frame(std::string_view name, std::size_t bytes) {
  // At least one byte of canary before it.
  const std::size_t room = (bytes / page() + 1) * page();
  mapped_ = room + page();
  void* map = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  map_ = static_cast<std::byte*>(map);
  begin_ = map_ + room - bytes;
  std::fill(map_, begin_, canary);
  ::mprotect(map_ + room, page(), PROT_NONE);
  entry_ = std::min(entries_used, frames_named_max - 1);
  if (entries_used < frames_named_max) ++entries_used;
  Entry& entry = entries[entry_];
  entry = Entry{map_, mapped_, map_ + room, Life::open, {}};
  name.substr(0, entry.name.size() - 1).copy(entry.name.data(), entry.name.size() - 1);
}

Frame::Frame(Frame&& other) noexcept
    : entry_(other.entry_),
      map_(std::exchange(other.map_, nullptr)),
      mapped_(other.mapped_),
      begin_(other.begin_) {}

Frame::~Frame() {
  if (map_ == nullptr) return;
  ::madvise(map_, mapped_, MADV_DONTNEED);
  ::mprotect(map_, mapped_, PROT_NONE);
  entries[entry_].life = Life::gone;
}

void Frame::seal() const {
  ::mprotect(map_, mapped_ - page(), PROT_READ);
  entries[entry_].life = Life::sealed;
}

bool Frame::intact() const {
  return std::all_of(map_, begin_, [](std::byte b) { return b == canary; });
}

void Frame::name_of(const void* address, bool write, char* out, std::size_t size) {
  const auto* at = static_cast<const std::byte*>(address);
  const char* verb = write ? "wrote" : "read";
  for (std::size_t i = entries_used; i-- > 0;) {
    const Entry& entry = entries[i];
    if (at < entry.map || at >= entry.map + entry.mapped) continue;
    const char* how = "past the end of";
    if (entry.life == Life::gone)
      how = "(kept from an earlier call)";
    else if (at < entry.end && entry.life == Life::sealed)
      how = "into the input";
    std::snprintf(out, size, "it %s %s %s", verb, how, entry.name.data());
    return;
  }
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  if (number < 1024 * 1024) std::snprintf(out, size, "it %s through a null pointer", verb);
}

}  // namespace subnetd::plugin::conformance
