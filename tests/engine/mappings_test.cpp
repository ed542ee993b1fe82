// SPDX-License-Identifier: 0BSD
// What operators say that a namespace is.
#include <gtest/gtest.h>

#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

struct Mapped : ::testing::Test {
  Subnet net;

  std::string type_of(std::string_view id) {
    return net.state.type_name(net.state.columns.type[net.state.find_miner(id)]);
  }
  void miner(std::string id, std::string name_space) {
    NodeRecord r = Subnet::miner_record(std::move(id));
    r.name_space = std::move(name_space);
    net.add(std::move(r), Role::miner).value();
  }
  // The detectors say of everybody that is asked about again what they say of `again`.
  Result<Answer> unmap(std::string pattern, std::string again = "chat") {
    UnmapNamespace in{std::move(pattern), {}};
    Detection said;
    said.model_type = std::move(again);
    said.confidence_ppm = 700'000;
    said.detector = "acme.words/words";
    for (const std::uint32_t m : miners_mapped_by(net.state, in.pattern)) in.detections[m] = said;
    return net.give(std::move(in));
  }
  Result<Answer> map(std::string pattern, std::string type) {
    return net.give(MapNamespace{std::move(pattern), std::move(type)});
  }
};

TEST_F(Mapped, AMappingComesBeforeEveryDetector) {
  map("acme/*", "embedding").value();
  miner("m1", "acme/chat");
  EXPECT_EQ(type_of("m1"), "embedding");
  EXPECT_EQ(net.m("m1").confidence_ppm, ppm_one);
  EXPECT_EQ(net.state.detectors.at(net.m("m1").detector), "mapping");
}

TEST_F(Mapped, AMappingRetypesWhoIsHereAlready) {
  miner("m1", "acme/one");
  miner("m2", "other/one");
  const std::uint32_t v = net.validator("v");
  const std::uint32_t m = net.state.find_miner("m1");
  net.match(m, v);
  net.ask("m1");
  map("acme/*", "embedding").value();
  EXPECT_EQ(type_of("m1"), "embedding");
  EXPECT_EQ(type_of("m2"), "chat");
  EXPECT_EQ(net.state.current(m, 0), none);
  EXPECT_TRUE(net.state.open.empty());
}

TEST_F(Mapped, TheSameTypeByMappingChangesTheSourceAndKeepsTheMatch) {
  miner("m1", "acme/one");
  const std::uint32_t v = net.validator("v");
  net.match(net.state.find_miner("m1"), v);
  map("acme/one", "chat").value();
  EXPECT_EQ(net.v("v").load, 1u);
  EXPECT_EQ(net.state.detectors.at(net.m("m1").detector), "mapping");
  map("acme/one", "chat").value();
  EXPECT_EQ(net.last_facts, 0u) << "what stands already is not stored again";
}

TEST_F(Mapped, ExactBeatsGlobWhicheverCameFirst) {
  map("acme/one", "embedding").value();
  map("acme/*", "image_classification").value();
  miner("m1", "acme/one");
  EXPECT_EQ(type_of("m1"), "embedding");
  map("acme/on?", "chat").value();
  EXPECT_EQ(type_of("m1"), "embedding");
}

TEST_F(Mapped, TheLongestGlobWinsAndOfEqualsTheFirst) {
  map("ac*", "chat").value();
  map("acme/*", "embedding").value();
  miner("m1", "acme/one");
  EXPECT_EQ(type_of("m1"), "embedding");
  map("acm?/o*", "image_classification").value();
  EXPECT_EQ(type_of("m1"), "image_classification");
  map("a?me/o*", "chat").value();
  EXPECT_EQ(type_of("m1"), "image_classification") << "as long, but later";
  miner("m2", "acme/one");
  EXPECT_EQ(type_of("m2"), "image_classification");
}

TEST_F(Mapped, AMappingMayChangeItsMind) {
  miner("m1", "acme/one");
  map("acme/*", "embedding").value();
  map("acme/*", "chat").value();
  EXPECT_EQ(type_of("m1"), "chat");
  EXPECT_EQ(net.state.mappings.size(), 1u);
}

