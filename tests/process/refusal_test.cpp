// SPDX-License-Identifier: 0BSD
// What a daemon does not start with, and how it says so: an exit code that tells a supervisor
// whether to try again, and a text that names the thing and what to do.
#include <sqlite3.h>
#include <sys/stat.h>

#include "journal/sqlite.hpp"
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

constexpr int refused = 3;      // do not restart
constexpr int unavailable = 4;  // try again

// A daemon that is expected to end by itself.
Transcript run(const std::string& config) {
  return cli::subnetd({"run", "--config", config});
}
Transcript run_with(const Scratch& folder, const std::string& toml) {
  return run(folder.write("subnetd.toml", toml));
}

void expect_in(const std::string& text, const std::string& words) {
  EXPECT_NE(text.find(words), std::string::npos) << "\"" << words << "\" is not in:\n" << text;
}

TEST(Refusal, TwoDaemonsDoNotShareAJournal) {
  const Scratch folder;
  Daemon first(quiet_config(folder));
  ASSERT_TRUE(first.is_serving()) << first.log();
  const Transcript second = run(folder.file("subnetd.toml"));
  EXPECT_EQ(second.exit_code, refused);
  expect_in(second.err, folder.file("j.db") + " is in use by another subnetd, pid " +
                            std::to_string(first.pid()));
  expect_in(second.err, "hint: stop that one");
  EXPECT_EQ(Client(first.port()).get("/readyz").status, 200);
}

TEST(Refusal, TwoDaemonsDoNotShareAJournalByTwoNames) {
  const Scratch folder;
  Daemon first(quiet_config(folder));
  ASSERT_TRUE(first.is_serving()) << first.log();
  const std::string alias = folder.file("alias.db");
  std::filesystem::create_symlink(folder.file("j.db"), alias);
  const Transcript second =
      run_with(folder, "http.listen = \"127.0.0.1:0\"\njournal.path = \"" + alias + "\"\n");
  EXPECT_EQ(second.exit_code, refused);
  expect_in(second.err, "in use by another subnetd");
}

TEST(Refusal, AKilledDaemonLeavesItsJournalFree) {
  const Scratch folder;
  const std::string config = quiet_config(folder);
  Daemon first(config);
  ASSERT_TRUE(first.is_serving()) << first.log();
  first.kill();
  Daemon second(config);
  EXPECT_TRUE(second.is_serving()) << second.log();
}

TEST(Refusal, AJournalOfANewerVersionIsLeftAlone) {
  const Scratch folder;
  const std::string config = quiet_config(folder);
  {
    Daemon daemon(config);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    daemon.signal(SIGTERM);
    daemon.wait();
  }
  {
    auto db = journal::Database::open_with(folder.file("j.db"), SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->exec("PRAGMA user_version=99"));
  }
  const Transcript older = run(config);
  EXPECT_EQ(older.exit_code, refused);
  expect_in(older.err, "is a journal of version 99; this subnetd reads version 2");
  expect_in(older.err, "hint: run the newer subnetd");
}

TEST(Refusal, ADamagedRowEndsEveryReaderOfTheJournalWithAText) {
  const Scratch folder;
  const std::string config = quiet_config(folder), journal = folder.file("j.db");
  {
    Daemon daemon(config);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    daemon.signal(SIGTERM);
    daemon.wait();
  }
  {
    auto db = journal::Database::open_with(journal, SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->exec("INSERT INTO verdict SELECT max(seq_first+n),0,4000000000,NULL,5,0,0 "
                         "FROM turn;"
                         "INSERT INTO turn SELECT max(seq_first+n),1,now_ms,digest,0,NULL "
                         "FROM turn"));
  }
  const Transcript daemon = run(config);
  EXPECT_EQ(daemon.exit_code, refused) << daemon.err;
  expect_in(daemon.err, journal + ": ");
  expect_in(daemon.err, "hint: put the latest backup in its place");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"replay", "--journal", journal},
        std::vector<std::string>{"backup", folder.file("copy.db"), "--journal", journal}}) {
    const Transcript reader = cli::subnetd(command);
    EXPECT_EQ(reader.exit_code, refused) << command[0] << reader.err;
    expect_in(reader.err, "fact");
    EXPECT_EQ(reader.out, "");
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("copy.db")));
}

