// SPDX-License-Identifier: 0BSD
// A subnet to play with: the engine, a clock in the hand, and a shell that does only what it is
// told. Every fact is kept, so that any test can ask what a replay would make of it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.hpp"

namespace subnetd::engine::testing {

inline constexpr const char* key_a = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
inline constexpr const char* key_b = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

inline Settings plain_settings() {
  Settings s;
  s.budget_nano = 1'000'000;
  s.default_stake_nano = 7;
  s.min_score_ppm = 500'000;
  return s;
}

class Subnet {
 public:
  explicit Subnet(Settings settings = plain_settings()) : settings_(std::move(settings)) { boot(); }

  template <class Body>
  Result<Answer> give(Body body, std::optional<Signer> signer = {}) {
    Input input;
    input.now_ms = now_ms_;
    input.body = std::move(body);
    input.signer = std::move(signer);
    Decision decision = decide(state, input);
    last_facts = decision.facts.size();
    for (const Fact& fact : decision.facts) {
      apply(state, fact, effects);
      facts.push_back(fact);
    }
    return decision.answer;
  }

  Result<Answer> boot() { return give(Boot{settings_, types}); }
  Result<Answer> restart(const Settings& settings) {
    settings_ = settings;
    effects = {};
    return boot();
  }

  static NodeRecord miner_record(std::string id, std::string key = {}) {
    NodeRecord r;
    r.id = std::move(id);
    r.key = std::move(key);
    r.name_space = "acme/chat-7b";
    r.endpoint = "http://10.0.0.1:8000";
    return r;
  }
  static NodeRecord validator_record(std::string id, std::uint32_t capacity = 10,
                                     std::vector<std::string> serves = {"chat"}) {
    NodeRecord r;
    r.id = std::move(id);
    r.endpoint = "http://10.0.0.2:8000";
    r.specializations = std::move(serves);
    r.capacity = capacity;
    return r;
  }
  static Detection detected(std::string type, Ppm confidence = 900'000) {
    Detection d;
    d.model_type = std::move(type);
    d.confidence_ppm = confidence;
    d.detector = "subnet.patterns/patterns";
    return d;
  }

  static Update delegation(std::string id, std::string parent, std::uint16_t fee_bp = 0) {
    Update u;
    u.role = Role::validator;
    u.id = std::move(id);
    u.parent = std::move(parent);
    u.fee_bp = fee_bp;
    return u;
  }

  Result<Answer> add(NodeRecord record, Role role, std::string type = "chat") {
    return give(Register{role, std::move(record), detected(std::move(type)), {}});
  }
  std::uint32_t miner(std::string id, std::string type = "chat", std::string key = {}) {
    add(miner_record(id, std::move(key)), Role::miner, std::move(type)).value();
    return state.find_miner(id);
  }
  std::uint32_t validator(std::string id, std::uint32_t capacity = 10,
                          std::vector<std::string> serves = {"chat"}, std::string key = {}) {
    NodeRecord r = validator_record(id, capacity, std::move(serves));
    r.key = std::move(key);
    add(std::move(r), Role::validator).value();
    return state.find_validator(id);
  }
  Result<Answer> remove(Role role, std::string id) { return give(Remove{role, std::move(id)}); }
  Result<Answer> set(Role role, std::string id, Status status) {
    Update u;
    u.role = role;
    u.id = std::move(id);
    u.status = status;
    return give(std::move(u));
  }

  // One move, as a matcher would answer it.
  Answer match(std::uint32_t miner, std::uint32_t validator, std::uint32_t copy = 0,
               bool rebalance = false) {
    return give(MatchProposed{{{miner, copy, validator, UnmatchedReason::none}}, rebalance})
        .value();
  }
  Answer unmatched(std::uint32_t miner, UnmatchedReason why, std::uint32_t copy = 0) {
    return give(MatchProposed{{{miner, copy, none, why}}, false}).value();
  }
  UnmatchedReason why(std::uint32_t miner, std::uint32_t copy = 0) const {
    return static_cast<UnmatchedReason>(
        state.columns.why[std::size_t{miner} * state.redundancy() + copy]);
  }

  // Opens a validation out of turn; its request number.
  std::uint64_t ask(std::string id) { return give(Validate{std::move(id), {}}).value().request; }
  void end(std::uint64_t request, VerdictOutcome outcome, Ppm score = 0, bool by_agent = false) {
    give(ValidationDone{request, outcome, score, by_agent}).value();
  }
  void score(const std::string& id, Ppm score_ppm) {
    end(ask(id), VerdictOutcome::scored, score_ppm);
  }
  void miss(const std::string& id) { end(ask(id), VerdictOutcome::miner_failed); }

  void wait(std::int64_t ms) { now_ms_ += ms; }
  void tick() { give(Tick{{}, Challenge{1}}).value(); }
  std::int64_t now_ms() const { return now_ms_; }

  const MinerRow& m(std::string_view id) const { return state.miners[state.find_miner(id)]; }
  const ValidatorRow& v(std::string_view id) const {
    return state.validators[state.find_validator(id)];
  }
  template <class Body>
  std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(facts.begin(), facts.end(), [](const Fact& f) {
      return std::holds_alternative<Body>(f.body);
    }));
  }
  template <class Body>
  const Body& last() const {
    for (auto it = facts.rbegin(); it != facts.rend(); ++it) {
      if (const auto* body = std::get_if<Body>(&it->body)) return *body;
    }
    broken("no such fact");
  }
  bool told(MatchEventKind kind, std::uint32_t slot) const {
    const MatchEvent wanted{kind, slot};
    return std::find(effects.match.begin(), effects.match.end(), wanted) != effects.match.end();
  }
  // What the facts alone lead to.
  State replayed() const {
    State again;
    Effects ignored;
    for (const Fact& fact : facts) apply(again, fact, ignored);
    return again;
  }

  State state;
  Effects effects;
  std::vector<Fact> facts;
  std::size_t last_facts = 0;
  std::vector<std::string> types{"chat", "embedding", "image_classification"};

 private:
  Settings settings_;
  std::int64_t now_ms_ = 1'700'000'000'000;
};

}  // namespace subnetd::engine::testing
