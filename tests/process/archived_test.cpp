// SPDX-License-Identifier: 0BSD
// Plugins of ABI 1.0, one of each kind, on today's daemon: in its process and in their own.
#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

class Archived : public testing::TestWithParam<const char*> {};

TEST_P(Archived, PluginsOfTheFirstMinorServeAWholeEpoch) {
  const Scratch folder;
  RoughNode miner;
  miner.behave(answering("{}"));
  Daemon daemon(quiet_config(
      folder, "prober.allow_private = true\nplugins.isolation = \"" + std::string(GetParam()) +
                  "\"\nplugins.search = [\"" ARCHIVE_1_0 "\"]\n"
                  "matcher.use = \"first_fit\"\nemission.use = \"winner\"\n"
                  "emission.budget_nano = 1000\n[[detector]]\nuse = \"speech\"\n"
                  "[[validator]]\nuse = \"one_call\"\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  ASSERT_EQ(client.post("/api/v1/validators",
                        validator_body("v", "\"audio_processing\"", miner.endpoint())).status,
            201);
  const Answer put =
      client.post("/api/v1/miners", miner_body("m", "whisper-large", miner.endpoint()));
  EXPECT_EQ(put.at("model_type"), "audio_processing") << put.text;
  EXPECT_EQ(client.post("/api/v1/miners", miner_body("n", "gpt", miner.endpoint()))
                .at("model_type"),
            "unknown");
  EXPECT_TRUE(eventually([&] {
    return client.get("/api/v1/miners/m").text.find("\"validator\":\"v\"") != std::string::npos;
  }));
  const Answer judged = client.post("/api/v1/miners/m/validate", "{}");
  EXPECT_EQ(judged.at("score_ppm"), "1000000") << judged.text;
  EXPECT_EQ(judged.at("reason"), "asked once") << judged.text;
  const Answer closed = client.post("/api/v1/epochs/close", "{}");
  const std::string path = "/api/v1/epochs/" + closed.at("epoch");
  EXPECT_TRUE(eventually([&] { return client.get(path).at("status") == "emitted"; }));
  const json::Value epoch = client.get(path).body();
  std::size_t paid = 0;
  for (const json::Value& row : epoch.at("rows").as_array()) {
    const auto amount_nano = number_of(row.get_object(), "amount_nano");
    if (amount_nano == 0) continue;
    EXPECT_EQ(text_of(row.as_object(), "id"), "m");
    EXPECT_EQ(amount_nano, 1'000u);
    ++paid;
  }
  EXPECT_EQ(paid, 1u);
}

INSTANTIATE_TEST_SUITE_P(OfTheFirstMinor, Archived, testing::Values("inproc", "process"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace subnetd::process
