// SPDX-License-Identifier: 0BSD
#include "cli/transcript.hpp"

namespace subnetd::cli {
namespace {

TEST(Usage, PrintsHelpOnStdoutAndSucceeds) {
  const Transcript help = subnetd({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("Exit codes: 0 ok"), std::string::npos);
  EXPECT_EQ(help.err, "");
}

TEST(Usage, SuggestsTheCommandThatWasMeant) {
  const Transcript wrong = subnetd({"dtect"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.out, "");
  EXPECT_EQ(wrong.err, "subnetd: there is no command \"dtect\"\nhint: did you mean \"detect\"?\n");
  EXPECT_EQ(subnetd({"miner", "regster"}).err,
            "subnetd: there is no command \"regster\"\nhint: did you mean \"register\"?\n");
}

TEST(Usage, ShowsWhatThereIsWhenNoCommandIsNamed) {
  const Transcript alone = subnetd({});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_EQ(alone.out, "");
  EXPECT_NE(alone.err.find("Usage: subnetd [OPTIONS] SUBCOMMAND"), std::string::npos);
  EXPECT_NE(subnetd({"miner"}).err.find("Usage: subnetd miner"), std::string::npos);
}

TEST(Usage, SuggestsTheOptionThatWasMeant) {
  const Transcript wrong = subnetd({"status", "--ulr", "http://127.0.0.1:1"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.err,
            "subnetd: \"subnetd status\" has no option --ulr\nhint: did you mean \"--url\"?\n");
}

TEST(Usage, LetsTheCommandLineHaveTheLastWordOnAKey) {
  const Transcript shown =
      subnetd({"config", "show", "--output", "jsonl", "--set", "subnet.netuid=9"}, "",
              {"SUBNETD_SUBNET_NETUID=7"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find(R"({"key":"subnet.netuid","value":9,"origin":"flag"})"),
            std::string::npos);
  EXPECT_EQ(subnetd({"config", "show", "--set", "http.listn=a:1"}).exit_code, 3);
}

TEST(Usage, EndsWithTwoWhenAnOptionIsUnknownOrMissing) {
  EXPECT_EQ(subnetd({}).exit_code, 2);
  EXPECT_EQ(subnetd({"version", "--colour"}).exit_code, 2);
  EXPECT_EQ(subnetd({"match", "solve"}).exit_code, 2);
  EXPECT_EQ(subnetd({"version", "--output", "xml"}).exit_code, 2);
  EXPECT_EQ(subnetd({"miner", "update", "m1", "--url", "http://127.0.0.1:1"}).exit_code, 2);
}

TEST(Usage, PrintsTheDefaultFileThatLoadsAsItself) {
  const Transcript file = subnetd({"config", "default"});
  ASSERT_EQ(file.exit_code, 0);
  EXPECT_EQ(file.out, slurp(std::string(SUBNETD_SOURCE_DIR) + "/config/subnetd.toml"));
}

TEST(Usage, ShowsWhereEachValueComesFrom) {
  const Scratch scratch;
  const std::string file = scratch.write("a.toml", "[subnet]\nname = \"mine\"\n");
  const Transcript shown =
      subnetd({"config", "show", "--resolved", "--config", file}, "", {"SUBNETD_SUBNET_NETUID=7"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_NE(shown.out.find("name = \"mine\""), std::string::npos);
  EXPECT_NE(shown.out.find("a.toml:2"), std::string::npos);
  EXPECT_NE(shown.out.find("env SUBNETD_SUBNET_NETUID"), std::string::npos);
}

TEST(Check, NamesEveryErrorOfAFileAndEndsWithThree) {
  const Scratch scratch;
  const std::string file = scratch.write("bad.toml", "[subnt]\nname = 1\n[http]\nlisten = 7\n");
  const Transcript checked = subnetd({"check", "--config", file});
  EXPECT_EQ(checked.exit_code, 3);
  EXPECT_NE(checked.err.find("bad.toml:1"), std::string::npos);
  EXPECT_NE(checked.err.find("bad.toml:4"), std::string::npos);
  EXPECT_NE(checked.err.find("did you mean \"subnet\""), std::string::npos);
}

TEST(Check, PlacesFaultsOfFileAndPluginsAlikeAtTheLinesStart) {
  const Scratch scratch;
  const std::string file = scratch.write(
      "bad.toml", "[http]\nlistn = 1\n[matcher]\nuse = \"sed\"\n[emission.settings]\nx = 1\n");
  const Transcript checked = subnetd({"check", "--config", file});
  EXPECT_EQ(checked.exit_code, 3);
  EXPECT_TRUE(checked.err.starts_with(file + ":2:1: [http] unknown key")) << checked.err;
  EXPECT_NE(checked.err.find("\n" + file + ":4:7: [matcher]: no installed"), std::string::npos);
  EXPECT_NE(checked.err.find("\n" + file + ":5:1: [emission]: unknown setting"), std::string::npos);
}

TEST(Check, RefusesACertificateThatIsNotThere) {
  const Scratch scratch;
  const std::string file =
      scratch.write("tls.toml", "[http]\ntls_cert = \"/nowhere.pem\"\ntls_key = \"/no.pem\"\n");
  const Transcript checked = subnetd({"check", "--config", file});
  EXPECT_EQ(checked.exit_code, 3);
  EXPECT_TRUE(checked.err.starts_with(file + ":2:12: [http] TLS: /nowhere.pem")) << checked.err;
}

TEST(Check, AcceptsTheOperatorsExampleWithFilesThatAreThere) {
  const Scratch scratch;
  const std::string source = SUBNETD_SOURCE_DIR;
  const std::string token = scratch.write("token", "0123456789abcdef\n");
  std::filesystem::permissions(token, std::filesystem::perms::owner_read);
  const Transcript checked =
      subnetd({"check", "--config", source + "/config/examples/operator.toml", "--set",
               "auth.operator_token_file=" + token, "--set",
               "http.tls_cert=" + source + "/tests/vectors/tls/localhost.cert.pem", "--set",
               "http.tls_key=" + source + "/tests/vectors/tls/localhost.key.pem"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_NE(checked.out.find("subnetd.golden/golden"), std::string::npos);
}

TEST(Check, RefusesWhateverRunWouldRefuse) {
  for (const std::string_view toml :
       {"[prober]\nallow_cidrs = [\"::::/64\"]\n", "[http]\nlisten = \"example.org:8193\"\n",
        "[http]\nlisten = \"0.0.0.0:0\"\n[auth]\noperator_token = \"x\"\n"}) {
    const Scratch scratch;
    const std::string file = scratch.write(
        "subnetd.toml", "journal.path = \"" + scratch.file("j.db") + "\"\n" + std::string(toml));
    const Transcript checked = subnetd({"check", "--config", file});
    EXPECT_EQ(checked.exit_code, 3) << toml << checked.err;
    EXPECT_EQ(subnetd({"run", "--config", file}).exit_code, 3) << toml;
    const bool placed = toml.find("token") == toml.npos;
    if (placed) EXPECT_TRUE(checked.err.starts_with(file + ":3:")) << checked.err;
  }
}

TEST(Check, NamesEveryPluginThatIsNotThere) {
  const Scratch scratch;
  const std::string file =
      scratch.write("plugins.toml", "[matcher]\nuse = \"sed\"\n[emission]\nuse = \"nothing\"\n");
  const Transcript checked = subnetd({"check", "--config", file});
  EXPECT_EQ(checked.exit_code, 3);
  EXPECT_NE(checked.err.find("did you mean \"seed\""), std::string::npos);
  EXPECT_NE(checked.err.find("\"nothing\""), std::string::npos);
}

TEST(Check, AcceptsTheDefaultFile) {
  const Transcript checked =
      subnetd({"check", "--config", std::string(SUBNETD_SOURCE_DIR) + "/config/subnetd.toml"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_NE(checked.out.find("subnetd.balanced/balanced"), std::string::npos);
}

TEST(Plugin, ListsEveryBuiltIn) {
  const Transcript listed = subnetd({"plugin", "list"});
  EXPECT_EQ(listed.exit_code, 0);
  for (const char* id : {"subnetd.patterns/patterns\tdetector",
                         "subnetd.balanced/balanced\tmatcher",
                         "subnetd.seed/seed\tmatcher", "subnetd.affinity/affinity\tmatcher",
                         "subnetd.rotating/rotating\tmatcher",
                         "subnetd.remote/remote\tvalidator", "subnetd.golden/golden\tvalidator",
                         "subnetd.proportional/proportional\temission"}) {
    EXPECT_NE(listed.out.find(id), std::string::npos) << id;
  }
}

TEST(Plugin, RefusesAFileThatIsNoPluginWithThree) {
  const Scratch scratch;
  const std::string file = scratch.write("text.sbn.so", "not a library");
  const Transcript shown = subnetd({"plugin", "info", file});
  EXPECT_EQ(shown.exit_code, 3);
  EXPECT_NE(shown.err.find("text.sbn.so"), std::string::npos);
}

}  // namespace
}  // namespace subnetd::cli
