// SPDX-License-Identifier: 0BSD
#include "plugin/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "plugin/fd.hpp"

namespace subnetd::plugin {
namespace {

std::unexpected<Error> io_error(const std::filesystem::path& path, const char* what) {
  return fail(errno == ENOENT ? Errc::not_found : Errc::io,
              path.string() + ": " + what + ": " + std::strerror(errno),
              "check the disk and who owns " + path.parent_path().string());
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) return io_error(folder, "cannot be synced");
  return {};
}

}  // namespace

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code ec;
  if (std::filesystem::is_directory(folder, ec)) return {};
  const std::filesystem::path above = folder.parent_path();
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return io_error(folder, "cannot be made");
  }
  return sync_folder(above.empty() ? "." : above);
}

Result<void> write_durably(const std::filesystem::path& file, std::string_view bytes) {
  static std::atomic<unsigned> number{0};
  const std::filesystem::path draft =
      file.string() + "." + std::to_string(::getpid()) + "." + std::to_string(number++) + ".tmp";
  {
    const Fd opened(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (opened.get() < 0) return io_error(draft, "cannot be written");
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t n = ::write(opened.get(), bytes.data() + sent, bytes.size() - sent);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        const auto error = io_error(draft, "cannot be written");
        ::unlink(draft.c_str());
        return error;
      }
      sent += static_cast<std::size_t>(n);
    }
    if (::fsync(opened.get()) != 0) return io_error(draft, "cannot be synced");
  }
  if (::rename(draft.c_str(), file.c_str()) != 0) return io_error(file, "cannot be replaced");
  return sync_folder(file.parent_path());
}

Result<void> remove_durably(const std::filesystem::path& file) {
  if (::unlink(file.c_str()) != 0) return io_error(file, "cannot be removed");
  return sync_folder(file.parent_path());
}

Result<std::string> read_small_file(const std::filesystem::path& file, std::size_t bytes_max) {
  const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (opened.get() < 0) return io_error(file, "cannot be opened");
  std::string text;
  char part[4096];
  while (true) {
    const ssize_t n = ::read(opened.get(), part, sizeof(part));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(file, "cannot be read");
    if (n == 0) return text;
    text.append(part, static_cast<std::size_t>(n));
    if (text.size() > bytes_max) {
      return fail(Errc::too_large,
                  file.string() + ": has over " + std::to_string(bytes_max) + " bytes");
    }
  }
}

}  // namespace subnetd::plugin
