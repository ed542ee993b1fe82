// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/testing.hpp>

namespace {

using subnet::testing::fake_call;
using subnet::testing::fake_host;

TEST(Services, SettingsAreReadByPathWithFallbacks) {
  fake_host host(R"({"a":{"b":[1,"two",true,0.5]},"names":["x","y"]})");
  const subnet::context cx(host.raw(), host.settings());
  EXPECT_EQ(cx.config.i64("a.b.0", 9), 1);
  EXPECT_EQ(cx.config.text("a.b.1", ""), "two");
  EXPECT_TRUE(cx.config.flag("a.b.2", false));
  EXPECT_EQ(cx.config.f64("a.b.3", 0), 0.5);
  EXPECT_EQ(cx.config.i64("a.c", 9), 9);
  EXPECT_EQ(cx.config.count("a.b"), 4u);
  EXPECT_EQ(cx.config.texts("names", {}), (std::vector<std::string>{"x", "y"}));
}

TEST(Services, AHostWithoutServicesGivesFallbacks) {
  const sbn_host bare{sizeof(sbn_host), 0, nullptr, nullptr, nullptr, nullptr};
  const subnet::context cx(&bare, "{}");
  EXPECT_EQ(cx.config.i64("x", 3), 3);
  EXPECT_EQ(cx.threads.width(), 1u);
  cx.logger.info("unheard");
  cx.metric.add(cx.metric.counter("n", "help"), 1);
  int ran = 0;
  cx.threads.parallel_for(3, [&](uint64_t) { ++ran; });
  EXPECT_EQ(ran, 3);
}

TEST(Services, TheGeneratorIsAFunctionOfSeedStreamAndIndex) {
  fake_host host;
  const subnet::context cx(host.raw(), "{}");
  const fake_call one(1), same(1), other(2);
  const auto value = cx.random.u64(subnet::call(one.raw()), 3, 4);
  EXPECT_EQ(value, cx.random.u64(subnet::call(same.raw()), 3, 4));
  EXPECT_NE(value, cx.random.u64(subnet::call(other.raw()), 3, 4));
  EXPECT_NE(value, cx.random.u64(subnet::call(one.raw()), 4, 4));
  EXPECT_NE(value, cx.random.u64(subnet::call(one.raw()), 3, 5));
}

TEST(Services, LogsMetricsAndScratchReachTheHost) {
  fake_host host;
  const subnet::context cx(host.raw(), "{}");
  cx.logger.warn("hot");
  cx.metric.add(cx.metric.counter("seen", "rows"), 2);
  EXPECT_EQ(host.lines, std::vector<std::string>{"hot"});
  EXPECT_EQ(host.metric_values, std::vector<double>{2});
  const fake_call call;
  const auto memory = subnet::call(call.raw()).scratch<uint64_t>(10);
  EXPECT_EQ(memory.size(), 10u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.data()) % alignof(uint64_t), 0u);
}

TEST(Services, AnExceptionOfAParallelBodyIsThrownToTheCaller) {
  fake_host host;
  const subnet::context cx(host.raw(), "{}");
  EXPECT_THROW(cx.threads.parallel_for(4,
                                       [](uint64_t i) {
                                         if (i == 2) throw std::runtime_error("two");
                                       }),
               std::runtime_error);
}

}  // namespace
