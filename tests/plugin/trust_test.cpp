// SPDX-License-Identifier: 0BSD
// Which plugin files may run: pins, signatures, quarantine, places, and marks of load steps.
#include "plugin/trust.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>

#include "plugin/fixtures.hpp"

namespace {

using namespace fixtures;
using plugin::Candidate;
using plugin::Trust;
using plugin::TrustRules;

// One good plugin in a folder of its own.
class Trusting : public testing::Test {
 protected:
  Candidate file() const { return plugin::read_candidate(path_).value(); }
  std::string words(const TrustRules& rules, const std::string& pin = {}) const {
    const auto standing = Trust(rules).admit(file(), pin);
    return standing ? standing->words() : standing.error().message + "|" + standing.error().hint;
  }
  TrustRules locked(const std::string& sha256) const {
    TrustRules rules;
    rules.lock = plugin::LockFile::read(folder_.path() / "plugins.lock").value();
    rules.lock.put({file().note.id, "1.0.0", sha256, "1.0", {"detector"}, path_.string()});
    return rules;
  }

  Folder folder_;
  const std::filesystem::path path_ = folder_.copy("good_detector", "good.sbn.so");
};

void expect_in(const std::string& text, const std::string& words) {
  EXPECT_NE(text.find(words), std::string::npos) << "\"" << words << "\" is not in: " << text;
}

TEST_F(Trusting, RunsWhatNobodyVouchesForWhileOneDevelops) { EXPECT_EQ(words({}), "unpinned"); }

TEST_F(Trusting, ProductionRefusesWhatIsNotPinnedAndTellsTheCommand) {
  const std::string told = words({.all_pinned = true});
  expect_in(told, "production");
  expect_in(told, "subnetd plugin trust " + path_.string());
}

TEST_F(Trusting, ProductionRunsWhatTheLockOrItsEntryPins) {
  TrustRules rules = locked(file().sha256);
  rules.all_pinned = true;
  EXPECT_EQ(words(rules), "pinned");
  EXPECT_EQ(words({.all_pinned = true}, file().sha256), "pinned");
}

TEST_F(Trusting, AnotherVersionThanTheLocksIsRefusedInEveryProfile) {
  const std::string told = words(locked(std::string(64, '0')));
  expect_in(told, "wanted sha256 " + std::string(64, '0'));
  expect_in(told, "plugins.lock");
}

TEST_F(Trusting, BuiltInsNeedNoPinAndNoSignature) {
  TrustRules rules{.built_in = {folder_.path()}, .all_pinned = true};
  rules.keys.emplace_back();
  EXPECT_EQ(words(rules), "built-in");
}

TEST_F(Trusting, SafeModeRunsBuiltInsAlone) {
  expect_in(words({.safe_mode = true}), "safe mode");
  EXPECT_EQ(words({.built_in = {folder_.path()}, .safe_mode = true}), "built-in");
}

TEST_F(Trusting, QuarantineHoldsBuiltInsAndPinnedFilesToo) {
  TrustRules rules = locked(file().sha256);
  rules.built_in = {folder_.path()};
  rules.state = folder_.path();
  ASSERT_TRUE(plugin::Quarantine(rules.state).add(file().sha256, path_.string(), "a.b", "it fell"));
  const std::string told = words(rules, file().sha256);
  expect_in(told, "is in quarantine: it fell");
  expect_in(told, "subnetd plugin trust " + path_.string());
}

TEST_F(Trusting, QuarantineRunsNoCodeOfTheFile) {
  const auto path = folder_.path() / "dies.sbn.so";
  std::filesystem::copy_file(std::string(ZOO_DIR) + "/crash_at_load.sbn.so", path);
  const auto dies = plugin::read_candidate(path).value();
  TrustRules rules{.state = folder_.path()};
  ASSERT_TRUE(plugin::Quarantine(rules.state).add(dies.sha256, path.string(), "a.b", "it fell"));
  const auto catalogue =
      plugin::Catalogue::open({folder_.path()}, {}, std::make_shared<const Trust>(rules));
  ASSERT_TRUE(catalogue);
  ASSERT_EQ(catalogue->refusals().size(), 1u);
  EXPECT_TRUE(catalogue->refusals()[0].held);
  EXPECT_EQ(catalogue->libraries().size(), 1u);
  EXPECT_EQ(catalogue->find_held("zoo.crash_at_load/crash_at_load"),
            &catalogue->refusals()[0]);
  EXPECT_EQ(catalogue->find_held("somebody.else/crash_at_load"), nullptr);
  EXPECT_NE(catalogue->find_held("crash_at_load"), nullptr);
}

// A key of this test, and its public half as openssl prints it.
class Signing : public Trusting {
 protected:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  static Key make_key() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
  static std::string base64_of(const Key& key) {
    unsigned char* der = nullptr;
    const int bytes = i2d_PUBKEY(key.get(), &der);
    std::string text(64, '\0');
    text.resize(static_cast<std::size_t>(
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), der, bytes)));
    OPENSSL_free(der);
    return text;
  }
  void sign(const Key& key) const {
    const Candidate signed_file = file();
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ASSERT_EQ(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key.get()), 1);
    ASSERT_EQ(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                             signed_file.bytes.data(), signed_file.bytes.size()),
              1);
    EVP_MD_CTX_free(context);
    std::ofstream(path_.string() + ".sig", std::ios::binary) << signature;
  }
  TrustRules rules_of(const std::vector<const Key*>& keys) const {
    TrustRules rules;
    for (const Key* key : keys) {
      rules.keys.push_back(plugin::read_verify_key(base64_of(*key)).value());
    }
    return rules;
  }

  const Key own_ = make_key(), other_ = make_key();
};

