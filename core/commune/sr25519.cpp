// SPDX-License-Identifier: 0BSD
#include "commune/sr25519.hpp"

#include <decaf.h>
#include <sodium.h>

#include "commune/transcript.hpp"

namespace subnetd::commune {

namespace {

using Scalar = std::array<std::uint8_t, 32>;
using Wide = std::array<std::uint8_t, 64>;
using Point = std::array<std::uint8_t, 32>;

constexpr std::uint8_t marker = 0x80;  // of byte 63: schnorrkel, not ed25519

// L = 2^252 + 27742317777372353535851937790883648493, little endian.
constexpr Scalar group_order{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                             0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                             0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

bool is_canonical(std::span<const std::uint8_t, 32> scalar) {
  for (std::size_t i = scalar.size(); i-- > 0;) {
    if (scalar[i] != group_order[i]) return scalar[i] < group_order[i];
  }
  return false;
}

// Everything that is the same for every message, done once.
Transcript begin_signature(const PublicKey& key, Bytes message) {
  static const Transcript context = [] {
    Transcript transcript("SigningContext");
    transcript.append("", bytes_of("substrate"));
    return transcript;
  }();
  Transcript transcript = context;
  transcript.append("sign-bytes", message);
  transcript.append("proto-name", bytes_of("Schnorr-sig"));
  transcript.append("sign:pk", key);
  return transcript;
}

Scalar challenge_of(Transcript& transcript, std::span<const std::uint8_t, 32> commitment) {
  transcript.append("sign:R", commitment);
  Wide wide;
  transcript.challenge("sign:c", wide);
  Scalar scalar;
  crypto_core_ristretto255_scalar_reduce(scalar.data(), wide.data());
  return scalar;
}

}  // namespace

bool sr25519_valid_key(const PublicKey& key) {
  decaf_255_point_t point;
  return decaf_255_point_decode(point, key.data(), DECAF_FALSE) == DECAF_SUCCESS;
}

bool sr25519_verify(const PublicKey& key, Bytes message, const Signature& signature) {
  if ((signature[63] & marker) == 0) return false;
  Scalar last;
  std::copy_n(signature.begin() + 32, last.size(), last.begin());
  last[31] &= static_cast<std::uint8_t>(~marker);
  // Both fail for what is not canonical, the first for the identity too.
  decaf_255_point_t public_point;
  decaf_255_scalar_t s, k;
  if (decaf_255_point_decode(public_point, key.data(), DECAF_FALSE) != DECAF_SUCCESS ||
      decaf_255_scalar_decode(s, last.data()) != DECAF_SUCCESS) {
    return false;
  }
  Transcript transcript = begin_signature(key, message);
  const std::span<const std::uint8_t, 32> commitment(signature.data(), 32);
  const Scalar challenge = challenge_of(transcript, commitment);
  if (decaf_255_scalar_decode(k, challenge.data()) != DECAF_SUCCESS) return false;
  decaf_255_scalar_sub(k, decaf_255_scalar_zero, k);

  // Nothing here is secret, so time may vary.
  decaf_255_point_t sum;
  decaf_255_base_double_scalarmul_non_secret(sum, s, public_point, k);
  Point expected;
  decaf_255_point_encode(expected.data(), sum);
  return std::equal(expected.begin(), expected.end(), commitment.begin());
}

Signature sr25519_sign(const Sr25519Secret& secret, const PublicKey& key, Bytes message,
                       std::span<const std::uint8_t, 32> random) {
  Transcript transcript = begin_signature(key, message);
  Secret<64> wide;
  transcript.witness("signing", secret.span().last<32>(), random, wide.span());
  Secret<32> r;
  crypto_core_ristretto255_scalar_reduce(r.data(), wide.data());

  Signature signature{};
  (void)crypto_scalarmult_ristretto255_base(signature.data(), r.data());
  const Scalar k =
      challenge_of(transcript, std::span<const std::uint8_t, 32>(signature.data(), 32));
  Secret<32> product;
  crypto_core_ristretto255_scalar_mul(product.data(), k.data(), secret.data());
  crypto_core_ristretto255_scalar_add(signature.data() + 32, product.data(), r.data());
  signature[63] |= marker;
  return signature;
}

Sr25519Secret sr25519_expand(const MiniSecret& mini) {
  Sr25519Secret secret;
  crypto_hash_sha512(secret.data(), mini.data(), 32);
  std::uint8_t* scalar = secret.data();
  scalar[0] &= 248;
  scalar[31] &= 63;
  scalar[31] |= 64;
  for (int i = 0; i < 32; ++i) {  // divided by the cofactor
    const unsigned above = i < 31 ? scalar[i + 1] : 0u;
    scalar[i] = static_cast<std::uint8_t>(scalar[i] >> 3 | above << 5);
  }
  return secret;
}

Result<PublicKey> sr25519_public(const Sr25519Secret& secret) {
  PublicKey key;
  if (!is_canonical(secret.span().first<32>()) ||
      crypto_scalarmult_ristretto255_base(key.data(), secret.data()) != 0) {
    return fail(Errc::malformed, "not an sr25519 secret key: its scalar is not canonical");
  }
  return key;
}

MiniSecret sr25519_derive_hard(const Sr25519Secret& secret,
                               std::span<const std::uint8_t, 32> chain_code) {
  Transcript transcript("SchnorrRistrettoHDKD");
  transcript.append("sign-bytes", {});
  transcript.append("chain-code", chain_code);
  transcript.append("secret-key", secret.span().first<32>());
  MiniSecret child;
  transcript.challenge("HDKD-hard", child.span());
  return child;
}

Sr25519Secret sr25519_derive_soft(const Sr25519Secret& secret, const PublicKey& key,
                                  std::span<const std::uint8_t, 32> chain_code,
                                  std::span<const std::uint8_t, 32> random) {
  Transcript transcript("SchnorrRistrettoHDKD");
  transcript.append("sign-bytes", {});
  transcript.append("chain-code", chain_code);
  transcript.append("public-key", key);
  Wide wide;  // public: whoever has the key can compute it
  transcript.challenge("HDKD-scalar", wide);
  Scalar step;
  crypto_core_ristretto255_scalar_reduce(step.data(), wide.data());
  Sr25519Secret child;
  crypto_core_ristretto255_scalar_add(child.data(), secret.data(), step.data());
  std::copy(random.begin(), random.end(), child.data() + 32);
  return child;
}

}  // namespace subnetd::commune
