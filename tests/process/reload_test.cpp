// SPDX-License-Identifier: 0BSD
// A daemon that reads its file anew: other plugins and settings serve from the end of the epoch on,
// nothing is lost between, and whatever fails leaves all as it was.
#include <future>
#include <set>

#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

class Reload : public testing::Test {
 protected:
  Reload() {
    std::filesystem::create_directory(folder_.file("plugins"));
    install(NAMES_1);
    write();
  }
  // Keys before any table, then tables.
  void write(const std::string& keys = {}, const std::string& tables = {}) {
    folder_.write("subnetd.toml",
                  quiet_toml(folder_, keys + "prober.allow_private = true\n"
                                             "plugins.search = [\"" SUBNETD_BINARY_DIR
                                             "/plugins\", \"" +
                                          folder_.file("plugins") + "\"]\nplugins.lock = \"" +
                                          folder_.file("plugins.lock") + "\"\n") +
                      (tables.empty() ? detectors() : tables));
  }
  static std::string detectors() {
    return "[[detector]]\nuse = \"test.names/names\"\n[[detector]]\nuse = \"patterns\"\n";
  }
  // As an installer does: beside it, then in its place.
  void install(const std::string& file) {
    std::filesystem::copy_file(file, folder_.file("new"));
    std::filesystem::rename(folder_.file("new"), folder_.file("plugins/names.sbn.so"));
  }
  Answer ask(Daemon& daemon, const std::string& body = "{}") {
    return Client(daemon.port()).post("/api/v1/plugins/reload", body);
  }
  std::string state(Daemon& daemon) {
    return Client(daemon.port()).get("/api/v1/plugins/reload").at("state");
  }
  std::string version(Daemon& daemon) {
    Client client(daemon.port());
    return text_of(plugin(client, "test.names/names"), "version");
  }
  // What a miner of that name is taken for.
  std::string type_of(Daemon& daemon, const std::string& name) {
    const Answer put =
        Client(daemon.port())
            .post("/api/v1/miners", miner_body("m-" + std::to_string(number_++), name,
                                               "http://127.0.0.1:9"));
    EXPECT_EQ(put.status, 201) << put.text;
    return put.at("model_type");
  }
  void close_epoch(Daemon& daemon) { Client(daemon.port()).post("/api/v1/epochs/close", ""); }
  static std::size_t count_of(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) ++count;
    return count;
  }
  std::string toml() const { return folder_.file("subnetd.toml"); }

  Scratch folder_;
  int number_ = 0;
};

TEST_F(Reload, ANewVersionServesFromTheEndOfTheEpochOn) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  EXPECT_EQ(type_of(daemon, "weather-1"), "weather");
  EXPECT_EQ(type_of(daemon, "tides-1"), "unknown");
  install(NAMES_2);
  const Answer staged = ask(daemon);
  EXPECT_EQ(staged.status, 200) << staged.text;
  EXPECT_EQ(staged.at("state"), "staged");
  EXPECT_EQ(version(daemon), "1.0.0");
  EXPECT_EQ(type_of(daemon, "tides-2"), "unknown");
  close_epoch(daemon);
  ASSERT_TRUE(eventually([&] { return state(daemon) == "done"; })) << daemon.log();
  ASSERT_TRUE(eventually([&] { return version(daemon) == "2.0.0"; }));
  EXPECT_EQ(type_of(daemon, "tides-3"), "tides");
  EXPECT_EQ(type_of(daemon, "weather-2"), "weather");
  EXPECT_EQ(type_of(daemon, "my-llama-3"), "chat");
}

TEST_F(Reload, AHangupReloadsAndATypeOfTheNewVersionIsKnown) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  install(NAMES_2);
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.has_logged("reload.staged"));
  const std::string mapping = R"({"pattern":"sea","model_type":"tides"})";
  EXPECT_EQ(Client(daemon.port()).post("/api/v1/namespaces", mapping).status, 422);
  close_epoch(daemon);
  ASSERT_TRUE(daemon.has_logged("reload.done"));
  EXPECT_EQ(Client(daemon.port()).post("/api/v1/namespaces", mapping).status, 200);
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), (End{128 + SIGTERM, 0}));
  Daemon again(toml());  // its journal holds a start in the middle of a life
  ASSERT_TRUE(again.is_serving()) << again.log();
  EXPECT_EQ(type_of(again, "sea"), "tides");
}