TEST_F(Signing, AKeyOfTheOperatorsVouches) {
  sign(own_);
  EXPECT_EQ(words(rules_of({&other_, &own_})), "signed");
}

TEST_F(Signing, AMissingSignatureIsRefusedWithTheWayToMakeOne) {
  const std::string told = words(rules_of({&own_}));
  expect_in(told, "have no good.sbn.so.sig");
  expect_in(told, "openssl pkeyutl -sign -rawin");
}

TEST_F(Signing, ASignatureOfAnotherKeyIsRefused) {
  sign(other_);
  expect_in(words(rules_of({&own_})), "of none of [plugins] keys");
}

TEST_F(Signing, ASignatureOfOtherBytesIsRefused) {
  sign(own_);
  std::ofstream(path_, std::ios::app | std::ios::binary) << "x";
  expect_in(words(rules_of({&own_})), "of none of [plugins] keys");
}

TEST_F(Signing, ACutSignatureIsRefused) {
  sign(own_);
  std::filesystem::resize_file(path_.string() + ".sig", 63);
  expect_in(words(rules_of({&own_})), "of none of [plugins] keys");
}

TEST_F(Signing, ASignatureIsNoPin) {
  sign(own_);
  TrustRules rules = rules_of({&own_});
  rules.all_pinned = true;
  expect_in(words(rules), "wanted a pin");
}

