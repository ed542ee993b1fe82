// SPDX-License-Identifier: 0BSD
// Text builders and cursors, without a server.
#include "api/views.hpp"

#include <gtest/gtest.h>

#include "api/events.hpp"
#include "api/object_text.hpp"
#include "api/query.hpp"

namespace subnetd::api {
namespace {

TEST(Times, AreRfc3339InUtcWithMilliseconds) {
  std::string out;
  append_time(out, 1'767'225'600'007);
  append_time(out, 951'782'399'999);
  EXPECT_EQ(out, "\"2026-01-01T00:00:00.007Z\"\"2000-02-28T23:59:59.999Z\"");
}

TEST(Times, AreReadBackAsWritten) {
  const std::array<Param, 1> known{Param{"since", "{}", ""}};
  const auto time = [&](const std::string& text) {
    return *Query::read("since=" + text, known)->time_ms("since");
  };
  EXPECT_EQ(time("2026-01-01T00:00:00.007Z"), 1'767'225'600'007);
  EXPECT_EQ(time("2026-01-01T00:00:00Z"), 1'767'225'600'000);
  EXPECT_EQ(time("1767225600007"), 1'767'225'600'007);
}

TEST(Objects, EscapeTextAndCloseThemselves) {
  std::string out;
  ObjectText(out).text("a", "x\"y\n").text_or_null("b", "").number("c", 7).flag("d", true);
  EXPECT_EQ(out, R"({"a":"x\"y\n","b":null,"c":7,"d":true})");
}

TEST(Cursors, ComeBackOnlyToTheirList) {
  const std::string cursor = make_cursor("miners", "1000");
  EXPECT_EQ(*read_cursor("miners", cursor), "1000");
  EXPECT_FALSE(read_cursor("matches", cursor));
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string mangled = cursor;
    mangled[i] = mangled[i] == '0' ? '1' : '0';
    EXPECT_FALSE(read_cursor("miners", mangled)) << i;
    EXPECT_FALSE(read_cursor("miners", cursor.substr(0, i))) << i;
  }
}

TEST(Events, OfTheEnginesOwnClockAreSilent) {
  const engine::State state;
  EXPECT_EQ(sse_event(state, {1, engine::Due{}}), "");
  EXPECT_EQ(sse_event(state, {1, engine::Rebalancing{}}), "");
  EXPECT_EQ(sse_event(state, {1, engine::SignedWrite{7, 9}}), "");
  EXPECT_EQ(sse_event(state, {1, engine::Verdict{.miner = 5}}), "");
  EXPECT_EQ(sse_event(state, {0, engine::EpochHeld{3, "no\nline"}}),
            "event: epoch_held\ndata: {\"at\":\"1970-01-01T00:00:00.000Z\",\"epoch\":3,"
            "\"reason\":\"no\\nline\"}\n\n");
}

TEST(Events, OfARemovalSayWhoIsRemoved) {
  engine::State state;
  state.validators.push_back({.record = {.id = "v1"}});
  EXPECT_EQ(sse_event(state, {0, engine::NodeRemoved{Role::validator, 0}}),
            "event: node_removed\ndata: {\"at\":\"1970-01-01T00:00:00.000Z\","
            "\"role\":\"validator\",\"id\":\"v1\"}\n\n");
}

}  // namespace
}  // namespace subnetd::api
