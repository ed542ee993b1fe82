// SPDX-License-Identifier: 0BSD
#include "journal/columns.hpp"

#include <zstd.h>

#include <memory>

namespace subnetd::journal {
namespace {

// zstd's best case is a run: some 4 bytes for a block of 128 KiB.
constexpr std::uint64_t expansion_max = 40'000;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

std::string compress(std::string_view bytes, int level) {
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
  out.resize(ZSTD_isError(size) != 0 ? 0 : size);  // empty is no frame: reading it is refused
  return out;
}

std::uint64_t packed_bytes(std::string_view frame) {
  return ZSTD_getFrameContentSize(frame.data(), frame.size());
}

Result<void> decompress(std::string_view frame, std::uint64_t bytes, std::string& out) {
  const auto corrupt = [&](const std::string& why) {
    return fail(Errc::corrupt, "zstd frame of " + std::to_string(frame.size()) + " bytes: " + why);
  };
  if (bytes / expansion_max > frame.size()) {
    return corrupt("cannot hold " + std::to_string(bytes) + " bytes");
  }
  if (packed_bytes(frame) != bytes) {
    return corrupt("does not hold " + std::to_string(bytes) + " bytes");
  }
  out.resize(bytes);
  const std::size_t size = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0) return corrupt(ZSTD_getErrorName(size));
  if (size != bytes) return corrupt("ends early");
  return {};
}

}  // namespace subnetd::journal