TEST(Refusal, AFileThatIsNoJournalIsLeftAlone) {
  const Scratch folder;
  const std::string config = quiet_config(folder);
  folder.write("j.db", "these are not the bytes you are looking for, and they stay as they are");
  const Transcript refusal = run(config);
  EXPECT_NE(refusal.exit_code, 0);
  expect_in(refusal.err, folder.file("j.db"));
  EXPECT_EQ(cli::slurp(folder.file("j.db")),
            "these are not the bytes you are looking for, and they stay as they are");
}

TEST(Refusal, APortInUseIsWorthARetry) {
  net::asio::io_context io;
  net::tcp::acceptor taken(io, {net::asio::ip::address_v4::loopback(), 0});
  const std::string port = std::to_string(taken.local_endpoint().port());
  const Scratch folder;
  const Transcript refusal =
      run_with(folder, "http.listen = \"127.0.0.1:" + port + "\"\njournal.path = \"" +
                           folder.file("j.db") + "\"\n");
  EXPECT_EQ(refusal.exit_code, unavailable);
  expect_in(refusal.err, "listen on 127.0.0.1:" + port);
  expect_in(refusal.err, "hint: another program may hold the port");
}

TEST(Refusal, EveryMistakeOfTheConfigurationIsToldAtOnceWithItsPlace) {
  const Scratch folder;
  const Transcript refusal = run_with(folder,
                                      "[http]\n"
                                      "listne = \"127.0.0.1:0\"\n"
                                      "[validation]\n"
                                      "interval_s = \"often\"\n"
                                      "  misses_max = 0\n"
                                      "[journl]\n"
                                      "[log]\n"
                                      "level = \"debgu\"\n");
  EXPECT_EQ(refusal.exit_code, refused);
  const std::string file = folder.file("subnetd.toml");
  expect_in(refusal.err, file + ":2:1: ");
  expect_in(refusal.err, "did you mean \"listen\"?");
  expect_in(refusal.err, file + ":4:");
  expect_in(refusal.err, file + ":5:");
  expect_in(refusal.err, file + ":6:");
  expect_in(refusal.err, "did you mean \"journal\"?");
  expect_in(refusal.err, file + ":8:");
  expect_in(refusal.err, "did you mean \"debug\"?");
  EXPECT_FALSE(std::filesystem::exists(folder.file("j.db")));
}

TEST(Refusal, AFileThatIsNoTomlIsToldByLineAndColumn) {
  const Scratch folder;
  const Transcript refusal = run_with(folder, "[http]\nlisten = \"127.0.0.1:0\n");
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, folder.file("subnetd.toml") + ":2:");
}

TEST(Refusal, AMissingFileAndAMissingFolderAreConfigurationToo) {
  const Scratch folder;
  EXPECT_EQ(run(folder.file("nowhere.toml")).exit_code, refused);
  const Transcript refusal = run_with(
      folder, "http.listen = \"127.0.0.1:0\"\njournal.path = \"" + folder.file("no/j.db") + "\"\n");
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, folder.file("no"));
}

TEST(Refusal, BeyondLoopbackNothingIsServedWithoutAnOperatorToken) {
  const Scratch folder;
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0"}) {
    const Transcript refusal =
        run_with(folder, "journal.path = \"" + folder.file("j.db") + "\"\nhttp.listen = \"" +
                             std::string(listen) + "\"\n");
    EXPECT_EQ(refusal.exit_code, refused) << listen;
    expect_in(refusal.err, "beyond loopback only with [auth] operator_token_file");
  }
}

