// SPDX-License-Identifier: 0BSD
// What the host refuses to load, and how it says so.
#include "plugin/library.hpp"

#include <fstream>

#include "plugin/fixtures.hpp"
#include "plugin/plugin_file.hpp"

namespace {

using namespace fixtures;

// The refusal of a file: one line that begins with the file's name, and a way out.
void expect_refused(const std::filesystem::path& file, const std::string& part,
                    const std::string& hint = "") {
  const auto opened = plugin::Library::open(file);
  ASSERT_FALSE(opened) << file;
  EXPECT_EQ(opened.error().code, Errc::plugin);
  EXPECT_TRUE(opened.error().message.starts_with(file.string() + ": ")) << opened.error().message;
  EXPECT_NE(opened.error().message.find(part), std::string::npos) << opened.error().message;
  EXPECT_NE(opened.error().hint.find(hint), std::string::npos) << opened.error().hint;
  EXPECT_FALSE(opened.error().hint.empty());
}

TEST(Library, OpensAGoodPluginOfEachKind) {
  for (const char* kind : {"detector", "matcher", "validator", "emission"}) {
    const auto opened = plugin::Library::open(path_of("good_" + std::string(kind)));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->id(), "fixture.good_" + std::string(kind));
    EXPECT_EQ((*opened)->components().at(0).kind, "subnet." + std::string(kind) + "/1");
    EXPECT_EQ((*opened)->sha256().size(), 64u);
  }
}

TEST(Library, RefusesAFileWithoutANote) {
  expect_refused(path_of("no_note"), "no identity note", "SBN_NOTE");
}

TEST(Library, RefusesAnotherMajorAndSaysWantedHaveAndWhatToDo) {
  expect_refused(path_of("wrong_major"), "wanted ABI 2.0 or later of that major, have 1.0",
                 "update subnetd");
}

TEST(Library, RefusesAPluginThatNeedsANewerHost) {
  expect_refused(path_of("min_minor_too_new"), "wanted ABI 1.99", "update subnetd");
}

TEST(Library, RefusesANoteThatTheDescriptorContradicts) {
  expect_refused(
      path_of("note_disagrees"),
      "note says fixture.note_disagrees 2.0.0, descriptor says fixture.note_disagrees 1.0.0");
}

TEST(Library, RefusesFlagsItMustUnderstandAndDoesNot) {
  expect_refused(path_of("unknown_flag"), "65536", "update subnetd");
}

TEST(Library, RefusesAKindThatMustBeDeterministicAndDoesNotClaimIt) {
  expect_refused(path_of("not_deterministic"), "wanted SBN_F_DETERMINISTIC", "set the flag");
}

TEST(Library, RefusesATableWithAnEmptySlot) {
  expect_refused(path_of("no_slot"), "wanted slot detect");
}

TEST(Library, RefusesASchemaWithARuleItWouldNotHoldTo) {
  expect_refused(path_of("odd_schema"), "does not know the rule \"pattern\"");
}

TEST(Library, RefusesAMissingSymbolWhenLoadingAndNamesIt) {
  expect_refused(path_of("undefined"), "no_such_function_anywhere", "-z,defs");
}

TEST(Library, RefusesAForeignProgram) {
  expect_refused("/bin/true", "no subnet plugin");
}

TEST(Library, RefusesATextFileATruncatedFileAndAnEmptyOne) {
  const Folder folder;
  std::ofstream(folder.path() / "text.sbn.so") << "#!/bin/sh\necho hello\n";
  expect_refused(folder.path() / "text.sbn.so", "no ELF file");
  std::ofstream(folder.path() / "empty.sbn.so");
  expect_refused(folder.path() / "empty.sbn.so", "no ELF file");
  for (const int part : {2, 3, 10, 100}) {
    const auto cut = folder.copy("good_detector", "cut" + std::to_string(part) + ".sbn.so");
    std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / part);
    EXPECT_FALSE(plugin::Library::open(cut)) << part;
  }
}

TEST(Library, RefusesAMissingFileAFolderAPipeAndARelativePath) {
  const Folder folder;
  expect_refused(folder.path() / "absent.sbn.so", "No such file");
  expect_refused(folder.path(), "no regular file");
  ASSERT_EQ(mkfifo((folder.path() / "pipe.sbn.so").c_str(), 0600), 0);
  expect_refused(folder.path() / "pipe.sbn.so", "no regular file");
  expect_refused("good_detector.sbn.so", "wanted an absolute path");
}

TEST(Library, RefusesItsOwnProgram) {
  expect_refused("/proc/self/exe", "own program");
}

