// SPDX-License-Identifier: 0BSD
// An operator's word on what a namespace is: from the file and by API, before every detector, until
// it is taken back.
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

constexpr const char* mapped = R"(prober.allow_private = true
[[namespace]]
model_type = "embedding"
patterns = ["acme/*", "other/exact"]
)";

std::string type_of(Client& client, const std::string& id) {
  return client.get("/api/v1/miners/" + id).at("model_type");
}

TEST(Mappings, OfTheFileComeBeforeDetectorsAndAreTakenBackByApi) {
  const Scratch folder;
  Daemon daemon(quiet_config(folder, mapped));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  client.post("/api/v1/miners", miner_body("m1", "acme/llama-3", "http://127.0.0.1:9"));
  client.post("/api/v1/miners", miner_body("m2", "other/llama-3", "http://127.0.0.1:9"));
  EXPECT_EQ(type_of(client, "m1"), "embedding");
  EXPECT_EQ(type_of(client, "m2"), "chat");
  const std::string by_hand = R"({"pattern":"acme/l*","model_type":"diffusion"})";
  EXPECT_EQ(client.post("/api/v1/namespaces", by_hand).status, 200);
  EXPECT_EQ(type_of(client, "m1"), "diffusion") << "the longer glob";
  EXPECT_EQ(client.call("DELETE", "/api/v1/namespaces/acme%2Fl%2A", "").status, 204);
  EXPECT_EQ(type_of(client, "m1"), "embedding") << "the shorter one is left";
  const Transcript removed =
      cli::subnetd({"namespace", "remove", "acme/*", "--url", daemon.url()});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_EQ(type_of(client, "m1"), "chat") << "the detectors are asked again";
  EXPECT_EQ(client.get("/api/v1/miners/m1").at("detector"), "subnetd.patterns/patterns");
}

TEST(Mappings, OfBothKindsAreThereAfterARestart) {
  const Scratch folder;
  const std::string config = quiet_config(folder, mapped);
  std::string before;
  {
    Daemon daemon(config);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    Client client(daemon.port());
    const std::string by_hand = R"({"pattern":"hand/*","model_type":"chat"})";
    EXPECT_EQ(client.post("/api/v1/namespaces", by_hand).status, 200);
    client.call("DELETE", "/api/v1/namespaces/other%2Fexact", "");
    before = client.get("/api/v1/namespaces").text;
    EXPECT_EQ(before.find("other/exact"), before.npos);
    EXPECT_EQ(daemon.kill().signal, SIGKILL);
  }
  Daemon again(config);
  ASSERT_TRUE(again.is_serving()) << again.log();
  const std::string after = Client(again.port()).get("/api/v1/namespaces").text;
  EXPECT_NE(after.find("hand/*"), after.npos) << after;
  EXPECT_NE(after.find("acme/*"), after.npos) << after;
  EXPECT_NE(after.find("other/exact"), after.npos) << "the file says it at every start";
}

TEST(Mappings, OfATypeThatNoDetectorAnswersKeepTheDaemonFromStarting) {
  const Scratch folder;
  const std::string config = quiet_config(folder, "[[namespace]]\nmodel_type = \"caht\"\n"
                                                  "patterns = [\"a\"]\n");
  Daemon daemon(config);
  EXPECT_EQ(daemon.wait(), (End{3, 0}));
  EXPECT_NE(daemon.log().find("[[namespace]] \"a\": model type \"caht\""), std::string::npos)
      << daemon.log();
  EXPECT_NE(daemon.log().find("did you mean \"chat\"?"), std::string::npos);
  const Transcript checked = cli::subnetd({"check", "--config", config});
  EXPECT_EQ(checked.exit_code, 3);
  EXPECT_NE(checked.err.find("[[namespace]] model_type: no detector answers \"caht\"; did you "
                             "mean \"chat\"?"),
            std::string::npos)
      << checked.err;
}

}  // namespace
}  // namespace subnetd::process