TEST(Refusal, ATokenFileThatOthersCanReadIsNotTaken) {
  const Scratch folder;
  const std::string token = folder.write("token", "s3cret\n");
  ASSERT_EQ(::chmod(token.c_str(), 0644), 0);
  const std::string toml = quiet_toml(folder, "auth.operator_token_file = \"" + token + "\"\n");
  const Transcript refusal = run_with(folder, toml);
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, "chmod 600");
  ASSERT_EQ(::chmod(token.c_str(), 0600), 0);
  Daemon daemon(folder.file("subnetd.toml"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  const std::string mapping = R"({"pattern":"x","model_type":"chat"})";
  EXPECT_EQ(Client(daemon.port()).post("/api/v1/namespaces", mapping).status, 401);
  EXPECT_EQ(Client(daemon.port(), "s3creT").post("/api/v1/namespaces", mapping).status, 401);
  EXPECT_EQ(Client(daemon.port(), "s3cret").post("/api/v1/namespaces", mapping).status, 200);
  EXPECT_EQ(daemon.log().find("s3cret"), std::string::npos);
}

TEST(Refusal, AnIdentityThatCannotBeReadIsNotReplaced) {
  const Scratch folder;
  const std::string key = folder.write("me.json", "not a key file");
  const std::string toml = quiet_toml(folder, "identity.key = \"" + key + "\"\n");
  const Transcript broken = run_with(folder, toml);
  EXPECT_EQ(broken.exit_code, refused);
  expect_in(broken.err, "[identity] key = \"" + key + "\": ");
  EXPECT_EQ(std::filesystem::file_size(key), 14u);
  const Transcript absent = run_with(folder, quiet_toml(folder, "identity.key = \"nobody\"\n"));
  EXPECT_EQ(absent.exit_code, refused);
  expect_in(absent.err, "[identity] key = \"nobody\": ");
}

TEST(Refusal, AnIdentityNamedWithoutItsSuffixIsMadeOnceAndIsTheSameAfterwards) {
  const Scratch folder;
  const std::string config = quiet_config(folder, "identity.key = \"" + folder.file("me") + "\"\n");
  std::string made;
  {
    Daemon daemon(config);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    made = cli::slurp(folder.file("me.json"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("me")));
  Daemon daemon(config);
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  EXPECT_EQ(cli::slurp(folder.file("me.json")), made);
}

TEST(Refusal, ALockedIdentityNeedsItsPassword) {
  const Scratch folder;
  const std::string key = folder.file("locked.json");
  ASSERT_EQ(cli::subnetd({"key", "new", "locked", "--encrypt", "--folder", folder.file("")}, {},
                         {"COMX_UNIVERSAL_PASSWORD=s3cret"})
                .exit_code,
            0);
  const std::string toml = quiet_toml(folder, "identity.key = \"" + key + "\"\n");
  const Transcript locked = run_with(folder, toml);
  EXPECT_EQ(locked.exit_code, refused);
  expect_in(locked.err, "COMX_");
}

TEST(Refusal, AnIdentityThatOthersCanReadIsWarnedOf) {
  const Scratch folder;
  const std::string config = quiet_config(folder);
  {
    Daemon daemon(config);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    EXPECT_EQ(daemon.log().find("identity.open"), std::string::npos) << daemon.log();
  }
  ASSERT_EQ(::chmod(folder.file("j.db.key.json").c_str(), 0644), 0);
  Daemon daemon(config);
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  EXPECT_NE(daemon.log().find("identity.open"), std::string::npos) << daemon.log();
}

// Plugin files that are no good. Each lies in a folder beside the built-ins.
class BadPlugin : public testing::Test {
 protected:
  // TOML that finds the built-ins and what lies in `plugins`.
  std::string toml(const std::string& more = {}) const {
    return quiet_toml(folder_, "plugins.search = [\"" + std::string(SUBNETD_BINARY_DIR) +
                                   "/plugins\", \"" + folder_.file("plugins") + "\"]\n" + more);
  }
  std::string put(const std::string& name, const std::string& bytes) {
    std::filesystem::create_directory(folder_.file("plugins"));
    return folder_.write("plugins/" + name, bytes);
  }
  std::string fixture(const std::string& name) {
    return put(name + ".sbn.so", cli::slurp(std::string(FIXTURE_DIR) + "/" + name + ".sbn.so"));
  }
  // It merely lies there: told in the log, and the daemon serves.
  void expect_passed_over(const std::string& file, const std::string& why) {
    Daemon daemon(folder_.write("subnetd.toml", toml()));
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    expect_in(daemon.log(), "\"event\":\"plugin.refused\"");
    expect_in(daemon.log(), std::filesystem::path(file).filename().string());
    expect_in(daemon.log(), why);
  }
  // It is asked for by name: the daemon does not start without it.
  void expect_refused(const std::string& file, const std::string& why) {
    const Transcript refusal =
        run_with(folder_, toml("[[plugins.load]]\nfile = \"" + file + "\"\n"));
    EXPECT_EQ(refusal.exit_code, refused);
    expect_in(refusal.err, std::filesystem::path(file).filename().string());
    expect_in(refusal.err, why);
    expect_in(refusal.err, "hint: ");
  }

  Scratch folder_;
};

TEST_F(BadPlugin, AFileThatIsNoLibraryIsPassedOverOrRefused) {
  const std::string file = put("text.sbn.so", "#!/bin/sh\necho no\n");
  expect_passed_over(file, "ELF");
  expect_refused(file, "ELF");
}

TEST_F(BadPlugin, ATruncatedPluginIsPassedOverOrRefused) {
  const std::string whole = cli::slurp(std::string(FIXTURE_DIR) + "/good_detector.sbn.so");
  ASSERT_GT(whole.size(), 1'000u);
  const std::string file = put("short.sbn.so", whole.substr(0, whole.size() / 2));
  expect_passed_over(file, "short.sbn.so");
  expect_refused(file, "short.sbn.so");
}

TEST_F(BadPlugin, ALibraryOfSomebodyElseIsPassedOverOrRefused) {
  const std::string file = fixture("no_note");
  expect_passed_over(file, "no_note");
  expect_refused(file, "no_note");
}

TEST_F(BadPlugin, APluginOfAnotherAbiIsPassedOverOrRefused) {
  const std::string file = fixture("wrong_major");
  expect_passed_over(file, "wanted ABI 2");
  expect_refused(file, "have 1.");
}

TEST_F(BadPlugin, ARefusedFileIsToldWhereWhatItOffersIsMissing) {
  put("mine.sbn.so", "cut short");
  const Transcript refusal = run_with(folder_, toml("matcher.use = \"mine\"\n"));
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, "no installed plugin offers \"mine\"");
  expect_in(refusal.err, "mine.sbn.so");
}

TEST_F(BadPlugin, AFileIsNamedByItsAbsolutePath) {
  (void)fixture("good_detector");
  const Transcript refusal =
      run_with(folder_, toml("[[plugins.load]]\nfile = \"plugins/mine.sbn.so\"\n"));
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, "plugins/mine.sbn.so: wanted an absolute path");
}

TEST_F(BadPlugin, APluginThatChangedSinceItWasPinnedIsRefused) {
  const std::string file = fixture("good_detector");
  const Transcript refusal =
      run_with(folder_, toml("[[plugins.load]]\nfile = \"" + file + "\"\nsha256 = \"" +
                             std::string(64, '0') + "\"\n"));
  EXPECT_EQ(refusal.exit_code, refused);
  expect_in(refusal.err, "wanted sha256 " + std::string(64, '0'));
}

TEST_F(BadPlugin, AComponentThatNobodyOffersAndSettingsThatDoNotFitAreRefused) {
  const Transcript absent = run_with(folder_, quiet_toml(folder_, "matcher.use = \"sed\"\n"));
  EXPECT_EQ(absent.exit_code, refused);
  expect_in(absent.err, "did you mean \"seed\"?");
  const Transcript unfit =
      run_with(folder_, quiet_toml(folder_,
                                   "[[validator]]\nuse = \"remote\"\n[validator.settings]\n"
                                   "reply_bytes_max = 1\n"));
  EXPECT_EQ(unfit.exit_code, refused);
  expect_in(unfit.err, "reply_bytes_max");
}

}  // namespace
}  // namespace subnetd::process
