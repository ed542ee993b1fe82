// SPDX-License-Identifier: 0BSD
// parallel_for: every index once, and control bits that no body leaves to the next.
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "plugin/fp_guard.hpp"
#include "plugin/instance.hpp"
#include "plugin/services.hpp"

namespace {

using subnetd::plugin::find_service;
using subnetd::plugin::str;

const sbn_executor& executor() {
  return *static_cast<const sbn_executor*>(find_service(str(SBN_SERVICE_EXECUTOR)));
}

TEST(Executor, RunsEveryIndexOnceAndIsDoneWhenItReturns) {
  std::vector<std::atomic<int>> hits(10'000);
  executor().parallel_for(nullptr, hits.size(), [](void* arg, std::uint64_t i) {
    ++(*static_cast<std::vector<std::atomic<int>>*>(arg))[i];
  }, &hits);
  for (const auto& hit : hits) EXPECT_EQ(hit.load(), 1);
  EXPECT_GE(executor().width(nullptr), 1u);
}

TEST(Executor, RunsNothingForNone) {
  executor().parallel_for(nullptr, 0, [](void*, std::uint64_t) { FAIL(); }, nullptr);
}

#if defined(__x86_64__)
TEST(Executor, StartsEachBodyWithTheSameControlBits) {
  std::atomic<int> dirty{0};
  executor().parallel_for(nullptr, 1'000, [](void* arg, std::uint64_t) {
    if ((_mm_getcsr() & 0x8040u) != 0) ++*static_cast<std::atomic<int>*>(arg);
    _mm_setcsr(_mm_getcsr() | 0x8040u);
  }, &dirty);
  EXPECT_EQ(dirty.load(), 0);
  EXPECT_EQ(_mm_getcsr() & 0x8040u, 0u);
}
#endif

}  // namespace
