// SPDX-License-Identifier: 0BSD
#include "commune/transcript.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace subnetd::commune {

static_assert(std::endian::native == std::endian::little, "keccak's lanes are little endian");

namespace {

constexpr std::uint8_t rate = 166;

// STROBE's flags
constexpr std::uint8_t flag_i = 1, flag_a = 2, flag_c = 4, flag_m = 16, flag_k = 32;
constexpr std::uint8_t op_ad = flag_a;
constexpr std::uint8_t op_meta_ad = flag_m | flag_a;
constexpr std::uint8_t op_prf = flag_i | flag_a | flag_c;
constexpr std::uint8_t op_key = flag_a | flag_c;

constexpr std::array<std::uint64_t, 24> round_constants{
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// Lane i of rho-and-pi's walk: where it goes and how far it turns.
constexpr std::array<int, 24> pi_lane{10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                      15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
constexpr std::array<int, 24> rho_turn{1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                       27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

}  // namespace

void keccak_f1600(std::array<std::uint64_t, 25>& lanes) {
  std::array<std::uint64_t, 25> a = lanes;  // in registers and on the stack, not behind a pointer
  for (const std::uint64_t constant : round_constants) {
    std::array<std::uint64_t, 5> column;
#pragma GCC unroll 5
    for (int x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
    for (int x = 0; x < 5; ++x) {
      const std::uint64_t theta = column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
#pragma GCC unroll 5
      for (int y = 0; y < 25; y += 5) a[y + x] ^= theta;
    }
    std::uint64_t carried = a[1];
#pragma GCC unroll 24
    for (int i = 0; i < 24; ++i) {
      const std::uint64_t next = a[pi_lane[i]];
      a[pi_lane[i]] = std::rotl(carried, rho_turn[i]);
      carried = next;
    }
#pragma GCC unroll 5
    for (int y = 0; y < 25; y += 5) {
      const std::array<std::uint64_t, 5> row{a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
#pragma GCC unroll 5
      for (int x = 0; x < 5; ++x) a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
    a[0] ^= constant;
  }
  lanes = a;
}

Transcript::Transcript(std::string_view label) {
  constexpr std::array<std::uint8_t, 6> header{1, rate + 2, 1, 0, 1, 96};
  std::copy(header.begin(), header.end(), state());
  std::memcpy(state() + header.size(), "STROBEv1.0.2", 12);
  keccak_f1600(lanes_);
  begin(op_meta_ad);
  absorb(bytes_of("Merlin v1.0"));
  append("dom-sep", bytes_of(label));
}

Transcript::~Transcript() { wipe(lanes_.data(), sizeof lanes_); }

void Transcript::run_f() {
  state()[position_] ^= begun_at_;
  state()[position_ + 1] ^= 0x04;
  state()[rate + 1] ^= 0x80;
  keccak_f1600(lanes_);
  position_ = 0;
  begun_at_ = 0;
}

void Transcript::absorb(Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), rate - position_);
    std::uint8_t* const at = state() + position_;
    for (std::size_t i = 0; i < size; ++i) at[i] ^= bytes[i];
    bytes = bytes.subspan(size);
    position_ = static_cast<std::uint8_t>(position_ + size);
    if (position_ == rate) run_f();
  }
}

void Transcript::overwrite(Bytes bytes) {
  for (const std::uint8_t byte : bytes) {
    state()[position_] = byte;
    if (++position_ == rate) run_f();
  }
}

void Transcript::squeeze(std::span<std::uint8_t> out) {
  for (std::uint8_t& byte : out) {
    byte = state()[position_];
    state()[position_] = 0;
    if (++position_ == rate) run_f();
  }
}

void Transcript::begin(std::uint8_t flags) {
  const std::array<std::uint8_t, 2> header{begun_at_, flags};
  begun_at_ = position_ + 1;
  absorb(header);
  if ((flags & (flag_c | flag_k)) != 0 && position_ != 0) run_f();
}

// The label, and as more of the same operation the length of what it labels.
void Transcript::meta_ad(std::string_view label, std::size_t length) {
  begin(op_meta_ad);
  absorb(bytes_of(label));
  const auto n = static_cast<std::uint32_t>(length);
  const std::array<std::uint8_t, 4> little{
      static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8),
      static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 24)};
  absorb(little);
}

void Transcript::append(std::string_view label, Bytes message) {
  meta_ad(label, message.size());
  begin(op_ad);
  absorb(message);
}

void Transcript::challenge(std::string_view label, std::span<std::uint8_t> out) {
  meta_ad(label, out.size());
  begin(op_prf);
  squeeze(out);
}

void Transcript::witness(std::string_view label, Bytes secret,
                         std::span<const std::uint8_t, 32> random,
                         std::span<std::uint8_t> out) const {
  Transcript fork = *this;
  fork.meta_ad(label, secret.size());
  fork.begin(op_key);
  fork.overwrite(secret);
  fork.begin(op_meta_ad);
  fork.absorb(bytes_of("rng"));
  fork.begin(op_key);
  fork.overwrite(random);
  fork.meta_ad({}, out.size());
  fork.begin(op_prf);
  fork.squeeze(out);
}

}  // namespace subnetd::commune
