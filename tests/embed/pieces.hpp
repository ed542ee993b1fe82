// SPDX-License-Identifier: 0BSD
// Small plugins of a program's own, and a host that has the built-in ones beside them.
#pragma once

#include <gtest/gtest.h>

#include <subnet/in_program.hpp>
#include <subnetd/host.hpp>

namespace subnetd::embed {

inline constexpr std::string_view no_settings =
    R"({"type":"object","additionalProperties":false,"properties":{}})";

// Declares a type that no built-in detector knows.
struct Weather {
  static constexpr std::string_view id = "weather", summary = "By the prefix", schema = no_settings;
  static constexpr std::array<std::string_view, 1> types{"weather"};
  void detect(const subnet::call&, const subnet::names& names, subnet::detect_sink& out) const {
    for (size_t i = 0; i < names.size(); ++i) {
      out.set(i, names[i].starts_with("weather") ? 1 : 0, 990'000);
    }
  }
  std::string explain(std::string_view) const { return "the program says so"; }
};

// Everybody to the last validator.
struct Last {
  static constexpr std::string_view id = "last", summary = "To the last", schema = no_settings;
  void load(const subnet::call&, const subnet::match_view&) {}
  void propose(const subnet::call& call, const subnet::match_view& view, subnet::match_events,
               subnet::moves& out) {
    solve(call, view, out);
  }
  void observe(const subnet::call&, const subnet::match_view&, subnet::match_events,
               subnet::match_moves) {}
  void solve(const subnet::call&, const subnet::match_view& view, subnet::moves& out) const {
    if (view.validators() == 0) return;
    const auto last = static_cast<uint32_t>(view.validators() - 1);
    for (uint32_t miner = 0; miner < view.miners(); ++miner) {
      if (view.miner_state()[miner] != SBN_SLOT_OPEN) continue;
      if (view.current(miner)[0] == SBN_NONE) out.match(miner, 0, last);
    }
  }
};

// Scores without asking anybody, by a number of its program.
class Fixed {
 public:
  static constexpr std::string_view id = "fixed", summary = "One score", schema = no_settings;
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC | SBN_F_JUDGES_ALONE;
  explicit Fixed(uint32_t score_ppm) : score_ppm_(score_ppm) {}
  void begin(const subnet::call&, const subnet::validate_request& request,
             subnet::validate_sink& sink) {
    sink.scored(request.number(), 0, score_ppm_, "as the program wants it");
  }
  void step(const subnet::call&, const subnet::reply&, subnet::validate_sink&) {}
  void forget(uint64_t) {}

 private:
  uint32_t score_ppm_;
};

// A part of the budget, from the settings, to the first node; the rest to nobody.
class First {
 public:
  static constexpr std::string_view id = "first", summary = "To the first";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{"percent":{"type":"integer","minimum":1,"maximum":100,"default":50}}})";
  explicit First(const subnet::context& cx)
      : percent_(static_cast<uint64_t>(cx.config.i64("percent", 50))) {}
  void compute(const subnet::call&, const subnet::emission_in& in, subnet::emission_out& out) {
    const uint64_t part = in.size() == 0 ? 0 : in.budget_nano() * percent_ / 100;
    if (part != 0) out.amount_nano()[0] = part;
    out.unallocated_nano(in.budget_nano() - part);
  }

 private:
  uint64_t percent_;
};

// The built-in plugins; no validation is due and no epoch ends by itself. `more` adds sections.
inline Host::Options options(const std::string& more = {}) {
  Host::Options out;
  out.config = "plugins.search = [\"" SUBNETD_BINARY_DIR
               "/plugins\"]\nplugins.isolation = \"inproc\"\nprober.allow_private = true\n"
               "validation.interval_s = 31622400\nemission.epoch_s = 31622400\n"
               "emission.budget_nano = 1000\n" +
               more;
  return out;
}

inline std::unique_ptr<Host> must_start(Host::Options options) {
  auto host = Host::start(std::move(options));
  EXPECT_TRUE(host) << (host ? "" : host.error().message);
  return host ? std::move(*host) : nullptr;
}

inline Host::MinerRecord chat(const std::string& id) {
  return {.id = id, .name_space = "my-llama-3", .endpoint = "http://127.0.0.1:9"};
}
inline Host::ValidatorRecord judge(const std::string& id) {
  return {.id = id, .endpoint = "http://127.0.0.1:9", .specializations = {"*"}, .capacity = 10};
}

// What failed, or nothing.
template <class T>
std::string code_of(const Host::Result<T>& result) {
  return result ? "" : result.error().code;
}

}  // namespace subnetd::embed
