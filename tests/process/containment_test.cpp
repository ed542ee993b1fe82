// SPDX-License-Identifier: 0BSD
// A plugin in the daemon's own process ends it: the next start knows which it was, holds it back,
// serves, and has lost nothing that was acknowledged.
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

constexpr int refused = 3;

void expect_in(const std::string& text, const std::string& words) {
  EXPECT_NE(text.find(words), std::string::npos) << "\"" << words << "\" is not in:\n" << text;
}

// A sanitizer's handler comes after the daemon's, and ends the process in its own way.
void expect_fall(const End& is, const End& wanted) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  EXPECT_NE(is, (End{0, 0})) << wanted;
#else
  EXPECT_EQ(is, wanted);
#endif
}

class Containment : public testing::Test {
 protected:
  std::string copy(const std::string& from, const std::string& name) {
    std::filesystem::create_directory(folder_.file("plugins"));
    return folder_.write("plugins/" + name + ".sbn.so",
                         cli::slurp(from + "/" + name + ".sbn.so"));
  }
  std::string animal(const std::string& name) { return copy(ZOO_DIR, name); }
  std::string fixture(const std::string& name) { return copy(FIXTURE_DIR, name); }
  // Keys before any table first.
  std::string config(const std::string& tables, const std::string& keys = {}) {
    const std::string toml =
        keys + "plugins.search = [\"" + std::string(SUBNETD_BINARY_DIR) + "/plugins\", \"" +
        folder_.file("plugins") + "\"]\nplugins.isolation = \"inproc\"\nplugins.lock = \"" +
        folder_.file("plugins.lock") + "\"\n";
    return folder_.write("subnetd.toml", quiet_toml(folder_, toml) + tables);
  }
  std::string detector_first(const std::string& name) {
    return "[[detector]]\nuse = \"zoo." + name + "/" + name +
           "\"\n[[detector]]\nuse = \"patterns\"\n";
  }
  json::Object plugin(Daemon& daemon, const std::string& id) {
    Client client(daemon.port());
    return process::plugin(client, id);
  }
  Answer register_miner(Daemon& daemon, const std::string& id) {
    Client client(daemon.port());
    return client.try_call("POST", "/api/v1/miners",
                           miner_body(id, "my-llama-3", "http://1.1.1.1:80"))
        .value_or(Answer{});
  }

  Scratch folder_;
};

struct Fall {
  const char* animal;
  End end;
  const char* reason;
};

void PrintTo(const Fall& fall, std::ostream* out) { *out << fall.animal; }

class Falls : public Containment, public testing::WithParamInterface<Fall> {};

TEST_P(Falls, InADetectorIsNamedAndTheNextStartServesWithoutIt) {
  const auto& [name, end, reason] = GetParam();
  animal("honest");
  animal(name);
  {
    Daemon before(config(detector_first("honest")));
    ASSERT_TRUE(before.is_serving()) << before.log();
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(register_miner(before, "m" + std::to_string(i)).status, 201);
    }
    before.signal(SIGTERM);
    before.wait();
  }
  const std::string file = config(detector_first(name));
  {
    Daemon daemon(file);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    EXPECT_EQ(register_miner(daemon, "last").status, 0);
    expect_fall(daemon.wait(), end);
  }
  Daemon after(file);
  ASSERT_TRUE(after.is_serving()) << after.log();
  expect_in(after.log(), "\"event\":\"plugin.quarantined\"");
  expect_in(after.log(), reason);
  expect_in(after.log(), "subnetd plugin trust " + folder_.file("plugins/"));
  const json::Object shown = plugin(after, "zoo." + std::string(name) + "/" + name);
  EXPECT_EQ(text_of(shown, "state"), "quarantined");
  expect_in(text_of(shown, "reason"), reason);
  Client client(after.port());
  EXPECT_EQ(client.list("/api/v1/miners").size(), 20u);
  expect_in(client.get("/api/v1/subnet").text, "\"plugins_quarantined\":[\"zoo.");
  expect_in(client.get("/metrics").text, "subnetd_plugins_quarantined 1");
  // The next detector of the chain answers.
  const Answer fresh = register_miner(after, "last");
  EXPECT_EQ(fresh.status, 201);
  EXPECT_EQ(fresh.at("detector"), "subnetd.patterns/patterns");
}

