// SPDX-License-Identifier: 0BSD
// The breaker, the floating-point guard, the services and the limits of one instance.
#include "plugin/instance.hpp"

#include "domain/limits.hpp"
#include "plugin/fixtures.hpp"
#include "subnet/detector.h"
#include "subnet/host.h"

namespace {

using namespace fixtures;
using plugin::Instance;

sbn_status status_of(Instance& instance, sbn_status status, const char* slot = "detect") {
  const auto answer = instance.call(slot, 1, [&](const sbn_call*, sbn_error*) { return status; });
  return answer ? *answer : status;
}

TEST(Instance, SaysWhatCreateSaid) {
  const auto failed = start("create_fails");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::plugin);
  EXPECT_NE(failed.error().message.find("no luck today"), std::string::npos);
  const auto refused = start("config_refused");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::config);
  EXPECT_NE(refused.error().message.find("setting flavour must be sweet"), std::string::npos);
}

TEST(Instance, ChecksSettingsBeforeThePluginSeesThem) {
  const auto refused = start("good_detector", R"({"colour":1})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::config);
}

TEST(Instance, IsDisabledByThreeOwnFaultsInARow) {
  auto instance = must_start("good_detector");
  for (std::size_t i = 1; i < subnetd::limits::plugin_failures_max; ++i) {
    status_of(*instance, SBN_E_INTERNAL);
    EXPECT_FALSE(instance->disabled());
  }
  status_of(*instance, SBN_E_INTERNAL);
  EXPECT_TRUE(instance->disabled());
  const auto after =
      instance->call("detect", 1, [](const sbn_call*, sbn_error*) { return SBN_OK; });
  ASSERT_FALSE(after);
  EXPECT_NE(after.error().message.find("disabled: 3 faults in a row"), std::string::npos);
  EXPECT_NE(after.error().message.find("or a restart: correct its settings, or name another in "
                                       "[[detector]] use"),
            std::string::npos)
      << after.error().message;
}

TEST(Instance, IsDisabledAtOnceWhenItSaysThatItCannotGoOn) {
  auto instance = must_start("good_detector");
  const auto failed = [&](sbn_status status) {
    (void)instance->call("detect", 1, [&](const sbn_call*, sbn_error* err) {
      err->flags = SBN_ERROR_FATAL_TO_INSTANCE;
      return status;
    });
  };
  failed(SBN_OK);
  EXPECT_FALSE(instance->disabled()) << "a flag without a failure says nothing";
  failed(SBN_E_NOMEM);
  EXPECT_TRUE(instance->disabled());
  EXPECT_EQ(instance->stats().failures, 1u);
}

TEST(Instance, ForgivesFaultsWithASuccessBetween) {
  auto instance = must_start("good_detector");
  for (int i = 0; i < 10; ++i) {
    status_of(*instance, SBN_E_INTERNAL);
    status_of(*instance, SBN_E_INTERNAL);
    status_of(*instance, SBN_OK);
  }
  EXPECT_FALSE(instance->disabled());
  EXPECT_EQ(instance->stats().failures, 20u);
}

TEST(Instance, IsNeverDisabledByBadPeers) {
  auto instance = must_start("good_detector");
  for (const sbn_status status : {SBN_E_REMOTE, SBN_E_TIMEOUT, SBN_E_CANCELLED, SBN_E_BUSY}) {
    for (int i = 0; i < 10; ++i) status_of(*instance, status);
  }
  EXPECT_FALSE(instance->disabled());
  EXPECT_EQ(instance->stats().failures, 0u);
}

TEST(Instance, IsDisabledByAnswersThatBreakTheContractEachTime) {
  auto instance = must_start("good_detector");
  for (int i = 0; i < 3; ++i) {
    status_of(*instance, SBN_OK);
    instance->violation("detect", "row 0 is nonsense");
  }
  EXPECT_TRUE(instance->disabled());
  EXPECT_EQ(instance->stats().violations, 3u);
}

TEST(Instance, IsNotExcusedByAnotherSlotThatWorks) {
  auto instance = must_start("good_detector");
  for (int i = 0; i < 3; ++i) {
    status_of(*instance, SBN_OK, "begin");
    status_of(*instance, SBN_E_INTERNAL, "step");
  }
  EXPECT_TRUE(instance->disabled());
}

TEST(Instance, TakesALimitForAFaultWhereNothingCanGrow) {
  auto instance = must_start("good_detector");
  EXPECT_FALSE(instance->call("load", 1, [](const sbn_call*, sbn_error*) { return SBN_E_LIMIT; }));
  EXPECT_TRUE(instance->call(
      "solve", 1, [](const sbn_call*, sbn_error*) { return SBN_E_LIMIT; },
      Instance::Limit::answer));
}

TEST(Instance, StopsWhatIsThrown) {
  auto instance = must_start("good_detector");
  const auto thrown =
      instance->call("detect", 1, [](const sbn_call*, sbn_error*) -> sbn_status { throw 7; });
  ASSERT_FALSE(thrown);
  EXPECT_NE(thrown.error().message.find("exception"), std::string::npos);
}

TEST(Instance, ExplainsNothingWithoutBeingCountedAsAFault) {
  auto instance = must_start("good_detector");
  for (int i = 0; i < 5; ++i) {
    const auto text =
        instance->explain([](const sbn_call*, sbn_sink, sbn_error*) { return SBN_E_UNSUPPORTED; });
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, Errc::not_found);
    EXPECT_FALSE(
        instance->explain([](const sbn_call*, sbn_sink, sbn_error*) { return SBN_E_INTERNAL; }));
  }
  EXPECT_FALSE(instance->disabled());
}

