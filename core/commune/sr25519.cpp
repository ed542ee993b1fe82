// SPDX-License-Identifier: 0BSD
#include "commune/sr25519.hpp"

#include <decaf.h>
#include <sodium.h>

#include "commune/point_sum.hpp"
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

// What a claim says: s B - k A = R.
struct Equation {
  decaf_255_point_t a;
  decaf_255_scalar_t s, k;
};

// False for what is not canonical, and for the identity as a key.
bool read_equation(const PublicKey& key, Bytes message, const Signature& signature,
                   Equation& out) {
  if ((signature[63] & marker) == 0) return false;
  Scalar last;
  std::copy_n(signature.begin() + 32, last.size(), last.begin());
  last[31] &= static_cast<std::uint8_t>(~marker);
  if (decaf_255_point_decode(out.a, key.data(), DECAF_FALSE) != DECAF_SUCCESS ||
      decaf_255_scalar_decode(out.s, last.data()) != DECAF_SUCCESS) {
    return false;
  }
  Transcript transcript = begin_signature(key, message);
  const Scalar challenge = challenge_of(transcript, std::span(signature).first<32>());
  return decaf_255_scalar_decode(out.k, challenge.data()) == DECAF_SUCCESS;
}

}  // namespace

bool sr25519_valid_key(const PublicKey& key) {
  decaf_255_point_t point;
  return decaf_255_point_decode(point, key.data(), DECAF_FALSE) == DECAF_SUCCESS;
}

// Nothing in it is secret, so time may vary.
bool sr25519_verify(const PublicKey& key, Bytes message, const Signature& signature) {
  Equation e;
  if (!read_equation(key, message, signature, e)) return false;
  decaf_255_scalar_sub(e.k, decaf_255_scalar_zero, e.k);
  decaf_255_point_t sum;
  decaf_255_base_double_scalarmul_non_secret(sum, e.s, e.a, e.k);
  Point expected;
  decaf_255_point_encode(expected.data(), sum);
  return std::equal(expected.begin(), expected.end(), signature.begin());
}

// One equation out of all, each times a random number that a forger cannot foresee.
bool sr25519_verify_all(std::span<const Sr25519Claim> claims) {
  if (claims.empty()) return true;
  using Weight = std::array<std::uint8_t, 16>;
  std::vector<Weight> weights(claims.size());
  randombytes_buf(weights.data(), weights.size() * sizeof(Weight));
  PointSum sum;
  sum.reserve(2 * claims.size() + 1);
  decaf_255_scalar_t of_base, z, product;
  decaf_255_scalar_copy(of_base, decaf_255_scalar_zero);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const auto& [key, message, signature] = claims[i];
    Equation e;
    decaf_255_point_t r;
    if (!read_equation(*key, message, *signature, e) ||
        decaf_255_point_decode(r, signature->data(), DECAF_TRUE) != DECAF_SUCCESS) {
      return false;
    }
    decaf_255_scalar_decode_long(z, weights[i].data(), sizeof(Weight));
    decaf_255_scalar_mul(product, z, e.s);
    decaf_255_scalar_sub(of_base, of_base, product);
    sum.add(z, r);
    decaf_255_scalar_mul(product, z, e.k);
    sum.add(product, e.a);
  }
  sum.add(of_base, decaf_255_point_base);
  return sum.is_identity();
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
