// SPDX-License-Identifier: 0BSD
// Score windows, names, hashes and ppm.
#include <gtest/gtest.h>

#include "engine/state.hpp"

namespace subnetd::engine {
namespace {

TEST(ScoreWindowOf, KeepsTheLastFiveNewestFirst) {
  ScoreWindow w;
  EXPECT_EQ(w.mean(), 0u);
  for (Ppm score : {100'000u, 200'000u, 300'000u, 400'000u, 500'000u, 1'000'000u}) w.push(score);
  EXPECT_TRUE(w.full());
  const Ppm expected[] = {1'000'000, 500'000, 400'000, 300'000, 200'000};
  for (std::uint32_t age = 0; age < 5; ++age) EXPECT_EQ(w.at(age), expected[age]);
  EXPECT_EQ(w.mean(), 480'000u);
}

TEST(ScoreWindowOf, AStreakEndsAtTheFirstThatIsUnder) {
  ScoreWindow w;
  EXPECT_EQ(w.streak(0), 0u);
  for (Ppm score : {900'000u, 100'000u, 500'000u, 900'000u}) w.push(score);
  EXPECT_EQ(w.streak(500'000), 2u);
  EXPECT_EQ(w.streak(500'001), 1u);
}

TEST(ScoreWindowOf, ComesBackFromItsWords) {
  ScoreWindow w, copy;
  for (Ppm score : {1u, 2u, 3u, 4u}) w.push(score);
  copy.restore(w.words());
  EXPECT_EQ(copy.size(), 4u);
  EXPECT_EQ(copy.at(3), 1u);
}

TEST(NamesOf, NumbersFollowFirstUse) {
  Names names;
  EXPECT_EQ(names.at(0), "");
  EXPECT_EQ(names.put("a"), 1u);
  EXPECT_EQ(names.put("b"), 2u);
  EXPECT_EQ(names.put("a"), 1u);
  EXPECT_EQ(names.find("b"), 2u);
  EXPECT_EQ(names.find("c"), none);
  EXPECT_EQ(names.size(), 3u);
}

// Stored states are found again by these: they may never change.
TEST(Hash64, IsTheSameOnEveryMachine) {
  EXPECT_EQ(hash64(""), hash64("", 0));
  EXPECT_NE(hash64("a"), hash64("b"));
  EXPECT_NE(hash64("a"), hash64(std::string_view("a\0", 2)));
  EXPECT_NE(hash64("a", 1), hash64("a", 2));
  EXPECT_EQ(mix64(1), 0x5692161d100b05e5ull);
}

TEST(PpmOf, MeansRoundHalfToEven) {
  EXPECT_EQ(ppm_mean(5, 2), 2u);
  EXPECT_EQ(ppm_mean(7, 2), 4u);
  EXPECT_EQ(ppm_mean(8, 3), 3u);
  EXPECT_EQ(ppm_mean(1, 0), 0u);
}

TEST(PpmOf, FractionsOutsideAreRefused) {
  EXPECT_EQ(ppm_from_fraction(0.25), 250'000u);
  EXPECT_EQ(ppm_from_fraction(1.0), ppm_one);
  EXPECT_FALSE(ppm_from_fraction(1.0000001));
  EXPECT_FALSE(ppm_from_fraction(-0.1));
  EXPECT_FALSE(ppm_from_fraction(std::nan("")));
}

}  // namespace
}  // namespace subnetd::engine