#if defined(__x86_64__)
TEST(Instance, TakesChangedControlBitsForAFaultAndRestoresThem) {
  auto instance = must_start("flips_control_bits");
  const auto answer = instance->call("detect", 0, [&](const sbn_call* call, sbn_error* err) {
    sbn_detect_in in{};
    sbn_detect_out out{};
    return instance->table<sbn_detector>().detect(instance->self(), call, &in, &out, err);
  });
  EXPECT_FALSE(answer);
  volatile float tiny = 1e-39f;
  EXPECT_NE(tiny * 0.5f, 0.0f);
}
#endif

TEST(Scratch, EndsBelowItsCapAndIsFreedBetweenCalls) {
  auto instance = must_start("good_detector");
  for (int i = 0; i < 3; ++i) {
    const auto answer = instance->call("detect", 1, [](const sbn_call* call, sbn_error*) {
      EXPECT_NE(call->scratch(call, 100'000, 64), nullptr);
      EXPECT_NE(call->scratch(call, 0, 1), nullptr);
      EXPECT_EQ(call->scratch(call, 1ull << 40, 8), nullptr);
      EXPECT_EQ(call->scratch(call, ~0ull, 8), nullptr);
      EXPECT_EQ(call->scratch(call, 8, 3), nullptr);
      EXPECT_EQ(call->scratch(call, 8, 1ull << 40), nullptr);
      return SBN_OK;
    });
    EXPECT_TRUE(answer);
  }
}

// What the plugin is given at create, kept by a component of this test's own.
const sbn_host* kept_host = nullptr;

std::unique_ptr<Instance> with_host(plugin::PluginLog log, sbn_component& component,
                                    plugin::ComponentView& view) {
  auto library = plugin::Library::open(path_of("good_detector"));
  EXPECT_TRUE(library);
  component = *(*library)->components().front().raw;
  component.create = [](const sbn_host* host, sbn_str, void**, sbn_error*) -> sbn_status {
    kept_host = host;
    const auto* metrics = static_cast<const sbn_metrics*>(
        host->service(host->ctx_host, plugin::str(SBN_SERVICE_METRICS)));
    std::uint32_t number = 9;
    EXPECT_EQ(metrics->define(host->ctx_host, SBN_METRIC_COUNTER, plugin::str("hits"),
                              plugin::str("Hits"), &number),
              SBN_OK);
    EXPECT_EQ(number, 0u);
    EXPECT_LT(metrics->define(host->ctx_host, SBN_METRIC_COUNTER, plugin::str("hits"),
                              plugin::str(""), &number),
              0);
    EXPECT_LT(metrics->define(host->ctx_host, SBN_METRIC_COUNTER, plugin::str("a{b=\"c\"}"),
                              plugin::str(""), &number),
              0);
    EXPECT_LT(metrics->define(host->ctx_host, 3, plugin::str("x"), plugin::str(""), &number), 0);
    return SBN_OK;
  };
  component.destroy = [](void*) {};
  view = (*library)->components().front();
  view.raw = &component;
  view.schema = R"({"properties":{"a":{"default":1},"b":{"default":2.5},"c":{"default":"x"},
                    "d":{"default":[true]}}})";
  auto made = Instance::create({*library, &view}, "{}", "[test]", std::move(log));
  EXPECT_TRUE(made);
  return std::move(*made);
}

