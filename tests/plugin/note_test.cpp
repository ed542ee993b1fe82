// SPDX-License-Identifier: 0BSD
#include "plugin/note.hpp"

#include <gtest/gtest.h>

#include "plugin/fixtures.hpp"
#include "plugin/plugin_file.hpp"

namespace {

using namespace fixtures;

TEST(Note, HoldsIdVersionAndAbi) {
  const auto bytes = plugin::read_plugin_file(path_of("good_detector"));
  ASSERT_TRUE(bytes);
  const auto note = plugin::read_note(*bytes);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->id, "fixture.good_detector");
  EXPECT_EQ(note->version, "1.0.0");
  EXPECT_EQ(note->abi_major, 1);
}

TEST(Note, IsAnErrorAndNeverACrashForEveryLengthOfAFile) {
  const auto whole = plugin::read_plugin_file(path_of("good_detector"));
  ASSERT_TRUE(whole);
  std::size_t good = 0;
  for (std::size_t size = 0; size < whole->size(); ++size) {
    const std::vector<std::uint8_t> cut(whole->begin(), whole->begin() + static_cast<long>(size));
    good += plugin::read_note(cut) ? 1 : 0;
  }
  EXPECT_LT(good, whole->size());
}

TEST(Note, IsReadOrRefusedWithAnyByteOfTheHeadersChanged) {
  auto bytes = *plugin::read_plugin_file(path_of("good_detector"));
  std::size_t refused = 0;
  for (std::size_t at = 0; at < 1024; ++at) {
    for (const int value : {0x00, 0x7f, 0xff}) {
      const std::uint8_t before = bytes[at];
      bytes[at] = static_cast<std::uint8_t>(value);
      const auto note = plugin::read_note(bytes);
      if (!note) ++refused;
      if (note) {
        EXPECT_TRUE(plugin::is_plugin_name(note->id));
      }
      bytes[at] = before;
    }
  }
  EXPECT_GT(refused, 0u);
}

TEST(Note, RefusesAnIdThatATerminalWouldObey) {
  auto bytes = *plugin::read_plugin_file(path_of("good_detector"));
  const std::string id = "fixture.good_detector";
  const auto at = std::search(bytes.begin(), bytes.end(), id.begin(), id.end());
  ASSERT_NE(at, bytes.end());
  for (auto found = at; found != bytes.end();
       found = std::search(found, bytes.end(), id.begin(), id.end())) {
    *found = 0x1b;
  }
  EXPECT_FALSE(plugin::read_note(bytes));
}

TEST(Note, IsFoundBehindANoteOfAnotherAlignment) {
  // One segment, aligned to 8: a note "GNU" of 4 bytes, then ours.
  std::vector<std::uint8_t> file(64 + 56, 0);
  const auto put = [&](std::size_t at, const auto& value) {
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
    if (file.size() < at + sizeof(value)) file.resize(at + sizeof(value));
    std::copy(raw, raw + sizeof(value), file.begin() + static_cast<long>(at));
  };
  const auto whole = *plugin::read_plugin_file(path_of("good_detector"));
  std::copy(whole.begin(), whole.begin() + 64, file.begin());
  put(32, std::uint64_t{64});  // e_phoff
  put(40, std::uint64_t{0});   // e_shoff
  put(56, std::uint16_t{1});   // e_phnum
  put(60, std::uint16_t{0});   // e_shnum
  put(64, std::uint32_t{4});   // PT_NOTE
  put(64 + 8, std::uint64_t{120});
  put(64 + 48, std::uint64_t{8});
  for (const std::uint32_t word : {4u, 4u, 5u, 0x00554e47u, 1u, 0u}) put(file.size(), word);
  sbn_note raw{};
  raw.abi_major = 7;
  raw.id[0] = 'x';
  raw.version[0] = '1';
  for (const std::uint32_t word : {8u, 96u, 1u}) put(file.size(), word);
  put(file.size(), std::to_array("subnetd"));
  put(file.size(), std::uint32_t{0});  // to a multiple of 8
  put(file.size(), raw);
  put(64 + 32, std::uint64_t{file.size() - 120});
  const auto note = plugin::read_note(file);
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->abi_major, 7);
}

}  // namespace