TEST_F(Reload, SettingsAndMappingsChangeWithoutAPluginToo) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  write("emission.budget_nano = 77\nvalidation.misses_max = 9\n",
        detectors() + "[[namespace]]\nmodel_type = \"embedding\"\npatterns = [\"mine\"]\n");
  const Answer now = ask(daemon, R"({"now":true})");
  ASSERT_EQ(now.status, 200) << now.text;
  EXPECT_EQ(now.at("state"), "done");
  EXPECT_NE(now.text.find("\"emission.budget_nano\""), std::string::npos) << now.text;
  EXPECT_NE(now.text.find("\"validation.misses_max\""), std::string::npos) << now.text;
  EXPECT_TRUE(eventually([&] { return type_of(daemon, "mine") == "embedding"; }));
  close_epoch(daemon);
  EXPECT_TRUE(eventually([&] {
    return Client(daemon.port()).get("/api/v1/epochs/1").at("budget_nano") == "77";
  }));
}

// Rules that changed say nothing of who is registered until an operator has them asked again.
TEST_F(Reload, NewRulesRetypeWhoIsRegisteredWhenTheOperatorRedetects) {
  const auto type = [](Daemon& daemon, const std::string& id) {
    return Client(daemon.port()).get("/api/v1/miners/" + id).at("model_type");
  };
  const auto redetect = [](Daemon& daemon, std::vector<std::string> words) {
    words.insert(words.begin(), {"miner", "redetect"});
    words.insert(words.end(), {"--url", daemon.url(), "--output", "json"});
    return cli::subnetd(words);
  };
  {
    Daemon daemon(toml());
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    Client client(daemon.port());
    client.post("/api/v1/validators", validator_body("v", "\"embedding\"", "http://127.0.0.1:9"));
    for (const std::string id : {"zorp-1", "zorp-2", "llama"}) {
      client.post("/api/v1/miners", miner_body(id, id, "http://127.0.0.1:9"));
    }
    ASSERT_EQ(type(daemon, "zorp-1"), "unknown");
    write({}, detectors() + "[[detector.settings.rules]]\ntype = \"embedding\"\n"
                            "patterns = [\"zorp\"]\n");
    daemon.signal(SIGHUP);
    ASSERT_TRUE(daemon.has_logged("reload.staged"));
    close_epoch(daemon);
    ASSERT_TRUE(daemon.has_logged("reload.done")) << daemon.log();
    EXPECT_EQ(type(daemon, "zorp-1"), "unknown") << "nobody has asked yet";
    EXPECT_EQ(redetect(daemon, {}).exit_code, 2) << "of which?";
    EXPECT_NE(redetect(daemon, {"nobody"}).err.find("no miner \"nobody\""), std::string::npos);
    const Transcript one = redetect(daemon, {"zorp-1"});
    EXPECT_EQ(one.exit_code, 0) << one.err;
    EXPECT_EQ(one.out, "{\"looked_at\":1,\"retyped\":1}\n");
    EXPECT_EQ(type(daemon, "zorp-1"), "embedding");
    EXPECT_EQ(type(daemon, "zorp-2"), "unknown");
    EXPECT_EQ(redetect(daemon, {"--all"}).out, "{\"looked_at\":3,\"retyped\":1}\n");
    EXPECT_EQ(type(daemon, "llama"), "chat");
    EXPECT_TRUE(eventually([&] {
      return client.get("/api/v1/matches?miner=zorp-2").at("items.0.validator") == "v";
    }));
    EXPECT_EQ(daemon.kill().signal, SIGKILL);
  }
  Daemon again(toml());
  ASSERT_TRUE(again.is_serving()) << again.log();
  for (const char* id : {"zorp-1", "zorp-2"}) EXPECT_EQ(type(again, id), "embedding");
  EXPECT_EQ(redetect(again, {"--all"}).out, "{\"looked_at\":3,\"retyped\":0}\n");
}

TEST_F(Reload, ARedetectionTakesNothingBackWhileADetectorMayNotRun) {
  {
    Daemon daemon(toml());
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    EXPECT_EQ(type_of(daemon, "weather-1"), "weather");
  }
  Daemon daemon(toml(), {"--safe-mode"});
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  const Answer refused = Client(daemon.port()).post("/api/v1/miners/redetect", "{}");
  EXPECT_EQ(refused.status, 503) << refused.text;
  EXPECT_NE(refused.text.find("detector test.names/names does not answer"), std::string::npos)
      << refused.text;
  EXPECT_EQ(Client(daemon.port()).get("/api/v1/miners/m-0").at("model_type"), "weather");
}