TEST_F(Mapped, WhatAMappingDecidedIsDetectedAgainWhenItGoes) {
  miner("m1", "acme/one");
  miner("m2", "other/one");
  map("acme/*", "embedding").value();
  net.match(net.state.find_miner("m1"), net.validator("v"));
  unmap("acme/*").value();
  EXPECT_EQ(type_of("m1"), "chat");
  EXPECT_EQ(net.m("m1").confidence_ppm, 700'000u);
  EXPECT_EQ(net.state.detectors.at(net.m("m1").detector), "acme.words/words");
  EXPECT_EQ(net.state.current(net.state.find_miner("m1"), 0), none) << "it is of another type";
  EXPECT_TRUE(net.state.mappings.empty());
  EXPECT_EQ(net.last_facts, 2u) << "m2 was never mapped";
}

// A daemon fills the detections in; these say `types` of the miners that are asked about.
struct Redetected : Mapped {
  Result<Answer> redetect(Redetect in, const std::string& type) {
    Detection said;
    said.model_type = type;
    said.confidence_ppm = type == "unknown" ? 0 : 600'000;
    said.detector = type == "unknown" ? "" : "acme.words/words";
    for (const std::uint32_t m : miners_asked_again(net.state, in)) in.detections[m] = said;
    return net.give(std::move(in));
  }
};

TEST_F(Redetected, AMinerIsOfTheTypeThatDetectorsSayNowAndIsMatchedAnew) {
  miner("m1", "acme/one");
  miner("m2", "acme/two");
  const std::uint32_t m = net.state.find_miner("m1");
  net.match(m, net.validator("v"));
  net.ask("m1");
  const Answer answer = redetect({.miner = "m1"}, "embedding").value();
  EXPECT_EQ(answer.looked_at, 1u);
  EXPECT_EQ(answer.retyped, 1u);
  EXPECT_EQ(answer.next, 0u);
  EXPECT_EQ(type_of("m1"), "embedding");
  EXPECT_EQ(type_of("m2"), "chat") << "nobody asked about it";
  EXPECT_EQ(net.state.current(m, 0), none);
  EXPECT_TRUE(net.state.open.empty());
  EXPECT_EQ(redetect({.miner = "m1"}, "embedding").value().retyped, 0u);
  EXPECT_EQ(net.last_facts, 0u) << "what stands already is not stored again";
}

TEST_F(Redetected, AMappingStillComesFirst) {
  map("acme/*", "embedding").value();
  miner("m1", "acme/one");
  const Answer answer = redetect({}, "image_classification").value();
  EXPECT_EQ(answer.looked_at, 1u);
  EXPECT_EQ(answer.retyped, 0u);
  EXPECT_EQ(type_of("m1"), "embedding");
  EXPECT_EQ(net.state.detectors.at(net.m("m1").detector), "mapping");
}

TEST_F(Redetected, WhomNobodyKnowsAnyMoreIsUnknown) {
  miner("m1", "acme/one");
  EXPECT_EQ(redetect({}, "unknown").value().retyped, 1u);
  EXPECT_EQ(type_of("m1"), "unknown");
}

TEST_F(Redetected, AllAreAskedAboutPieceByPiece) {
  constexpr std::uint32_t miners = limits::redetect_slots + 2;
  for (std::uint32_t i = 0; i < miners; ++i) miner("m" + std::to_string(i), "acme/one");
  net.give(Remove{Role::miner, "m3"}).value();
  const Answer first = redetect({}, "embedding").value();
  EXPECT_EQ(first.looked_at, limits::redetect_slots - 1);
  EXPECT_EQ(first.next, limits::redetect_slots);
  EXPECT_EQ(type_of("m4097"), "chat");
  const Answer rest = redetect({.from = first.next}, "embedding").value();
  EXPECT_EQ(rest.looked_at, 2u);
  EXPECT_EQ(rest.next, 0u);
  EXPECT_EQ(type_of("m4097"), "embedding");
}

TEST_F(Redetected, NothingIsTakenBackBecauseADetectorIsSilent) {
  miner("m1", "acme/one");
  const auto refused = redetect({.miner = "m1", .silent = "acme.words/words"}, "unknown");
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_EQ(type_of("m1"), "chat");
  EXPECT_EQ(redetect({.miner = "nobody"}, "chat").error().code, Errc::not_found);
}

TEST_F(Mapped, TheNextBestMappingTakesOver) {
  map("acme/*", "embedding").value();
  map("acme/o*", "image_classification").value();
  map("acme/one", "chat").value();
  miner("m1", "acme/one");
  miner("m2", "acme/two");
  unmap("acme/one", "embedding").value();
  EXPECT_EQ(type_of("m1"), "image_classification");
  unmap("acme/o*", "chat").value();
  EXPECT_EQ(type_of("m1"), "embedding");
  EXPECT_EQ(type_of("m2"), "embedding");
}

TEST_F(Mapped, OneThatDecidedNobodyGoesWithoutATrace) {
  map("acme/*", "embedding").value();
  map("acme/one", "chat").value();
  miner("m1", "acme/one");
  unmap("acme/*", "image_classification").value();
  EXPECT_EQ(net.last_facts, 1u);
  EXPECT_EQ(type_of("m1"), "chat");
}

TEST_F(Mapped, WithoutAnOpinionTheTypeIsUnknown) {
  map("acme/*", "embedding").value();
  miner("m1", "acme/one");
  miner("m2", "acme/two");
  const std::uint32_t m2 = net.state.find_miner("m2");
  net.give(UnmapNamespace{"acme/*", {{m2, {.model_type = "caht"}}}}).value();
  EXPECT_EQ(type_of("m1"), "unknown");
  EXPECT_EQ(net.m("m1").confidence_ppm, 0u);
  EXPECT_EQ(type_of("m2"), "unknown") << "no type that is known";
}

TEST_F(Mapped, OnlyWhatIsMappedIsTakenBack) {
  map("acme/*", "embedding").value();
  EXPECT_EQ(unmap("acme/one").error().code, Errc::not_found);
  unmap("acme/*").value();
  EXPECT_EQ(unmap("acme/*").error().code, Errc::not_found);
}

TEST_F(Mapped, OnlyDeclaredTypesAreMappedTo) {
  const auto answer = map("acme/*", "caht");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::refused);
  EXPECT_EQ(answer.error().hint, "did you mean \"chat\"?");
}

