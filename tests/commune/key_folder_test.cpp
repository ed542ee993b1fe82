// SPDX-License-Identifier: 0BSD
#include "commune/key_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "commune/mnemonic.hpp"
#include "domain/limits.hpp"

namespace subnetd::commune {
namespace {
namespace fs = std::filesystem;

class KeyFolderTest : public testing::Test {
 protected:
  KeyFolderTest() {
    std::string pattern = (fs::temp_directory_path() / "subnetd-keys-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
    unsetenv("COMX_UNIVERSAL_PASSWORD");
    unsetenv("COMX_KEY_PASSWORDS");
  }
  ~KeyFolderTest() override {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  static StoredKey fresh() {
    SecretText words = new_mnemonic();
    return StoredKey{KeyPair::from_mnemonic(words.view()).value(), std::move(words)};
  }
  void put(const fs::path& name, std::string_view text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  KeyFolder folder() const { return KeyFolder(path_ / "key"); }
  static Passwords passwords(Passwords::Asker ask = {}) {
    return Passwords::from_environment(std::move(ask)).value();
  }

  fs::path path_;
};

TEST_F(KeyFolderTest, WritesAFileForItsOwnerAloneAndReadsItBack) {
  const StoredKey key = fresh();
  const auto file = folder().write(key, "alice", nullptr);
  ASSERT_TRUE(file) << file.error().message;
  struct stat status {};
  ASSERT_EQ(::stat(file->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  Passwords none = passwords();
  EXPECT_EQ(folder().read("alice", none)->pair.address(), key.pair.address());
  for (const auto& entry : fs::directory_iterator(folder().path())) {
    EXPECT_EQ(entry.path().filename(), "alice.json") << "a draft is left behind";
  }
}

TEST_F(KeyFolderTest, NeverWritesOverAKey) {
  const StoredKey first = fresh();
  ASSERT_TRUE(folder().write(first, "alice", nullptr));
  EXPECT_EQ(folder().write(fresh(), "alice", nullptr).error().code, Errc::conflict);
  Passwords none = passwords();
  EXPECT_EQ(folder().read("alice", none)->pair.address(), first.pair.address());
}

TEST_F(KeyFolderTest, OneBadFileHidesNoOther) {
  ASSERT_TRUE(folder().write(fresh(), "good", nullptr));
  const SecretText password(std::string("secret"));
  ASSERT_TRUE(folder().write(fresh(), "locked", &password));
  put("key/key2address.json", R"({"data": {"alice": "5Grw"}, "encrypted": false, "timestamp": 1})");
  put("key/node.json", "\x7f\x00garbage");
  put("key/huge.json", std::string(limits::key_file_bytes_max + 1, ' '));
  put("key/.hidden.json", "{}");
  put("key/notes.txt", "not a key");
  fs::create_directories(path_ / "key" / "folder.json");
  const auto entries = folder().list(passwords());
  ASSERT_TRUE(entries);
  std::string shown;
  for (const KeyEntry& entry : *entries) {
    shown += entry.name + (entry.objection.empty() ? "+" : "-") + (entry.encrypted ? "e " : " ");
  }
  EXPECT_EQ(shown, "good+ huge- key2address- locked-e node- ");
}

TEST_F(KeyFolderTest, TakesPasswordsByNameThenTheUniversalOneThenAsks) {
  const SecretText one(std::string("one")), two(std::string("two"));
  ASSERT_TRUE(folder().write(fresh(), "a", &one));
  ASSERT_TRUE(folder().write(fresh(), "b", &two));
  setenv("COMX_KEY_PASSWORDS", R"({"a": "one"})", 1);
  Passwords by_name = passwords();
  EXPECT_TRUE(folder().read("a", by_name));
  EXPECT_EQ(folder().read("b", by_name).error().code, Errc::unauthorized);
  setenv("COMX_UNIVERSAL_PASSWORD", "two", 1);
  Passwords both = passwords();
  EXPECT_TRUE(folder().read("a", both));
  EXPECT_TRUE(folder().read("b", both));
  unsetenv("COMX_UNIVERSAL_PASSWORD");
  Passwords asking = passwords([](std::string_view name) {
    return std::optional(SecretText(std::string(name == "b" ? "two" : "?")));
  });
  EXPECT_TRUE(folder().read("b", asking));
  setenv("COMX_KEY_PASSWORDS", "[]", 1);
  EXPECT_EQ(Passwords::from_environment().error().code, Errc::config);
}

TEST_F(KeyFolderTest, ReadsTheLayoutWithSchemeAndAddress) {
  const StoredKey key = fresh();
  ASSERT_TRUE(KeyFolder(path_ / "key/bob/sr25519").write(key, key.pair.address(), nullptr));
  Passwords none = passwords();
  EXPECT_EQ(folder().read("bob", none)->pair.address(), key.pair.address());
  EXPECT_EQ(folder().list(none)->at(0).name, "bob");
  ASSERT_TRUE(KeyFolder(path_ / "key/bob/sr25519").write(fresh(), "another", nullptr));
  EXPECT_EQ(folder().read("bob", none).error().code, Errc::conflict);
}

TEST_F(KeyFolderTest, RefusesNamesThatLeadElsewhere) {
  Passwords none = passwords();
  for (const std::string& name : {std::string(""), std::string(".."), std::string("../x"),
                                  std::string("a/b"), std::string(".a"), std::string("a b"),
                                  std::string(limits::key_name_bytes_max + 1, 'a')}) {
    EXPECT_EQ(folder().read(name, none).error().code, Errc::malformed) << name;
    EXPECT_EQ(folder().write(fresh(), name, nullptr).error().code, Errc::malformed) << name;
  }
  EXPECT_EQ(folder().read("absent", none).error().code, Errc::not_found);
}

TEST_F(KeyFolderTest, AFolderThatIsNotThereIsEmpty) {
  EXPECT_TRUE(KeyFolder(path_ / "none").list(passwords())->empty());
}

TEST_F(KeyFolderTest, RefusesAFolderOfTooManyFiles) {
  fs::create_directories(path_ / "key");
  for (std::size_t i = 0; i <= limits::key_files_max; ++i) {
    std::ofstream(path_ / "key" / (std::to_string(i) + ".json")) << "{}";
  }
  EXPECT_EQ(folder().list(passwords()).error().code, Errc::too_large);
}

}  // namespace
}  // namespace subnetd::commune
