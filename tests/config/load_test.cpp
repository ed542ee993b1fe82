// SPDX-License-Identifier: 0BSD
#include "config/load.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace subnetd::config {
namespace {

std::string error_of(std::string_view toml, const Sources& sources = {}) {
  const auto resolved = resolve_text(toml, "t.toml", sources);
  return resolved ? "accepted" : resolved.error().message;
}

Config config_of(std::string_view toml, const Sources& sources = {}) {
  auto resolved = resolve_text(toml, "t.toml", sources);
  EXPECT_TRUE(resolved) << resolved.error().message;
  return resolved ? resolved->config : Config{};
}

struct Bad {
  const char* name;
  const char* toml;
  const char* message;
};

class BadToml : public testing::TestWithParam<Bad> {};

TEST_P(BadToml, IsRefusedWithItsPlaceAndReason) {
  EXPECT_EQ(error_of(GetParam().toml), GetParam().message);
}

const Bad bad_cases[] = {
    {"UnknownKey", "[http]\nlsten = 'x'",
     "t.toml:2:1: [http] unknown key \"lsten\"; did you mean \"listen\"?"},
    {"UnknownTable", "[matchr]\nuse = 'seed'",
     "t.toml:1:2: unknown table \"matchr\"; did you mean \"matcher\"?"},
    {"UnknownWithoutNeighbour", "[quantum]", "t.toml:1:2: unknown table \"quantum\""},
    {"UnknownTopLevelKey", "listen = 1", "t.toml:1:1: unknown table \"listen\""},
    {"MisspeltTopLevelKey", "profil = 'production'",
     "t.toml:1:1: unknown table \"profil\"; did you mean \"profile\"?"},
    {"UnknownWordAtTheTop", "profile = 'staging'",
     "t.toml:1:11: profile: must be one of \"development\", \"production\", not \"staging\""},
    {"TableOfNoName", "[\"\"]\nprofile = 'production'", "t.toml:1:2: unknown table \"\""},
    {"WrongType", "[matcher]\nredundancy = '2'",
     "t.toml:2:14: [matcher] redundancy: must be an integer"},
    {"FloatForInteger", "[matcher]\nredundancy = 2.0",
     "t.toml:2:14: [matcher] redundancy: must be an integer"},
    {"IntegerForBoolean", "[metrics]\nenabled = 1",
     "t.toml:2:11: [metrics] enabled: must be true or false"},
    {"MixedList", "[http]\npublic_hosts = ['a', 1]",
     "t.toml:2:16: [http] public_hosts: must be an array of strings"},
    {"AboveRange", "[matcher]\nredundancy = 9",
     "t.toml:2:14: [matcher] redundancy: must be 1 to 8, not 9"},
    {"BelowRange", "[emission]\nbudget_nano = -1",
     "t.toml:2:15: [emission] budget_nano: must be 0 to 9223372036854775807, not -1"},
    {"UnknownWord", "[validation]\naggregate = 'meen'",
     "t.toml:2:13: [validation] aggregate: must be one of \"mean\", \"median\", not \"meen\"; did "
     "you "
     "mean \"mean\"?"},
    {"WordOfALaterIssue", "[auth]\nregistration = 'chain'",
     "t.toml:2:16: [auth] registration: must be one of \"operator\", \"signed\", not \"chain\""},
    {"Listen", "[http]\nlisten = '127.0.0.1'",
     "t.toml:2:10: [http] listen: must be address:port such as \"127.0.0.1:8080\" or "
     "\"[::1]:8080\", not \"127.0.0.1\""},
    {"ListenPort", "[http]\nlisten = 'localhost:65536'",
     "t.toml:2:10: [http] listen: must be address:port such as \"127.0.0.1:8080\" or "
     "\"[::1]:8080\", not \"localhost:65536\""},
    {"Cidr", "[prober]\nallow_cidrs = ['10.0.0.0/33']",
     "t.toml:2:15: [prober] allow_cidrs: must be a network such as \"10.1.0.0/16\", not "
     "\"10.0.0.0/33\""},
    {"CidrOfFourColons", "[prober]\nallow_cidrs = ['fd00::/8', '::::/64']",
     "t.toml:2:15: [prober] allow_cidrs: must be a network such as \"10.1.0.0/16\", not "
     "\"::::/64\""},
    {"CidrWithALeadingZero", "[prober]\nallow_cidrs = ['010.0.0.0/8']",
     "t.toml:2:15: [prober] allow_cidrs: must be a network such as \"10.1.0.0/16\", not "
     "\"010.0.0.0/8\""},
    {"ListenName", "[http]\nlisten = 'example.org:8193'",
     "t.toml:2:10: [http] listen: must be address:port such as \"127.0.0.1:8080\" or "
     "\"[::1]:8080\", not \"example.org:8193\"; of names only localhost"},
    {"Hash", "[[plugins.load]]\nfile = 'a.sbn.so'\nsha256 = 'AB'",
     "t.toml:3:10: [[plugins.load]] sha256: must be 64 lower case hex digits"},
    {"MissingRequiredKey", "[[detector]]\nmin_confidence_ppm = 1",
     "t.toml:1:1: [[detector]]: use is missing"},
    {"MappingWithoutAType", "[[namespace]]\npatterns = ['a']",
     "t.toml:1:1: [[namespace]]: model_type is missing"},
    {"EmptyPattern", "[[namespace]]\nmodel_type = 'chat'\npatterns = ['a', '']",
     "t.toml:3:12: [[namespace]] patterns: must have 1 to 128 bytes each"},
    {"PatternOfTwoTypes",
     "[[namespace]]\nmodel_type = 'chat'\npatterns = ['a', 'b*']\n"
     "[[namespace]]\nmodel_type = 'embedding'\npatterns = ['b*']",
     "[[namespace]] patterns: \"b*\" is mapped to \"chat\" and to \"embedding\""},
    {"TableForArray", "[detector]\nuse = 'patterns'",
     "t.toml:1:1: detector: must be an array of tables, [[detector]]"},
    {"ArrayForTable", "[[matcher]]\nuse = 'seed'",
     "t.toml:1:1: matcher: must be a table, [matcher]"},
    {"EndpointInValidator", "[[validator]]\nuse = 'remote'\nendpoint = 'http://v'",
     "t.toml:3:1: [[validator]] endpoint: validator nodes register by API (POST "
     "/api/v1/validators); "
     "this table chooses the plugin of a model type"},
    {"DateInSettings", "[matcher.settings]\nsince = 1979-05-27",
     "t.toml:2:9: a date or time stands outside quotes; no key takes one"},
    {"TimeInSettings", "[matcher.settings]\nat = 07:32:00",
     "t.toml:2:8: a date or time stands outside quotes; no key takes one"},
    {"InfinityInSettings", "[matcher.settings]\na = inf",
     "t.toml:1:1: [matcher] settings: holds an infinity or a not-a-number, which JSON cannot"},
    {"NamelessTable", "a = [\n  [{x = 1}]\n]\n[[!]]", "t.toml:4:1: a table without a name"},
    {"ControlByte", "[http]\n# \x01", "t.toml:2:3: a control byte"},
    {"ControlCharacter", "[subnet]\nname = \"a\\u001bb\"",
     "t.toml:2:8: [subnet] name: holds a control character"},
    {"HalfOfTls", "[http]\ntls_cert = 'a.pem'",
     "[http] tls_cert and tls_key: give both or neither"},
    {"ReadTokenWithoutToken", "[auth]\nread = 'token'",
     "[auth] read = \"token\" needs operator_token_file"},
    {"OpenToTheWorldWithoutToken", "[http]\nlisten = '0.0.0.0:80'",
     "[http] listen = \"0.0.0.0:80\": beyond loopback only with [auth] operator_token_file"},
    {"NameThatOnlyLooksLikeLoopback", "[http]\nlisten = '127.evil.example:80'",
     "t.toml:2:10: [http] listen: must be address:port such as \"127.0.0.1:8080\" or "
     "\"[::1]:8080\", not \"127.evil.example:80\"; of names only localhost"},
    {"ShortTokenForTheWorld",
     "[http]\nlisten = '0.0.0.0:80'\n[auth]\noperator_token = '15-bytes-are-no'",
     "[auth] operator_token: has 15 bytes; beyond loopback at least 16 (openssl rand -hex 32)"},
};

INSTANTIATE_TEST_SUITE_P(Load, BadToml, testing::ValuesIn(bad_cases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Load, ReportsAllErrorsInTheOrderOfTheFile) {
  EXPECT_EQ(error_of("[log]\nlevel = 1\n[http]\nlisten = 2\nlsten = 3"),
            "t.toml:2:9: [log] level: must be a string\n"
            "t.toml:4:10: [http] listen: must be a string\n"
            "t.toml:5:1: [http] unknown key \"lsten\"; did you mean \"listen\"?");
}

TEST(Load, NamesThePlaceOfASyntaxError) {
  EXPECT_TRUE(error_of("[http]\nlisten = = 1").starts_with("t.toml:2:10: "));
  EXPECT_TRUE(error_of("[http]\nlisten = 'a:1'\nlisten = 'b:1'").starts_with("t.toml:3:"));
  EXPECT_TRUE(error_of("name = \"\xff\"").starts_with("t.toml:1:"));
}

TEST(Load, RefusesCharactersBeyondAsciiOnlyOutsideStringsAndComments) {
  EXPECT_EQ(error_of("[subnet]\nname = \xC3\xA9"),
            "t.toml:2:8: a character beyond ASCII stands outside quotes");
  EXPECT_EQ(error_of("a = \"\"\"x\"\"\"\"\" \xC3\xA9"),
            "t.toml:1:15: a character beyond ASCII stands outside quotes");
  EXPECT_EQ(config_of("# \xC3\xA9\n[subnet]\nname = \"\\\"\xC3\xA9\"").subnet.name, "\"\xC3\xA9");
  EXPECT_EQ(config_of("\xEF\xBB\xBF[subnet]\nname = '\xC3\xA9'").subnet.name, "\xC3\xA9");
}

TEST(Load, RefusesAFileOverItsLimit) {
  EXPECT_EQ(error_of(std::string((64 << 20) + 1, ' ')), "t.toml: over 67108864 bytes");
}

TEST(Load, StopsAtAHundredDiagnostics) {
  std::string toml;
  for (int i = 0; i < 120; ++i) toml += "unknown_" + std::to_string(i) + " = 1\n";
  EXPECT_TRUE(error_of(toml).ends_with("\nand 20 more"));
}

TEST(Load, NamesAFileThatCannotBeRead) {
  Sources sources;
  sources.file = "no/such/subnetd.toml";
  const auto loaded = load(sources);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::config);
  EXPECT_EQ(loaded.error().message, "no/such/subnetd.toml: cannot be read");
}

TEST(Load, TakesDefaultsWithoutAFile) {
  const Config config = defaults();
  EXPECT_EQ(config.http.listen, "127.0.0.1:8080");
  ASSERT_EQ(config.detectors.size(), 1u);
  EXPECT_EQ(config.detectors[0].use, "patterns");
  EXPECT_EQ(config.matcher.use, "balanced");
  ASSERT_EQ(config.validators.size(), 1u);
  EXPECT_EQ(config.validators[0].use, "remote");
  EXPECT_EQ(config.validators[0].model_types, std::vector<std::string>{"*"});
  EXPECT_EQ(config.emission.use, "proportional");
  EXPECT_TRUE(config.plugin_loads.empty());
}

TEST(Load, LetsTheFilesTablesReplaceTheDefaultOne) {
  const Config config =
      config_of("[[detector]]\nuse = 'a'\n[[detector]]\nuse = 'b'\nmin_confidence_ppm = 7");
  ASSERT_EQ(config.detectors.size(), 2u);
  EXPECT_EQ(config.detectors[0].use, "a");
  EXPECT_EQ(config.detectors[0].min_confidence_ppm, 500'000u);
  EXPECT_EQ(config.detectors[1].min_confidence_ppm, 7u);
}

TEST(Load, ReadsMappingsInTheirOrder) {
  EXPECT_TRUE(defaults().mappings.empty());
  const Config config = config_of(
      "[[namespace]]\nmodel_type = 'chat'\npatterns = ['acme/*', 'x']\n"
      "[[namespace]]\nmodel_type = 'embedding'\npatterns = ['y', 'y']");
  ASSERT_EQ(config.mappings.size(), 2u);
  EXPECT_EQ(config.mappings[0].model_type, "chat");
  EXPECT_EQ(config.mappings[0].patterns, (std::vector<std::string>{"acme/*", "x"}));
  EXPECT_EQ(config.mappings[1].patterns.size(), 2u);
}

TEST(Load, RefusesMoreMappingsThanTheEngineTakes) {
  std::string toml;
  std::size_t next = 0;
  for (int table = 0; table < 100; ++table) {
    toml += "[[namespace]]\nmodel_type = 'chat'\npatterns = [";
    for (int i = 0; i < 1'001; ++i) toml += "'" + std::to_string(next++) + "',";
    toml += "]\n";
  }
  EXPECT_EQ(error_of(toml), "[[namespace]]: over 100000 patterns");
}

TEST(Load, KeepsPluginSettingsAsCanonicalJsonWithTheirPlace) {
  const Config config =
      config_of("[matcher.settings]\nz = [1, 2]\na = {t = true, f = 0.5}\ns = \"q\\\"\\u0001\"");
  EXPECT_EQ(config.matcher.settings.json, R"({"a":{"f":0.5,"t":true},"s":"q\"\u0001","z":[1,2]})");
  EXPECT_EQ(config.matcher.settings.origin, "t.toml:1:1");
  EXPECT_EQ(defaults().matcher.settings, Settings{});
}

TEST(Load, PlacesAPluginWithoutSettingsAtItsName) {
  EXPECT_EQ(config_of("[matcher]\nuse = \"m\"").matcher.settings.origin, "t.toml:2:7");
  EXPECT_EQ(config_of("[matcher]\nredundancy = 2").matcher.settings.origin, "");
}

TEST(Load, TakesTheWholeRangeOfABudget) {
  EXPECT_EQ(config_of("[emission]\nbudget_nano = 9223372036854775807").emission.budget_nano,
            9223372036854775807ull);
}

TEST(Load, ReadsTheKeyThatStandsBeforeAnyTable) {
  EXPECT_EQ(config_of("").profile, "development");
  EXPECT_EQ(config_of("profile = 'production'\n[http]\n").profile, "production");
  Sources sources;
  sources.environment["SUBNETD_PROFILE"] = "production";
  EXPECT_EQ(config_of("", sources).profile, "production");
  sources.flags.emplace_back("profile", "development");
  EXPECT_EQ(config_of("", sources).profile, "development");
}

TEST(Load, PutsFlagOverEnvironmentOverFile) {
  Sources sources;
  EXPECT_EQ(config_of("[subnet]\nnetuid = 1", sources).subnet.netuid, 1u);
  sources.environment["SUBNETD_SUBNET_NETUID"] = "2";
  EXPECT_EQ(config_of("[subnet]\nnetuid = 1", sources).subnet.netuid, 2u);
  sources.flags.emplace_back("subnet.netuid", "3");
  EXPECT_EQ(config_of("[subnet]\nnetuid = 1", sources).subnet.netuid, 3u);
}

TEST(Load, NamesTheVariableOrFlagThatIsWrong) {
  Sources sources;
  sources.environment["SUBNETD_SUBNET_NETUID"] = "many";
  sources.flags.emplace_back("http.lsten", "a:1");
  EXPECT_EQ(error_of("", sources),
            "SUBNETD_SUBNET_NETUID: must be an integer, not \"many\"\nhttp.lsten: no such key; "
            "did you mean \"http.listen\"?");
}

class TokenFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "token_" + std::to_string(::getpid());
    std::ofstream(path_) << "secret-of-the-operator\n";
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string toml() const { return "[auth]\noperator_token_file = '" + path_ + "'"; }

  std::string path_;
};

TEST_F(TokenFile, IsReadWhenOnlyTheOwnerMay) {
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(config_of(toml()).auth.operator_token, "secret-of-the-operator");
}

TEST_F(TokenFile, IsRefusedWhenOthersCanReadIt) {
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_EQ(error_of(toml()), "[auth] operator_token_file \"" + path_ +
                                  "\": others can read it; run: chmod 600 " + path_);
}

TEST(Show, NamesTheOriginOfEachValueAndHidesTheToken) {
  Sources sources;
  sources.environment["SUBNETD_HTTP_LISTEN"] = "127.0.0.1:1";
  sources.flags.emplace_back("auth.operator_token", "hunter2");
  const auto resolved = resolve_text("[subnet]\nname = 'n'", "t.toml", sources);
  ASSERT_TRUE(resolved);
  const std::string text = show(*resolved, true);
  EXPECT_NE(text.find("name = \"n\"  # t.toml:2:8\n"), text.npos);
  EXPECT_NE(text.find("netuid = 0  # default\n"), text.npos);
  EXPECT_NE(text.find("listen = \"127.0.0.1:1\"  # env SUBNETD_HTTP_LISTEN\n"), text.npos);
  EXPECT_NE(text.find("operator_token = \"***\"  # flag\n"), text.npos);
  EXPECT_EQ(text.find("hunter2"), text.npos);
}

}  // namespace
}  // namespace subnetd::config
