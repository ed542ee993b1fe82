// SPDX-License-Identifier: 0BSD
#include "observe/log.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace subnetd::observe {
namespace {

using namespace std::chrono_literals;

class LogTest : public testing::Test {
 protected:
  std::vector<std::string> lines_;
  std::chrono::system_clock::time_point now_{1'700'000'000'123'456us};
  Log::Output output_ = [this](std::string_view line) { lines_.emplace_back(line); };
  Log::Clock clock_ = [this] { return now_; };
  Log json_{Level::debug, LogFormat::json, output_, clock_};
  Log text_{Level::debug, LogFormat::text, output_, clock_};
};

TEST_F(LogTest, WritesOneJsonObjectALine) {
  json_.info("journal.snapshot", "written",
             {{"facts", 12u}, {"path", "a b"}, {"ok", true}, {"d", -1}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(
      lines_[0],
      "{\"ts\":\"2023-11-14T22:13:20.123456Z\",\"level\":\"info\",\"event\":\"journal.snapshot\","
      "\"msg\":\"written\",\"facts\":12,\"path\":\"a b\",\"ok\":true,\"d\":-1}\n");
}

TEST_F(LogTest, WritesTextForPeople) {
  text_.warn("http.slow", "a slow client", {{"ms", 5}, {"host", "a b"}, {"path", "/x"}});
  EXPECT_EQ(
      lines_.at(0),
      "2023-11-14T22:13:20.123456Z warn http.slow: a slow client ms=5 host=\"a b\" path=/x\n");
}

TEST_F(LogTest, LetsNoControlByteThrough) {
  for (Log* log : {&json_, &text_}) {
    lines_.clear();
    log->info("e", "a\x1b[31m\r\nb\x7f\x9b", {{"f", std::string_view("\0\"\\", 3)}});
    const std::string& line = lines_.at(0);
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      EXPECT_TRUE(line[i] >= 0x20 && line[i] < 0x7f) << static_cast<int>(line[i]);
    }
    EXPECT_NE(line.find("a\\u001b[31m\\u000d\\nb\\u007f\\u009b"), line.npos);
    EXPECT_NE(line.find("\\u0000\\\"\\\\"), line.npos);
  }
}

TEST_F(LogTest, NeverPassesTheLineCap) {
  const std::string long_text(100'000, '\x01');
  json_.info("e", long_text, {{"a", long_text}, {"b", long_text}});
  EXPECT_LE(lines_.at(0).size(), log_line_bytes_max);
  EXPECT_TRUE(lines_.at(0).ends_with("}\n"));
}

TEST_F(LogTest, HoldsRepeatsBackAndSaysHowMany) {
  for (std::uint32_t i = 0; i < log_repeats_max + 7; ++i) json_.info("loud", "again");
  EXPECT_EQ(lines_.size(), log_repeats_max);
  json_.info("quiet", "other events are not held back");
  EXPECT_EQ(lines_.size(), log_repeats_max + 1);
  now_ += log_window;
  json_.info("loud", "later");
  ASSERT_EQ(lines_.size(), log_repeats_max + 3);
  EXPECT_NE(lines_[log_repeats_max + 1].find("suppressed 7 lines of this event"),
            std::string::npos);
  EXPECT_NE(lines_[log_repeats_max + 2].find("later"), std::string::npos);
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  Log log(Level::warn, LogFormat::json, output_, clock_);
  log.info("e", "m");
  log.warn("e", "m");
  EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(LogTest, KeepsLinesWholeWhenThreadsWriteAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 20; ++i) json_.info("e", "m");
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(lines_.size(), 80u);
  for (const std::string& line : lines_) EXPECT_EQ(line, lines_[0]);
}

TEST(LogWords, AreThoseOfTheConfiguration) {
  EXPECT_EQ(level_of("debug"), Level::debug);
  EXPECT_EQ(level_of("error"), Level::error);
  EXPECT_EQ(format_of("json"), LogFormat::json);
  EXPECT_EQ(format_of("text"), LogFormat::text);
}

}  // namespace
}  // namespace subnetd::observe
