// SPDX-License-Identifier: 0BSD
#include "plugin/quarantine.hpp"

#include <fstream>

#include "plugin/fixtures.hpp"

namespace {

using fixtures::Folder;
using subnetd::plugin::Quarantine;

const std::string one(64, '1');
const std::string two(64, '2');

TEST(Quarantine, RemembersForTheNextStart) {
  const Folder folder;
  const auto state = folder.path() / "j.db.plugins";
  ASSERT_TRUE(Quarantine(state).add(one, "/opt/a.sbn.so", "vendor.a", "crashed in detect"));
  const auto record = Quarantine(state).find(one);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->sha256, one);
  EXPECT_EQ(record->file, "/opt/a.sbn.so");
  EXPECT_EQ(record->id, "vendor.a");
  EXPECT_EQ(record->reason, "crashed in detect");
  EXPECT_GT(record->at_ms, 1'700'000'000'000);
}

TEST(Quarantine, HoldsOneFileAndNoOther) {
  const Folder folder;
  const Quarantine quarantine(folder.path());
  ASSERT_TRUE(quarantine.add(one, "a", "", "x"));
  EXPECT_FALSE(quarantine.find(two));
}

TEST(Quarantine, KeepsTheFirstReason) {
  const Folder folder;
  const Quarantine quarantine(folder.path());
  ASSERT_TRUE(quarantine.add(one, "a", "", "the cause"));
  ASSERT_TRUE(quarantine.add(one, "a", "", "a consequence"));
  EXPECT_EQ(quarantine.find(one)->reason, "the cause");
}

TEST(Quarantine, LetsAFileGoOnce) {
  const Folder folder;
  const Quarantine quarantine(folder.path());
  ASSERT_TRUE(quarantine.add(one, "a", "", "x"));
  EXPECT_TRUE(quarantine.clear(one).value());
  EXPECT_FALSE(quarantine.find(one));
  EXPECT_FALSE(quarantine.clear(one).value());
}

TEST(Quarantine, ListsInOrderAndLeavesForeignFilesOut) {
  const Folder folder;
  const Quarantine quarantine(folder.path());
  ASSERT_TRUE(quarantine.add(two, "b", "", "y"));
  ASSERT_TRUE(quarantine.add(one, "a", "", "x"));
  std::ofstream(quarantine.folder() / "notes.json") << "{}";
  std::ofstream(quarantine.folder() / (one + ".json.1.0.tmp")) << "half a rec";
  const auto all = quarantine.all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].file, "a");
  EXPECT_EQ(all[1].file, "b");
}

TEST(Quarantine, ADamagedRecordHoldsItsFile) {
  const Folder folder;
  const Quarantine quarantine(folder.path());
  ASSERT_TRUE(quarantine.add(one, "a", "", "x"));
  std::ofstream(quarantine.folder() / (one + ".json")) << "{\"file\":";
  const auto record = quarantine.find(one);
  ASSERT_TRUE(record);
  EXPECT_NE(record->reason.find("damaged"), std::string::npos) << record->reason;
}

TEST(Quarantine, IsEmptyWhereNothingWasEverHeld) {
  const Folder folder;
  EXPECT_TRUE(Quarantine(folder.path() / "none").all().empty());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "none"));
}

TEST(Quarantine, TakesNoPathForAHash) {
  const Folder folder;
  const Quarantine quarantine(folder.path());
  EXPECT_FALSE(quarantine.add("../../etc/x", "a", "", "x"));
  EXPECT_FALSE(quarantine.find("../../etc/x"));
  EXPECT_FALSE(quarantine.clear("../../etc/x").value());
}

}  // namespace
