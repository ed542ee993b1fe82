// SPDX-License-Identifier: 0BSD
#include "plugin/worker/channel.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace subnetd::plugin::worker {
namespace {

std::unexpected<Error> no_memory(const char* what) {
  return fail(Errc::plugin, std::string("no memory to share with a worker: ") + what + ": " +
                                std::strerror(errno),
              "raise the limits of memory and open files, or run the plugin with "
              "isolation = \"inproc\"");
}

}  // namespace

Mapping::Mapping(int fd, bool writable) {
  void* at = ::mmap(nullptr, shared_bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ,
                    MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (at != MAP_FAILED) at_ = static_cast<char*>(at);
}

Mapping::~Mapping() {
  if (at_ != nullptr) ::munmap(at_, shared_bytes);
}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(at_, other.at_);
  return *this;
}

Result<Fd> make_memory(const char* name) {
  Fd memory(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return no_memory("memfd_create");
  if (::ftruncate(memory.get(), shared_bytes) != 0) return no_memory("ftruncate");
  return memory;
}

Result<void> seal_memory(const Fd& memory, bool one_writer) {
  const int seals =
      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | (one_writer ? F_SEAL_FUTURE_WRITE : 0);
  if (::fcntl(memory.get(), F_ADD_SEALS, seals) != 0) return no_memory("seals");
  return {};
}

void drop_pages(const Fd& memory) {
  (void)::fallocate(memory.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, shared_bytes);
}

}  // namespace subnetd::plugin::worker