TEST_F(Mapped, APatternHasItsLimits) {
  EXPECT_EQ(map("", "chat").error().code, Errc::malformed);
  EXPECT_EQ(map("\xff", "chat").error().code, Errc::malformed);
  EXPECT_EQ(map(std::string(limits::pattern_bytes_max + 1, 'a'), "chat").error().code,
            Errc::malformed);
  EXPECT_TRUE(map(std::string(limits::pattern_bytes_max, 'a'), "chat"));
}

TEST_F(Mapped, MappingsAreBounded) {
  for (std::size_t i = 0; i < limits::mappings_max; ++i) {
    const std::string pattern = std::to_string(i);
    net.state.mappings.emplace(pattern, Mapping{pattern, 1, i});
  }
  EXPECT_EQ(map("one more", "chat").error().code, Errc::refused);
  EXPECT_TRUE(map("7", "chat")) << "one that exists may change";
}

// What find_mapping is defined to be.
const Mapping* by_looking_at_all(const State& s, std::string_view name) {
  const Mapping* best = nullptr;
  for (const auto& [pattern, mapping] : s.mappings) {
    if (pattern == name) return &mapping;
    if (pattern.find_first_of("*?") == pattern.npos || !glob_match(pattern, name)) continue;
    if (best == nullptr || pattern.size() > best->pattern.size() ||
        (pattern.size() == best->pattern.size() && mapping.order < best->order)) {
      best = &mapping;
    }
  }
  return best;
}

TEST(Mappings, AreFoundAsByLookingAtAllOfThem) {
  std::uint64_t draw = 1;
  const auto text = [&draw](std::string_view letters, std::size_t bytes_max) {
    std::string out;
    for (std::size_t i = 0, n = 1 + (draw >> 33) % bytes_max; i < n; ++i) {
      draw = draw * 6364136223846793005ull + 1442695040888963407ull;
      out += letters[(draw >> 33) % letters.size()];
    }
    return out;
  };
  for (int round = 0; round < 60; ++round) {
    State s;
    for (std::uint64_t i = 0; i < 120; ++i) {
      const std::string pattern = text("ab\xff*?", 8);
      s.mappings.emplace(pattern, Mapping{pattern, 1, i});
    }
    for (int i = 0; i < 120; ++i) {
      const std::string name = text("ab\xff*?", 10);
      const Mapping* best = find_mapping(s, name);
      EXPECT_EQ(best, by_looking_at_all(s, name)) << name;
      if (best == nullptr) continue;
      State less = s;
      less.mappings.erase(best->pattern);
      const Mapping* next = find_mapping(s, name, best);
      const Mapping* expected = by_looking_at_all(less, name);
      ASSERT_EQ(next == nullptr, expected == nullptr) << name;
      if (next == nullptr) continue;
      EXPECT_EQ(next->pattern, expected->pattern) << name;
    }
  }
}

TEST(Mappings, AHundredThousandGlobsHardlySlowALookUpDown) {
  State s;
  for (std::uint64_t i = 0; i < limits::mappings_max; ++i) {
    const std::string number = std::to_string(i);
    const std::string pattern = i % 2 == 0 ? "vendor" + number + "/*" : "*/model-" + number + "-?*";
    s.mappings.emplace(pattern, Mapping{pattern, 1, i});
  }
  // Looking at all of them would be ten thousand million comparisons.
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = "someone/model-" + std::to_string(2 * i + 1) + "-x";
    const Mapping* found = find_mapping(s, name);
    ASSERT_NE(found, nullptr) << name;
    ASSERT_EQ(found->pattern, "*/model-" + std::to_string(2 * i + 1) + "-?*");
  }
}

TEST(Mappings, HostileGlobsTakeBoundedTime) {
  State s;
  std::uint64_t order = 0;
  for (int i = 0; i < 1'000; ++i) {
    std::string pattern;
    for (int bit = 0; bit < 10; ++bit) pattern += (i >> bit & 1) != 0 ? "a*" : "?*";
    pattern += "b" + std::to_string(i);
    s.mappings.emplace(pattern, Mapping{pattern, 1, order++});
  }
  EXPECT_EQ(find_mapping(s, std::string(128, 'a')), nullptr);
}

TEST(Glob, StarsMatchAnyRunAndQuestionMarksOneByte) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a*c", "abbbc"));
  EXPECT_TRUE(glob_match("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(glob_match("a?c**", "abc"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("a*c", "abcd"));
  EXPECT_FALSE(glob_match("abc", "ab"));
  EXPECT_FALSE(glob_match("", "a"));
}

TEST(Glob, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(128, 'a')));
}

}  // namespace
}  // namespace subnetd::engine::testing
