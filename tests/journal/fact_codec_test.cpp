// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <set>

#include "domain/limits.hpp"
#include "journal/columns.hpp"
#include "journal/fact_codec.hpp"
#include "journal/samples.hpp"
#include "journal/vector_file.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;
using engine::Fact;

StoredFact stored(const Fact& fact) {
  StoredFact out;
  encode(fact, out);
  return out;
}

TEST(FactCodec, DecodesWhatItEncoded) {
  for (const auto& [name, fact] : samples()) {
    if (std::holds_alternative<engine::Verdict>(fact.body)) continue;
    const StoredFact text = stored(fact);
    const auto back = decode(text.json, text.blob);
    ASSERT_TRUE(back) << name << ": " << back.error().message;
    EXPECT_EQ(*back, fact) << name << ": " << text.json.substr(0, 400);
  }
}

TEST(FactCodec, DecodesVerdictRowsItPacked) {
  for (const auto& [name, fact] : samples()) {
    const auto* verdict = std::get_if<engine::Verdict>(&fact.body);
    if (verdict == nullptr) continue;
    const VerdictRow row = to_row(*verdict, fact.now_ms, 77, fact.now_ms - 5);
    const auto back = from_row(row, 77, fact.now_ms - 5);
    ASSERT_TRUE(back) << name << ": " << back.error().message;
    EXPECT_EQ(*back, fact) << name;
  }
}

TEST(FactCodec, KeepsTextUnderTheCapAndColumnsAbove) {
  for (const auto& [name, fact] : samples()) {
    if (std::holds_alternative<engine::Verdict>(fact.body)) continue;
    const StoredFact text = stored(fact);
    EXPECT_LE(text.json.size(), limits::fact_json_bytes_max) << name;
    const bool large = name.ends_with(".columns") || name.ends_with(".packed");
    EXPECT_EQ(!text.blob.empty(), large) << name;
  }
}

TEST(FactCodec, RefusesALaterVersionNamingBoth) {
  const auto fact = decode(R"({"v":6,"k":"rebalancing","t":1})", "");
  ASSERT_FALSE(fact);
  EXPECT_EQ(fact.error().code, Errc::config);
  EXPECT_NE(fact.error().message.find("version 6"), std::string::npos) << fact.error().message;
  EXPECT_NE(fact.error().message.find("version 5"), std::string::npos) << fact.error().message;
}

TEST(FactCodec, RefusesAnUnknownKindByName) {
  const auto fact = decode(R"({"v":1,"k":"node_sold","t":1})", "");
  ASSERT_FALSE(fact);
  EXPECT_EQ(fact.error().code, Errc::config);
  EXPECT_NE(fact.error().message.find("node_sold"), std::string::npos) << fact.error().message;
}

TEST(FactCodec, RefusesBytesThatAreNotWhatWasWritten) {
  const std::vector<std::string> broken{
      "",
      "{",
      "[]",
      R"({"v":1,"k":"due","t":1})",
      R"({"v":1,"k":"due","t":1,"to_ms":5,"seed":"00"})",
      R"({"v":1,"k":"owed","t":1,"miner":4294967296,"seed":""})",
      R"({"v":1,"k":"node_removed","t":1,"role":"king","slot":1})",
      R"({"v":1,"k":"node_removed","t":1,"role":"miner","slot":1,"why":2})",
      R"({"v":1,"k":"matched","t":1,"moves":[[1,2,3]]})",
      R"({"v":1,"k":"matched","t":1,"form":"columns","rows":18446744073709551615})",
      R"({"v":1,"k":"matched","t":1,"form":"columns","rows":1000000000})",
      R"({"v":1,"k":"epoch_held","t":1,"epoch":1,"reason":{"hex":"0"}})",
      R"({"v":1,"k":"owed","t":1,"form":"columns","miner":1,"seed":""})",
      R"({"v":1,"k":"started","t":1,"form":"packed","bytes":12})",
      R"({"v":1,"k":"rebalancing","t":1.5})",
      R"({"v":2,"k":"epoch_stepped","t":1,"epoch":1,"dividends":[],"consensus":[],"trust":[],)"
      R"("validator_trust":[],"reports":[],"order":[1],"permit":[1],"bonds_row_at":[0,1],)"
      R"("bonds_col":[1],"bonds_val":[9]})",
  };
  for (const std::string& text : broken) {
    const auto fact = decode(text, "");
    ASSERT_FALSE(fact) << text;
    EXPECT_EQ(fact.error().code, Errc::corrupt) << text;
  }
}

