// SPDX-License-Identifier: 0BSD
#include "cli/input_text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace subnetd::cli {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, Close>;

Result<File> open_text(const std::string& file) {
  if (file == "-") return File(stdin);
  File opened(std::fopen(file.c_str(), "rbe"));
  if (!opened) return fail(Errc::not_found, file + ": " + std::strerror(errno));
  return opened;
}

// False at the end of the file.
Result<bool> read_chunk(std::FILE* file, const std::string& name, std::string& chunk) {
  chunk.resize(chunk_bytes);
  const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file);
  if (got == 0 && std::ferror(file) != 0) {
    return fail(Errc::io, name + ": " + std::strerror(errno));
  }
  chunk.resize(got);
  return got != 0;
}

}  // namespace

Result<void> each_line(const std::string& file, std::size_t bytes_max,
                       const std::function<Result<void>(std::string_view, std::size_t)>& each) {
  SUBNETD_TRY(const File opened, open_text(file));
  std::string chunk, rest;
  std::size_t number = 0;
  const auto give = [&](std::string_view line) -> Result<void> {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() <= bytes_max) return each(line, number);
    return fail(Errc::too_large, file + ":" + std::to_string(number) + ": over " +
                                     std::to_string(bytes_max) + " bytes");
  };
  while (true) {
    SUBNETD_TRY(const bool more, read_chunk(opened.get(), file, chunk));
    if (!more) break;
    std::string_view left = chunk;
    for (std::size_t end = left.find('\n'); end != left.npos; end = left.find('\n')) {
      rest += left.substr(0, end);
      left.remove_prefix(end + 1);
      SUBNETD_CHECK(give(rest));
      rest.clear();
    }
    rest += left;
    if (rest.size() > bytes_max + 1) SUBNETD_CHECK(give(rest));
  }
  if (!rest.empty()) SUBNETD_CHECK(give(rest));
  return {};
}

Result<std::string> whole_text(const std::string& file, std::size_t bytes_max) {
  SUBNETD_TRY(const File opened, open_text(file));
  std::string chunk, text;
  while (true) {
    SUBNETD_TRY(const bool more, read_chunk(opened.get(), file, chunk));
    if (!more) return text;
    text += chunk;
    if (text.size() > bytes_max) {
      return fail(Errc::too_large, file + " is over " + std::to_string(bytes_max) + " bytes");
    }
  }
}

}  // namespace subnetd::cli
