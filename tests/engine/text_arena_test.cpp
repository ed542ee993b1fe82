// SPDX-License-Identifier: 0BSD
#include "engine/text_arena.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace subnetd::engine {
namespace {

TEST(TextArenaOf, FieldsComeBackAsTheyWerePut) {
  TextArena arena;
  const std::string endpoint(256, 'e');
  const std::string method(511, 'm');
  const std::uint32_t ref = arena.put({"id", "space", endpoint, method, ""});
  const NodeText t = arena.at(ref);
  EXPECT_EQ(t.id, "id");
  EXPECT_EQ(t.name_space, "space");
  EXPECT_EQ(t.endpoint, endpoint);
  EXPECT_EQ(t.method, method);
  EXPECT_EQ(t.task, "");
  EXPECT_EQ(arena.id_at(ref), "id");
}

TEST(TextArenaOf, ALongIdKeepsItsLength) {
  TextArena arena;
  const std::string id(300, 'i');
  EXPECT_EQ(arena.id_at(arena.put({id, "", "", "", ""})), id);
}

// 64 bytes a record divide a chunk without rest: the next one needs a chunk of its own.
TEST(TextArenaOf, AChunkThatIsExactlyFullIsFollowedByAnother) {
  TextArena arena;
  const std::string id(58, 'i');
  std::vector<std::uint32_t> refs;
  for (int i = 0; i < (1 << 20) / 64 + 2; ++i) refs.push_back(arena.put({id, "", "", "", ""}));
  EXPECT_EQ(arena.memory_bytes(), 2u << 20);
  EXPECT_EQ(arena.id_at(refs.front()), id);
  EXPECT_EQ(arena.id_at(refs.back()), id);
}

TEST(TextArenaOf, TextsThatDoNotFitTheRestOfAChunkBeginTheNext) {
  TextArena arena;
  const std::string id(300, 'i');
  std::vector<std::uint32_t> refs;
  for (int i = 0; i < 10'000; ++i) refs.push_back(arena.put({id, "", "", "", ""}));
  for (std::uint32_t ref : refs) ASSERT_EQ(arena.id_at(ref), id);
}

TEST(TextArenaOf, DroppedTextIsCounted) {
  TextArena arena;
  const std::uint32_t ref = arena.put({"id", "", "", "", ""});
  EXPECT_EQ(arena.live_bytes(), 8u);
  arena.drop(ref);
  EXPECT_EQ(arena.live_bytes(), 0u);
  EXPECT_EQ(arena.dead_bytes(), 8u);
}

TEST(TextArenaOf, ACopyIsItsOwn) {
  TextArena arena;
  const std::uint32_t ref = arena.put({"id", "", "", "", ""});
  const TextArena copy = arena;
  arena = TextArena();
  EXPECT_EQ(copy.id_at(ref), "id");
  TextArena self = copy;
  TextArena& alias = self;
  self = alias;
  EXPECT_EQ(self.id_at(ref), "id");
}

}  // namespace
}  // namespace subnetd::engine
