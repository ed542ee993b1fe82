// SPDX-License-Identifier: 0BSD
#include "net/spawn.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "loopback.hpp"
#include "net/deadline.hpp"

namespace subnetd::net {
namespace {

std::string reported;

asio::awaitable<void> throws() {
  throw std::runtime_error("boom");
  co_return;
}

asio::awaitable<int> answers(std::int64_t after_ms) {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(after_ms));
  co_await timer.async_wait(asio::use_awaitable);
  co_return 7;
}

TEST(Spawn, ReportsAnEscapingExceptionByName) {
  const FaultSink before = set_fault_sink([](std::string_view name, std::string_view what) {
    reported = std::string(name) + ": " + std::string(what);
  });
  asio::io_context io;
  spawn(io.get_executor(), "the task", throws());
  io.run();
  set_fault_sink(before);
  EXPECT_EQ(reported, "the task: boom");
}

TEST(Deadline, GivesTheResultWhenItComesInTime) {
  IoThread io;
  EXPECT_EQ(io.await(with_deadline(answers(0), 60'000, "the answer")), 7);
}

TEST(Deadline, NamesWhatTookTooLong) {
  IoThread io;
  const auto result = io.await(with_deadline(answers(60'000), 5, "the answer"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timeout);
  EXPECT_EQ(result.error().message, "the answer took longer than 5 ms");
}

}  // namespace
}  // namespace subnetd::net
