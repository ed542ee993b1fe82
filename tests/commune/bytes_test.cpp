// SPDX-License-Identifier: 0BSD
#include "commune/bytes.hpp"

#include <gtest/gtest.h>

namespace subnetd::commune {
namespace {

TEST(Hex, TakesEitherCaseAndWritesLower) {
  const auto bytes = hex_array<4>("00aBFf9C");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(hex_encode(*bytes), "00abff9c");
}

TEST(Hex, RefusesWhatIsNotExactlyThatManyDigits) {
  for (const char* text : {"", "00abff9", "00abff9c0", "00abff9c00", "0x00abff", "00abff9g",
                           " 0abff9c", "00abff9\n", "00abff9-"}) {
    EXPECT_FALSE(hex_array<4>(text)) << text;
  }
  EXPECT_FALSE(hex_decode("abc"));
  EXPECT_TRUE(hex_decode("")->empty());
}

TEST(Secret, IsEmptyAfterItMoved) {
  Secret<4> secret(std::array<std::uint8_t, 4>{1, 2, 3, 4});
  const Secret<4> taken = std::move(secret);
  EXPECT_EQ(hex_encode(taken.span()), "01020304");
  EXPECT_EQ(hex_encode(secret.span()), "00000000");
}

TEST(Scheme, IsReadByNameAndByNumber) {
  EXPECT_EQ(parse_scheme("sr25519").value(), Scheme::sr25519);
  EXPECT_EQ(parse_scheme("0").value(), Scheme::ed25519);
  EXPECT_FALSE(parse_scheme("ecdsa"));
}

}  // namespace
}  // namespace subnetd::commune