INSTANTIATE_TEST_SUITE_P(
    OfEachKind, Falls,
    testing::Values(
        Fall{"crashes", {-1, SIGSEGV}, "crashed the daemon with SIGSEGV during detect (at 0x"},
        Fall{"stack_overflow", {-1, SIGSEGV}, "crashed the daemon with SIGSEGV during detect"},
        Fall{"aborts", {-1, SIGABRT}, "crashed the daemon with SIGABRT during detect"},
        Fall{"divides_by_zero", {-1, SIGFPE}, "crashed the daemon with SIGFPE during detect"},
        Fall{"illegal_instruction", {-1, SIGILL}, "crashed the daemon with SIGILL during detect"},
        Fall{"exits", {1, 0}, "ended the daemon with exit() during detect"}));

TEST_F(Containment, AFallWhileLoadingIsHeldAtTheNextStart) {
  animal("crash_at_load");
  const std::string file = config("");
  EXPECT_NE(cli::subnetd({"run", "--config", file}).exit_code, 0);
  Daemon after(file);
  ASSERT_TRUE(after.is_serving()) << after.log();
  expect_in(after.log(), "crashed the daemon with SIGSEGV during its loading");
  EXPECT_EQ(text_of(plugin(after, "zoo.crash_at_load"), "state"), "quarantined");
}

TEST_F(Containment, AThreadThatAPluginLeftBehindIsTracedByItsStack) {
  animal("aborts_later");
  const std::string file = config(detector_first("aborts_later"));
  {
    Daemon daemon(file);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    EXPECT_EQ(register_miner(daemon, "m").status, 201);
    expect_fall(daemon.wait(), {-1, SIGABRT});
  }
  Daemon after(file);
  ASSERT_TRUE(after.is_serving()) << after.log();
  expect_in(after.log(), "crashed the daemon with SIGABRT (its code was on the stack");
  EXPECT_EQ(Client(after.port()).list("/api/v1/miners").size(), 1u);
}

TEST_F(Containment, WhoeverKillsTheDaemonInTheMiddleOfACreateIsNotForgotten) {
  animal("slow_create");
  const std::string file = config(detector_first("slow_create"));
  {
    Daemon daemon(file);
    ASSERT_TRUE(eventually([&] {
      std::string marks;
      std::error_code ec;
      for (const auto& each :
           std::filesystem::directory_iterator(folder_.file("j.db.plugins/loading"), ec)) {
        marks += cli::slurp(each.path());
      }
      return marks.find("create of zoo.slow_create/slow_create") != marks.npos;
    }));
    daemon.kill();
  }
  Daemon after(file);
  ASSERT_TRUE(after.is_serving()) << after.log();
  expect_in(after.log(), "the daemon ended during create of zoo.slow_create/slow_create");
}

TEST_F(Containment, AnOrderlyOrAKilledLifeLeavesNoQuarantine) {
  animal("honest");
  const std::string file = config(detector_first("honest"));
  {
    Daemon daemon(file);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    daemon.kill();
  }
  Daemon after(file);
  ASSERT_TRUE(after.is_serving()) << after.log();
  EXPECT_EQ(text_of(plugin(after, "zoo.honest/honest"), "state"), "active");
  EXPECT_EQ(text_of(plugin(after, "zoo.honest/honest"), "trust"), "unpinned");
}

TEST_F(Containment, TrustLetsItRunAgain) {
  const std::string file = animal("honest");
  const std::string toml = config(detector_first("honest"));
  const std::string sha256 = quarantine(folder_, file);
  {
    Daemon daemon(toml);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    EXPECT_EQ(text_of(plugin(daemon, "zoo.honest/honest"), "reason"), "it fell");
  }
  const Transcript list = cli::subnetd({"plugin", "list", "--config", toml});
  expect_in(list.out, "quarantined");
  EXPECT_EQ(cli::subnetd({"plugin", "info", file, "--config", toml}).exit_code, refused);
  const Transcript trust = cli::subnetd({"plugin", "trust", sha256, "--config", toml});
  EXPECT_EQ(trust.exit_code, 0) << trust.err;
  expect_in(trust.out, "quarantine_lifted\ttrue");
  Daemon daemon(toml);
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  EXPECT_EQ(text_of(plugin(daemon, "zoo.honest/honest"), "state"), "active");
  EXPECT_EQ(text_of(plugin(daemon, "zoo.honest/honest"), "trust"), "pinned");
}