TEST(Library, RefusesWhatEverybodyMayWrite) {
  const Folder folder;
  const auto file = folder.copy("good_detector", "open.sbn.so");
  std::filesystem::permissions(file, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  expect_refused(file, "may be written by everybody", "chmod o-w");
}

TEST(Library, RefusesAFileBelowAFolderThatEverybodyMayWrite) {
  const Folder folder;
  std::filesystem::create_directories(folder.path() / "open" / "inner");
  std::filesystem::copy_file(path_of("good_detector"), folder.path() / "open/inner/a.sbn.so");
  ASSERT_TRUE(plugin::Library::open(folder.path() / "open/inner/a.sbn.so"));
  std::filesystem::permissions(folder.path() / "open", std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  expect_refused(folder.path() / "open/inner/a.sbn.so", "everybody may write", "chmod o-w");
}

TEST(Library, HoldsAPinAgainstTheFile) {
  const auto good = plugin::Library::open(path_of("good_detector"));
  ASSERT_TRUE(good);
  EXPECT_TRUE(plugin::Library::open(path_of("good_detector"), (*good)->sha256()));
  const auto other = plugin::Library::open(path_of("good_detector"), std::string(64, '0'));
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("have " + (*good)->sha256()), std::string::npos);
}

TEST(Library, LoadsTheBytesItCheckedAlthoughTheFileIsReplacedLater) {
  const Folder folder;
  const auto file = folder.copy("good_detector", "a.sbn.so");
  const auto first = plugin::Library::open(file);
  ASSERT_TRUE(first);
  std::filesystem::copy_file(path_of("good_emission"), file,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ((*first)->components().at(0).raw->kind.len, std::string("subnet.detector/1").size());
  const auto second = plugin::Library::open(file);
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->id(), "fixture.good_emission");
}

#if defined(__x86_64__)
TEST(Library, RefusesAPluginThatFlushesDenormalsEachTimeAndRestoresTheControlBits) {
  volatile float tiny = 1e-39f;
  for (int attempt = 0; attempt < 2; ++attempt) {
    expect_refused(path_of("fast_math"), "floating-point control bits", "-ffast-math");
    EXPECT_NE(tiny * 0.5f, 0.0f);
  }
}
#endif

TEST(Catalogue, ListsTheSecondFileOfAnIdAsRefusedAndNamesBoth) {
  const Folder folder;
  folder.copy("good_detector", "a.sbn.so");
  folder.copy("good_detector", "b.sbn.so");
  folder.copy("wrong_major", "c.sbn.so");
  const auto catalogue = plugin::Catalogue::open({folder.path()});
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->libraries().size(), 1u);
  ASSERT_EQ(catalogue->refusals().size(), 2u);
  const std::string& why = catalogue->refusals()[0].error.message;
  EXPECT_NE(why.find("b.sbn.so"), std::string::npos) << why;
  EXPECT_NE(why.find("already taken by " + (folder.path() / "a.sbn.so").string()),
            std::string::npos);
}

TEST(Catalogue, HoldsThePinOfAFileThatAlsoLiesInASearchedFolder) {
  const Folder folder;
  const auto file = folder.copy("good_detector", "a.sbn.so");
  const auto catalogue =
      plugin::Catalogue::open({folder.path() / "."}, {{file, std::string(64, '0')}});
  ASSERT_TRUE(catalogue);
  EXPECT_TRUE(catalogue->libraries().empty());
  EXPECT_EQ(catalogue->refusals().size(), 1u);
}

TEST(Catalogue, FindsAComponentByFullIdAndByBareNameAndGuesses) {
  const auto catalogue = plugin::Catalogue::open({}, {{path_of("good_detector"), ""}});
  ASSERT_TRUE(catalogue);
  EXPECT_TRUE(catalogue->find("subnet.detector/1", "good_detector"));
  EXPECT_TRUE(catalogue->find("subnet.detector/1", "fixture.good_detector/good_detector"));
  EXPECT_FALSE(catalogue->find("subnet.matcher/1", "good_detector"));
  const auto typo = catalogue->find("subnet.detector/1", "good_detectr");
  ASSERT_FALSE(typo);
  EXPECT_EQ(typo.error().code, Errc::config);
  EXPECT_NE(typo.error().hint.find("did you mean \"good_detector\"?"), std::string::npos);
}

TEST(Catalogue, RefusesAFolderThatIsNotThere) {
  const auto catalogue = plugin::Catalogue::open({"/nowhere/at/all"});
  ASSERT_FALSE(catalogue);
  EXPECT_EQ(catalogue.error().code, Errc::config);
}

}  // namespace
