// SPDX-License-Identifier: 0BSD
#include "commune/transcript.hpp"

#include <gtest/gtest.h>

#include "commune/vectors.hpp"

namespace subnetd::commune {
namespace {

TEST(Keccak, PermutesTheZeroState) {
  const json::Value all = vectors("sr25519-vectors.json");
  for (const json::Value& each : all.at("keccak_f1600_zero_state_after").as_array()) {
    std::array<std::uint64_t, 25> lanes{};
    for (std::int64_t i = 0; i < each.at("permutations").as_int64(); ++i) keccak_f1600(lanes);
    const Bytes state(reinterpret_cast<const std::uint8_t*>(lanes.data()), sizeof lanes);
    EXPECT_EQ(hex_encode(state), text_of(each, "state"));
  }
}

TEST(Transcript, GivesTheRecordedChallenges) {
  const json::Value all = vectors("sr25519-vectors.json");
  int checked = 0;
  for (const json::Value& each : all.at("merlin_transcripts").as_array()) {
    if (!each.at("output").is_string()) continue;  // the long one is the next test
    const json::Array& ops = each.at("ops").as_array();
    Transcript transcript(std::string_view(ops[0].at(1).as_string()));
    for (const json::Value& op : ops) {
      const std::string label(op.at(1).as_string());
      if (op.at(0).as_string() == "append") {
        transcript.append(label, hex_decode(std::string(op.at(2).as_string())).value());
      } else if (op.at(0).as_string() == "challenge") {
        std::vector<std::uint8_t> out(static_cast<std::size_t>(op.at(2).as_int64()));
        transcript.challenge(label, out);
        EXPECT_EQ(hex_encode(out), text_of(each, "output"));
        ++checked;
      }
    }
  }
  EXPECT_GE(checked, 2);
}

TEST(Transcript, HoldsOverManyBlocks) {
  const json::Value all = vectors("sr25519-vectors.json");
  const json::Value& recorded = all.at("merlin_transcripts").as_array().at(2);
  Transcript transcript("test protocol");
  transcript.append("step1", bytes_of("some data"));
  const std::vector<std::uint8_t> big(1024, 0x63);
  for (const json::Value& expected : recorded.at("output").as_array()) {
    std::array<std::uint8_t, 32> challenge;
    transcript.challenge("challenge", challenge);
    EXPECT_EQ(hex_encode(challenge), std::string(expected.as_string()));
    transcript.append("bigdata", big);
    transcript.append("challengedata", challenge);
  }
}

}  // namespace
}  // namespace subnetd::commune
