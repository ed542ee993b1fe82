// SPDX-License-Identifier: 0BSD
// Merlin transcripts over STROBE-128 and keccak-f[1600], as far as sr25519 needs them.
// https://merlin.cool, https://strobe.sourceforge.io/specs. Pure: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "commune/bytes.hpp"

namespace subnetd::commune {

void keccak_f1600(std::array<std::uint64_t, 25>& lanes);

class Transcript {
 public:
  explicit Transcript(std::string_view label);
  Transcript(const Transcript&) = default;
  Transcript& operator=(const Transcript&) = default;
  ~Transcript();  // wiped: a witness' state is as secret as its key

  void append(std::string_view label, Bytes message);
  void challenge(std::string_view label, std::span<std::uint8_t> out);
  // Bytes that depend on the transcript so far, on a secret and on fresh randomness; the
  // transcript itself stays as it is.
  void witness(std::string_view label, Bytes secret, std::span<const std::uint8_t, 32> random,
               std::span<std::uint8_t> out) const;

 private:
  void begin(std::uint8_t flags);
  void absorb(Bytes bytes);
  void overwrite(Bytes bytes);
  void squeeze(std::span<std::uint8_t> out);
  void run_f();
  void meta_ad(std::string_view label, std::size_t length);
  std::uint8_t* state() { return reinterpret_cast<std::uint8_t*>(lanes_.data()); }

  std::array<std::uint64_t, 25> lanes_{};  // little endian, as the host is
  std::uint8_t position_ = 0;
  std::uint8_t begun_at_ = 0;
};

}  // namespace subnetd::commune