TEST(VerifyKey, IsOneLineOfOpensslAndNothingElse) {
  for (const char* text : {"", "AAAA", "MCowBQYDK2VwAyEA",
                           "MCowBQYDK2VuAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                           "????BQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
    EXPECT_FALSE(plugin::read_verify_key(text)) << text;
  }
  EXPECT_TRUE(plugin::read_verify_key(
      "MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
}

TEST(LockFile, KeepsWhatWasPutInOrderAndOnePerId) {
  const Folder folder;
  const auto path = folder.path() / "plugins.lock";
  auto lock = plugin::LockFile::read(path).value();
  EXPECT_TRUE(lock.plugins().empty());
  const plugin::LockedPlugin b{"b.b", "1.0.0", std::string(64, 'b'), "1.0", {"matcher"}, "/b"};
  const plugin::LockedPlugin a{"a.a", "2.0.0", std::string(64, 'a'), "1.0", {}, "/a"};
  lock.put({"a.a", "1.0.0", std::string(64, 'c'), "1.0", {}, "/a"});
  lock.put(b);
  lock.put(a);
  ASSERT_TRUE(lock.write());
  EXPECT_EQ(plugin::LockFile::read(path)->plugins(), (std::vector{a, b}));
}

TEST(LockFile, RefusesWhatIsNoLock) {
  const Folder folder;
  const auto path = folder.path() / "plugins.lock";
  for (const char* text :
       {"", "[]", "{}", R"({"plugins":[{}]})",
        R"({"plugins":[{"id":"a.b","version":"1","sha256":"00","abi":"1","kinds":[],"file":""}]})",
        R"({"plugins":[],"plugins":[]})"}) {
    std::ofstream(path) << text;
    const auto lock = plugin::LockFile::read(path);
    ASSERT_FALSE(lock) << text;
    EXPECT_EQ(lock.error().code, Errc::config) << text;
    expect_in(lock.error().message, path.string());
  }
}

TEST(Places, ALinkOutOfItsFolderIsRefusedAndOneWithinIsNot) {
  const Folder here, there;
  const auto real = there.copy("good_detector", "real.sbn.so");
  const auto out = here.path() / "out.sbn.so", within = there.path() / "within.sbn.so";
  std::filesystem::create_symlink(real, out);
  std::filesystem::create_symlink(real, within);
  const auto refusal = plugin::read_candidate(out);
  ASSERT_FALSE(refusal);
  expect_in(refusal.error().message, "is a link out of its folder, to " + real.string());
  EXPECT_TRUE(plugin::read_candidate(within));
}

TEST(LoadStep, LeavesNothingBehindWhereNothingHappened) {
  const Folder folder;
  {
    const auto step =
        plugin::LoadStep::begin(folder.path(), std::string(64, '1'), "f", "a.b", "x");
  }
  EXPECT_TRUE(plugin::settle_load_steps(folder.path())->empty());
  EXPECT_TRUE(plugin::Quarantine(folder.path()).all().empty());
}

TEST(LoadStep, AMarkThatStandsHoldsThatFileAndNamesTheStep) {
  const Folder folder;
  const auto step = plugin::LoadStep::begin(folder.path(), std::string(64, '1'), "/f", "a.b",
                                            "create of a.b/c");
  const auto held = plugin::settle_load_steps(folder.path());
  ASSERT_TRUE(held);
  ASSERT_EQ(held->size(), 1u);
  EXPECT_EQ(held->front().reason, "the daemon ended during create of a.b/c");
  EXPECT_EQ(held->front().file, "/f");
  EXPECT_TRUE(plugin::settle_load_steps(folder.path())->empty());  // once
}

TEST(LoadStep, StandsWhileThirdPartyCodeIsLoadedAndNotForBuiltIns) {
  const Folder folder;
  const auto path = folder.copy("good_detector", "good.sbn.so");
  const auto library_of = [&](TrustRules rules) {
    return plugin::Library::load(plugin::read_candidate(path).value(),
                                 std::make_shared<const Trust>(std::move(rules)))
        .value();
  };
  const auto marks = [&] {
    std::error_code ec;
    const std::filesystem::directory_iterator all(folder.path() / "loading", ec);
    return std::distance(begin(all), end(all));
  };
  const auto third = library_of({.state = folder.path(), .marks_steps = true});
  EXPECT_EQ(marks(), 0);
  {
    const auto step = third->step("create");
    EXPECT_EQ(marks(), 1);
  }
  EXPECT_EQ(marks(), 0);
  const auto own =
      library_of({.built_in = {folder.path()}, .state = folder.path(), .marks_steps = true});
  const auto step = own->step("create");
  EXPECT_EQ(marks(), 0);
}

}  // namespace
