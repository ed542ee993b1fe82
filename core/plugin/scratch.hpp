// SPDX-License-Identifier: 0BSD
// Temporaries of one call into a plugin; the first 64 KiB cost no allocation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <vector>

#include "subnet/abi.h"

namespace subnetd::plugin {

struct Scratch {
  static constexpr std::size_t bytes_max = std::size_t{1} << 30;
  static constexpr std::uint64_t align_max = 4096;
  std::vector<std::byte> first = std::vector<std::byte>(64 * 1024);
  std::pmr::monotonic_buffer_resource memory{first.data(), first.size()};
  std::size_t used = 0;

  static void* take(const sbn_call* call, std::uint64_t bytes, std::uint64_t align) {
    auto* self = static_cast<Scratch*>(call->scratch_host);
    if (align == 0 || (align & (align - 1)) != 0 || align > align_max) return nullptr;
    if (bytes > bytes_max || bytes + align > bytes_max - self->used) return nullptr;
    self->used += bytes + align;
    try {
      return self->memory.allocate(std::max<std::uint64_t>(bytes, 1), align);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  void clear() {
    if (used != 0) memory.release();
    used = 0;
  }
};

}  // namespace subnetd::plugin