TEST(Services, ReadSettingsByPathAndTellAbsentFromWrong) {
  sbn_component component;
  plugin::ComponentView view;
  auto instance = with_host({}, component, view);
  const auto* settings = static_cast<const sbn_settings*>(
      kept_host->service(kept_host->ctx_host, plugin::str(SBN_SERVICE_SETTINGS)));
  void* ctx = kept_host->ctx_host;
  std::int64_t whole = 0;
  double number = 0;
  std::uint32_t flag = 0;
  std::uint64_t count = 0;
  sbn_str text{};
  EXPECT_EQ(settings->get_i64(ctx, plugin::str("a"), &whole), SBN_OK);
  EXPECT_EQ(whole, 1);
  EXPECT_EQ(settings->get_f64(ctx, plugin::str("a"), &number), SBN_OK);
  EXPECT_EQ(settings->get_i64(ctx, plugin::str("b"), &whole), SBN_E_CONFIG);
  EXPECT_EQ(settings->get_i64(ctx, plugin::str("z"), &whole), SBN_SKIP);
  EXPECT_EQ(settings->get_str(ctx, plugin::str("c"), &text), SBN_OK);
  EXPECT_EQ(plugin::view_of(text), "x");
  EXPECT_EQ(settings->get_count(ctx, plugin::str("d"), &count), SBN_OK);
  EXPECT_EQ(settings->get_bool(ctx, plugin::str("d.0"), &flag), SBN_OK);
  EXPECT_EQ(flag, 1u);
}

TEST(Services, CountMetricsAndLetNobodyDefineThemLater) {
  sbn_component component;
  plugin::ComponentView view;
  auto instance = with_host({}, component, view);
  const auto* metrics = static_cast<const sbn_metrics*>(
      kept_host->service(kept_host->ctx_host, plugin::str(SBN_SERVICE_METRICS)));
  std::uint32_t number = 0;
  EXPECT_LT(metrics->define(kept_host->ctx_host, SBN_METRIC_GAUGE, plugin::str("late"),
                            plugin::str(""), &number),
            0);
  metrics->add(kept_host->ctx_host, 0, 2);
  metrics->add(kept_host->ctx_host, 0, -1);
  metrics->set(kept_host->ctx_host, 0, 77);
  metrics->add(kept_host->ctx_host, 5, 1);
  ASSERT_EQ(instance->metrics().size(), 1u);
  EXPECT_EQ(instance->metrics()[0].value, 2.0);
}

TEST(Services, GiveTheSameBytesAtAnyOffsetOfAStream) {
  sbn_component component;
  plugin::ComponentView view;
  auto instance = with_host({}, component, view);
  const auto* rng = static_cast<const sbn_rng*>(
      kept_host->service(kept_host->ctx_host, plugin::str(SBN_SERVICE_RNG)));
  sbn_call call{};
  call.seed = 42;
  std::array<unsigned char, 100> whole{}, parts{};
  rng->fill(nullptr, &call, 3, 5, whole.data(), whole.size());
  rng->fill(nullptr, &call, 3, 5, parts.data(), 33);
  rng->fill(nullptr, &call, 3, 38, parts.data() + 33, 67);
  EXPECT_EQ(whole, parts);
  rng->fill(nullptr, &call, 4, 5, parts.data(), parts.size());
  EXPECT_NE(whole, parts);
  EXPECT_EQ(kept_host->service(kept_host->ctx_host, plugin::str("subnet.http/1")), nullptr);
}

TEST(Log, IsLimitedASecondAndSaysHowManyLinesWereLeftOut) {
  std::size_t lines = 0;
  sbn_component component;
  plugin::ComponentView view;
  auto instance =
      with_host([&](int, std::string_view, std::string_view) { ++lines; }, component, view);
  for (int i = 0; i < 10'000; ++i)
    kept_host->log(kept_host->ctx_host, SBN_LOG_INFO, plugin::str("x"));
  EXPECT_GE(lines, subnetd::limits::plugin_log_lines_per_s);
  EXPECT_LE(lines, 3 * subnetd::limits::plugin_log_lines_per_s + 3);
}

}  // namespace
