// SPDX-License-Identifier: 0BSD
#include "commune/sr25519.hpp"

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
  return !sodium_is_zero(key.data(), key.size()) &&
         crypto_core_ristretto255_is_valid_point(key.data()) == 1;
}

bool sr25519_verify(const PublicKey& key, Bytes message, const Signature& signature) {
  if ((signature[63] & marker) == 0) return false;
  Scalar s;
  std::copy_n(signature.begin() + 32, s.size(), s.begin());
  s[31] &= static_cast<std::uint8_t>(~marker);
  if (!is_canonical(s)) return false;
  if (sodium_is_zero(key.data(), key.size())) return false;

  Transcript transcript = begin_signature(key, message);
  const std::span<const std::uint8_t, 32> commitment(signature.data(), 32);
  const Scalar k = challenge_of(transcript, commitment);

  // Fails for what is not a canonical point; k = 0 cannot be brought about.
  Point key_times_k;
  if (crypto_scalarmult_ristretto255(key_times_k.data(), k.data(), key.data()) != 0) return false;
  // Says -1 for the identity (s = 0) too, and has written it then: 32 zero bytes.
  Point base_times_s;
  (void)crypto_scalarmult_ristretto255_base(base_times_s.data(), s.data());
  Point expected;
  if (crypto_core_ristretto255_sub(expected.data(), base_times_s.data(), key_times_k.data()) != 0) {
    return false;
  }
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