TEST_F(Reload, WhatCannotFollowIsNamedAndStaysAsItWas) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  write("subnet.name = \"another\"\n");
  const Answer now = ask(daemon, R"({"now":true})");
  ASSERT_EQ(now.status, 200) << now.text;
  EXPECT_NE(now.text.find(R"("need_restart":["subnet.name"])"), std::string::npos) << now.text;
  EXPECT_NE(Client(daemon.port()).get("/api/v1/subnet").at("name"), "another");
  EXPECT_TRUE(daemon.has_logged("reload.needs_restart"));
}

// What the next reload compares with is what serves, not what the file says.
TEST_F(Reload, WhatCannotFollowIsNamedAtEachReload) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  write("subnet.name = \"another\"\nauth.operator_token = \"s3cret\"\n");
  for (int i = 0; i < 2; ++i) {
    const Answer now = ask(daemon, R"({"now":true})");
    EXPECT_NE(now.text.find(R"("need_restart":["subnet.name","auth.operator_token"])"),
              std::string::npos)
        << now.text;
  }
  write();
  EXPECT_NE(ask(daemon, R"({"now":true})").text.find(R"("need_restart":[])"), std::string::npos);
}

TEST_F(Reload, ManyAtOnceAllEndWithoutTheEpochsEnd) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  install(NAMES_2);
  // Meanwhile no turn ends: some of them stand by when the first is let in.
  auto yawn = std::async(std::launch::async, [&] { return type_of(daemon, "yawn"); });
  std::vector<std::future<std::string>> asked;
  for (int i = 0; i < 8; ++i) {
    asked.push_back(std::async(std::launch::async, [port = daemon.port()] {
      return Client(port).post("/api/v1/plugins/reload", R"({"now":true})").at("state");
    }));
  }
  std::multiset<std::string> ends;
  for (auto& each : asked) ends.insert(each.get());
  EXPECT_EQ(yawn.get(), "unknown");
  EXPECT_GE(ends.count("done"), 2u);
  EXPECT_EQ(ends.count("done") + ends.count("replaced"), 8u);
  EXPECT_TRUE(eventually([&] { return version(daemon) == "2.0.0"; }));
  EXPECT_EQ(state(daemon), "done");
  Client client(daemon.port());
  EXPECT_NE(client.get("/metrics").text.find("subnetd_reloads_total{result=\"done\"} " +
                                             std::to_string(ends.count("done"))),
            std::string::npos);
  EXPECT_EQ(client.get("/api/v1/subnet").at("reload"), "done");
}

TEST_F(Reload, TheLevelOfTheLogAndTheRulesOfTheWeightsFollow) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  close_epoch(daemon);
  ASSERT_TRUE(eventually([&] {
    return Client(daemon.port()).get("/api/v1/epochs/1").at("weights.chain") == "commune";
  }));
  write("log.level = \"error\"\nemission.weights = \"bittensor\"\n");
  const Answer now = ask(daemon, R"({"now":true})");
  EXPECT_NE(now.text.find(R"("changed":["emission.weights","log.level"])"), std::string::npos)
      << now.text;
  EXPECT_EQ(Client(daemon.port()).get("/api/v1/epochs/1").at("weights.chain"), "bittensor");
  const auto staged = [&] { return count_of(daemon.log(), "reload.staged"); };
  const std::size_t before = staged();
  EXPECT_EQ(before, 1u);
  EXPECT_EQ(ask(daemon, R"({"now":true})").at("state"), "done");
  EXPECT_EQ(staged(), before);
}

TEST_F(Reload, AFileInQuarantineTakesNobodysPlace) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  const std::string sha256 = quarantine(folder_, NAMES_2);
  install(NAMES_2);
  const Answer refused = ask(daemon, R"({"now":true})");
  EXPECT_EQ(refused.status, 422) << refused.text;
  EXPECT_NE(refused.text.find("it fell"), std::string::npos) << refused.text;
  EXPECT_EQ(version(daemon), "1.0.0");
  EXPECT_NE(Client(daemon.port()).get("/metrics").text.find(
                "subnetd_reloads_total{result=\"failed\"} 1"),
            std::string::npos);
  const cli::Transcript trust = cli::subnetd({"plugin", "trust", sha256, "--config", toml()});
  ASSERT_EQ(trust.exit_code, 0) << trust.err;
  EXPECT_EQ(ask(daemon, R"({"now":true})").at("state"), "done");
  EXPECT_EQ(type_of(daemon, "tides-1"), "tides");
}