TEST(FactCodec, RefusesABlobThatWasCutOrChanged) {
  const StoredFact text = stored(samples().at("matched.columns"));
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4}, text.blob.size() / 2}) {
    EXPECT_FALSE(decode(text.json, std::string_view(text.blob).substr(cut)));
    EXPECT_FALSE(decode(text.json, std::string_view(text.blob).substr(0, text.blob.size() - cut)));
  }
  std::string changed = text.blob;
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 0x10);
  EXPECT_FALSE(decode(text.json, changed));
}

TEST(FactCodec, RefusesVerdictRowsOutOfRange) {
  const VerdictRow good{1, 2, 3, 4, 0, 0};
  ASSERT_TRUE(from_row(good, 1, 0));
  for (auto field : {&VerdictRow::miner, &VerdictRow::score, &VerdictRow::fate}) {
    for (const std::int64_t value : {std::int64_t{-1}, std::int64_t{1} << 40}) {
      VerdictRow bad = good;
      bad.*field = value;
      EXPECT_FALSE(from_row(bad, 1, 0));
    }
  }
  EXPECT_FALSE(from_row({.fate = 5}, 1, 0));
}

// Facts of every released version stay readable; a zstd frame may be packed differently by another
// zstd, so blobs are compared by what they hold.
TEST(FactVectors, DecodeToTheirFactsAndEncodeToTheSameText) {
  const auto expected = samples();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(vectors_folder())) {
    const std::string file_name = entry.path().filename().string();
    const std::string name = file_name.substr(0, file_name.rfind(".v"));
    ASSERT_TRUE(expected.contains(name)) << file_name;
    const VectorFile file = read_vector(entry.path());
    ++files;
    if (is_verdict(file)) {
      const VerdictVector vector = parse_verdict(file);
      const auto fact = from_row(vector.row, vector.seq, vector.turn_ms);
      ASSERT_TRUE(fact) << file_name << ": " << fact.error().message;
      EXPECT_EQ(*fact, expected.at(name)) << file_name;
      EXPECT_EQ(to_row(std::get<engine::Verdict>(fact->body), fact->now_ms, vector.seq,
                       vector.turn_ms),
                vector.row)
          << file_name;
      continue;
    }
    const auto fact = decode(file.json, file.blob);
    ASSERT_TRUE(fact) << file_name << ": " << fact.error().message;
    EXPECT_EQ(*fact, expected.at(name)) << file_name;
    const StoredFact again = stored(*fact);
    EXPECT_EQ(again.json, file.json) << file_name;
    EXPECT_EQ(again.blob.empty(), file.blob.empty()) << file_name;
    EXPECT_EQ(decode(again.json, again.blob), fact) << file_name;
  }
  EXPECT_EQ(files, expected.size());
}

TEST(FactVectors, HoldEveryKindOfFact) {
  std::set<std::size_t> kinds;
  for (const auto& entry : std::filesystem::directory_iterator(vectors_folder())) {
    const VectorFile file = read_vector(entry.path());
    if (is_verdict(file)) {
      const VerdictVector vector = parse_verdict(file);
      kinds.insert(from_row(vector.row, vector.seq, vector.turn_ms).value().body.index());
    } else {
      kinds.insert(decode(file.json, file.blob).value().body.index());
    }
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<decltype(Fact::body)>)
      << "a kind of fact has no file in tests/vectors/facts";
}

}  // namespace
}  // namespace subnetd::journal
