// SPDX-License-Identifier: 0BSD
#include "engine/id_index.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace subnetd::engine {
namespace {

struct Indexed : ::testing::Test {
  std::vector<std::string> ids;
  IdIndex index;

  auto id_of() {
    return [this](std::uint32_t slot) { return std::string_view(ids[slot]); };
  }
  void fill(std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) {
      ids.push_back("node-" + std::to_string(i));
      index.insert(i, id_of());
    }
  }
};

TEST_F(Indexed, NothingIsFoundInAnEmptyOne) {
  EXPECT_EQ(index.find("x", id_of()), IdIndex::empty);
}

TEST_F(Indexed, EveryIdIsFound) {
  fill(5000);
  for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(index.find(ids[i], id_of()), i);
  EXPECT_EQ(index.find("node-5000", id_of()), IdIndex::empty);
}

TEST_F(Indexed, ManyAtOnceAreFoundBesideThoseThatWereThere) {
  fill(100);
  std::vector<std::uint32_t> more;
  for (std::uint32_t i = 100; i < 5000; ++i) {
    ids.push_back("node-" + std::to_string(i));
    more.push_back(i);
  }
  index.insert_all(more, id_of());
  for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(index.find(ids[i], id_of()), i);
  EXPECT_EQ(index.find("node-5000", id_of()), IdIndex::empty);
}

TEST_F(Indexed, ErasingKeepsTheOthersReachable) {
  fill(5000);
  for (std::uint32_t i = 0; i < 5000; i += 3) index.erase(i, id_of());
  for (std::uint32_t i = 0; i < 5000; ++i) {
    ASSERT_EQ(index.find(ids[i], id_of()), i % 3 == 0 ? IdIndex::empty : i);
  }
}

TEST_F(Indexed, RoomMadeAtOnceDoesNotGrow) {
  index.reserve(1000, id_of());
  const std::uint64_t bytes = index.memory_bytes();
  fill(1000);
  EXPECT_EQ(index.memory_bytes(), bytes);
  index.reserve(10, id_of());
  EXPECT_EQ(index.memory_bytes(), bytes);
}

}  // namespace
}  // namespace subnetd::engine