// Pinned is the one version alone.
TEST_F(Reload, InProductionAFileThatIsNotPinnedTakesNobodysPlace) {
  write("profile = \"production\"\n");
  const auto pin = [&] {
    return cli::subnetd({"plugin", "lock", "--config", toml()}).exit_code;
  };
  ASSERT_EQ(pin(), 0);
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  EXPECT_EQ(type_of(daemon, "weather-1"), "weather");
  install(NAMES_2);
  const Answer refused = ask(daemon, R"({"now":true})");
  EXPECT_EQ(refused.status, 422) << refused.text;
  EXPECT_NE(refused.text.find("names.sbn.so"), std::string::npos) << refused.text;
  EXPECT_EQ(type_of(daemon, "weather-2"), "weather");
  ASSERT_EQ(pin(), 0);
  EXPECT_EQ(ask(daemon, R"({"now":true})").at("state"), "done");
  EXPECT_EQ(type_of(daemon, "tides-1"), "tides");
}

TEST_F(Reload, AFileThatIsNoGoodLeavesTheOldOneServing) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  folder_.write("plugins/names.sbn.so", "no plugin");
  const Answer refused = ask(daemon);
  EXPECT_EQ(refused.status, 422) << refused.text;
  EXPECT_NE(refused.text.find("names.sbn.so"), std::string::npos) << refused.text;
  EXPECT_EQ(state(daemon), "failed");
  folder_.write("subnetd.toml", "[matcher]\nredundency = 2\n");
  const Answer wrong = ask(daemon, R"({"now":true})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_NE(wrong.text.find("did you mean"), std::string::npos) << wrong.text;
  close_epoch(daemon);
  EXPECT_EQ(type_of(daemon, "weather-1"), "weather");
  EXPECT_EQ(version(daemon), "1.0.0");
}

TEST_F(Reload, ASecondOneTakesThePlaceOfTheFirst) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  install(NAMES_2);
  EXPECT_EQ(ask(daemon).at("state"), "staged");
  install(NAMES_1);
  EXPECT_EQ(ask(daemon).at("state"), "staged");
  close_epoch(daemon);
  ASSERT_TRUE(eventually([&] { return state(daemon) == "done"; })) << daemon.log();
  EXPECT_EQ(type_of(daemon, "tides-1"), "unknown");
}

TEST_F(Reload, TheShadowCountsWhatTheNewPluginsSayOtherwise) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  for (const char* name : {"tides-1", "tides-2", "weather-1"}) type_of(daemon, name);
  install(NAMES_2);
  const Answer staged = ask(daemon, R"({"shadow":true})");
  ASSERT_EQ(staged.status, 200) << staged.text;
  EXPECT_EQ(staged.at("shadow.miners"), "3");
  EXPECT_EQ(staged.at("shadow.types_changed"), "2");
  EXPECT_EQ(staged.at("shadow.moves"), "0");
  EXPECT_EQ(staged.at("shadow.paid_changed"), "0");
}

TEST_F(Reload, ARequestUnderWayEndsWithTheValidatorItBeganWith) {
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  std::promise<void> released;
  RoughNode node;
  node.behave([held = released.get_future().share()](net::tcp::socket& socket) {
    held.wait();
    answering(R"({"score":0.5})")(socket);
  });
  Client client(daemon.port());
  client.post("/api/v1/validators", validator_body("v", "\"weather\"", node.endpoint()));
  ASSERT_EQ(type_of(daemon, "weather-1"), "weather");
  std::thread asking([port = daemon.port()] {
    const Answer ended = Client(port).post("/api/v1/miners/m-0/validate", "{}");
    EXPECT_EQ(ended.at("score_ppm"), "500000") << ended.text;
    EXPECT_EQ(ended.at("request_id").substr(0, 2), "1-") << ended.text;
  });
  EXPECT_TRUE(eventually([&] { return node.connections() == 1; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(daemon, R"({"now":true})").at("state"), "done");
  released.set_value();
  asking.join();
}

TEST_F(Reload, IsTheOperators) {
  write("auth.operator_token = \"s3cret\"\n");
  Daemon daemon(toml());
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  EXPECT_EQ(ask(daemon).status, 401);
  EXPECT_EQ(Client(daemon.port(), "s3cret").post("/api/v1/plugins/reload", "{}").status, 200);
  EXPECT_EQ(Client(daemon.port(), "s3cret").post("/api/v1/plugins/reload", R"({"nwo":1})").status,
            400);
  const cli::Transcript said = cli::subnetd(
      {"plugin", "reload", "--now", "--url", daemon.url(), "--output", "json"}, {},
      {"SUBNETD_TOKEN=s3cret"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("\"done\""), std::string::npos) << said.out;
}

}  // namespace
}  // namespace subnetd::process
