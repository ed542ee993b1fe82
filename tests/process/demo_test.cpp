// SPDX-License-Identifier: 0BSD
// `subnetd demo`: one command, one whole story, and numbers that hold together.
#include <algorithm>
#include <map>
#include <sstream>

#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

// The rows of a table of the story, in order.
using Tables = std::map<std::string, std::vector<json::Object>>;

Tables tables_of(const std::string& lines) {
  Tables tables;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const auto row = json::parse(line, 1 << 20);
    EXPECT_TRUE(row) << line;
    if (row) tables[text_of(row->get_object(), "table")].push_back(row->get_object());
  }
  return tables;
}

TEST(Demo, TellsOfBalanceALossAFlagAndAnEpochThatPaysAll) {
  const Transcript demo = cli::subnetd({"demo", "--output", "jsonl"});
  ASSERT_EQ(demo.exit_code, 0) << demo.err;
  Tables tables = tables_of(demo.out);

  std::map<std::string, int> load;
  for (const json::Object& match : tables["matches"]) ++load[text_of(match, "validator")];
  EXPECT_EQ(load.size(), 4u) << "a validator has no miner, or a miner no validator";
  EXPECT_FALSE(load.contains(""));

  std::map<std::string, std::string> status;
  for (const json::Object& score : tables["scores"]) {
    status[text_of(score, "quality")] = text_of(score, "status");
  }
  EXPECT_EQ(status["good"], "active");
  EXPECT_EQ(status["lying"], "flagged");
  EXPECT_EQ(status["garbage"], "flagged");
  EXPECT_EQ(status["dead"], "inactive");

  EXPECT_FALSE(tables["moved"].empty());
  for (const json::Object& move : tables["moved"]) {
    EXPECT_EQ(text_of(move, "from"), "v-one");
    EXPECT_NE(text_of(move, "to"), "");
  }

  std::uint64_t paid = 0;
  for (const json::Object& row : tables["emissions"]) {
    const std::uint64_t nano = number_of(row, "amount_nano");
    paid += nano;
    EXPECT_EQ(nano > 0, text_of(row, "quality") == "good" || text_of(row, "quality") == "slow")
        << json::serialize(row);
  }
  ASSERT_EQ(tables["budget"].size(), 1u);
  const json::Object& budget = tables["budget"][0];
  EXPECT_EQ(paid, number_of(budget, "paid_nano"));
  EXPECT_EQ(paid + number_of(budget, "founder_nano") + number_of(budget, "dust_nano") +
                number_of(budget, "unallocated_nano"),
            number_of(budget, "budget_nano"));
  EXPECT_FALSE(tables["why"].empty());
}

// Of four validators one alone knows images: their miners' second copy waits.
TEST(Demo, FollowsTwoCopiesOfAMiner) {
  const cli::Scratch scratch;
  const std::string file = scratch.write("demo.toml", "matcher.redundancy = 2\n");
  const Transcript demo = cli::subnetd({"demo", "--config", file, "--output", "jsonl"});
  ASSERT_EQ(demo.exit_code, 0) << demo.err;
  Tables tables = tables_of(demo.out);
  for (const json::Object& match : tables["matches"]) {
    EXPECT_NE(text_of(match, "validator"), "") << text_of(match, "miner");
  }
  const auto& moved = tables["moved"];
  EXPECT_TRUE(std::any_of(moved.begin(), moved.end(), [](const json::Object& move) {
    return text_of(move, "from") == "v-one" && !text_of(move, "to").empty();
  }));
}

}  // namespace
}  // namespace subnetd::process