// One of each kind in quarantine: the daemon serves, and each kind's fallback is taken.
TEST_F(Containment, EachKindHasItsFallback) {
  const std::string toml =
      config("[[detector]]\nuse = \"fixture.good_detector/good_detector\"\n"
             "[[detector]]\nuse = \"patterns\"\n"
             "[[validator]]\nuse = \"fixture.good_validator/good_validator\"\n",
             "matcher.use = \"good_matcher\"\n"
             "emission.use = \"fixture.good_emission/good_emission\"\n");
  for (const char* kind : {"detector", "matcher", "validator", "emission"}) {
    quarantine(folder_, fixture("good_" + std::string(kind)));
  }
  Daemon daemon(toml);
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  EXPECT_EQ(register_miner(daemon, "m").at("detector"), "subnetd.patterns/patterns");
  ASSERT_EQ(client.post("/api/v1/validators",
                        validator_body("v", "\"*\"", "http://1.1.1.1:81")).status, 201);
  EXPECT_TRUE(eventually([&] {
    return client.get("/api/v1/miners/m").text.find("\"validator\":\"v\"") != std::string::npos;
  }));
  const Answer judged = client.post("/api/v1/miners/m/validate", "{}");
  EXPECT_NE(judged.at("outcome"), "scored") << judged.text;
  EXPECT_EQ(client.get("/api/v1/miners/m").at("score_ppm"), "null");
  client.post("/api/v1/epochs/close", "{}");
  EXPECT_TRUE(eventually([&] {
    return client.get("/api/v1/subnet").text.find("\"held\":true") != std::string::npos;
  })) << client.get("/api/v1/subnet").text;
  expect_in(client.get("/api/v1/subnet").text, "it fell");
}

TEST_F(Containment, SafeModeRunsWhatCameWithTheDaemonAndNoOther) {
  animal("crash_at_load");
  const std::string file = config(detector_first("crash_at_load"));
  Daemon daemon(file, {"--safe-mode"});
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  const json::Object shown = plugin(daemon, "zoo.crash_at_load/crash_at_load");
  EXPECT_EQ(text_of(shown, "state"), "disabled");
  expect_in(text_of(shown, "reason"), "safe mode runs built-in plugins only");
  EXPECT_EQ(register_miner(daemon, "m").at("detector"), "subnetd.patterns/patterns");
}

TEST_F(Containment, AMappingToATypeOfAHeldDetectorWaitsWithIt) {
  animal("crash_at_load");
  const std::string file = config(detector_first("crash_at_load") +
                                  "[[namespace]]\nmodel_type = \"speech\"\npatterns = [\"x\"]\n");
  Daemon daemon(file, {"--safe-mode"});
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  expect_in(daemon.log(), "\"event\":\"namespace.left_out\"");
}

TEST_F(Containment, ProductionRunsPinnedPluginsOnly) {
  const std::string plugin_file = animal("honest");
  const std::string toml =
      config("[[detector]]\nuse = \"zoo.honest/honest\"\n", "profile = \"production\"\n");
  const Transcript refusal = cli::subnetd({"run", "--config", toml});
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, "subnetd plugin trust " + plugin_file);
  const Transcript lock = cli::subnetd({"plugin", "lock", "--config", toml});
  ASSERT_EQ(lock.exit_code, 0) << lock.err;
  expect_in(lock.out, "added\tzoo.honest\t1.0.0");
  expect_in(cli::slurp(folder_.file("plugins.lock")), "\"kinds\":[\"detector\"]");
  {
    Daemon daemon(toml);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    EXPECT_EQ(text_of(plugin(daemon, "zoo.honest/honest"), "trust"), "pinned");
    EXPECT_EQ(text_of(plugin(daemon, "subnetd.balanced/balanced"), "trust"), "built-in");
  }
  // Somebody puts another file in its place.
  folder_.write("plugins/honest.sbn.so", cli::slurp(plugin_file) + "x");
  const Transcript changed = cli::subnetd({"run", "--config", toml});
  EXPECT_EQ(changed.exit_code, refused);
  expect_in(changed.err, "another version: inspect it");
}

TEST_F(Containment, KeysThatAreNoKeysAreConfiguration) {
  const Transcript refusal =
      cli::subnetd({"run", "--config", config("", "plugins.keys = [\"nokey\"]\n")});
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, "[plugins] keys: \"nokey\" is no ed25519 public key");
}

TEST_F(Containment, TwoDaemonsDoNotShareTheirRecords) {
  Daemon first(quiet_config(folder_));
  ASSERT_TRUE(first.is_serving()) << first.log();
  const std::string other = folder_.write(
      "other.toml", "http.listen = \"127.0.0.1:0\"\njournal.path = \"" + folder_.file("k.db") +
                        "\"\nplugins.state = \"" + folder_.file("j.db.plugins") + "\"\n");
  const Transcript second = cli::subnetd({"run", "--config", other});
  EXPECT_EQ(second.exit_code, refused);
  expect_in(second.err, "[plugins] state: " + folder_.file("j.db.plugins") + " is in use");
}

}  // namespace
}  // namespace subnetd::process
