// SPDX-License-Identifier: 0BSD
#include "api/events.hpp"

#include <algorithm>
#include <type_traits>

#include "api/object_text.hpp"
#include "api/views.hpp"

namespace subnetd::api {
namespace {

using engine::State;

// One message holds no more moves than this; `moved` tells how many there were.
constexpr std::size_t moves_shown_max = 200;

std::string_view node_id(const State& s, Role role, std::uint32_t slot) {
  if (role == Role::miner) return s.miner_alive(slot) ? s.miner_id(slot) : "";
  return s.validator_alive(slot) ? std::string_view(s.validators[slot].record.id) : "";
}

// Each gives the event's name, or "" for silence, and fills in the fields.
std::string_view tell(ObjectText& o, const State&, const engine::Started& f) {
  o.number("boot", f.boot);
  return "started";
}

std::string_view tell(ObjectText& o, const State&, const engine::NodePut& f) {
  o.text("role", role_name(f.role)).text("id", f.record.id).flag("fresh", f.fresh);
  if (f.role == Role::miner) o.text("model_type", f.model_type);
  return "node";
}

std::string_view tell(ObjectText& o, const State& s, const engine::NodeRemoved& f) {
  o.text("role", role_name(f.role)).text("id", node_id(s, f.role, f.slot));
  return "node_removed";
}

std::string_view tell(ObjectText& o, const State& s, const engine::StatusSet& f) {
  const std::string_view id = node_id(s, f.role, f.slot);
  o.text("role", role_name(f.role)).text("id", id).text("status", status_name(f.status));
  o.text_or_null("reason", status_reason_text(f.reason));
  return id.empty() ? "" : "status";
}

std::string_view tell(ObjectText& o, const State&, const engine::MappingPut& f) {
  o.text("pattern", f.pattern).text("model_type", f.model_type);
  return "mapping";
}

std::string_view tell(ObjectText& o, const State&, const engine::MappingRemoved& f) {
  o.text("pattern", f.pattern);
  return "mapping_removed";
}

std::string_view tell(ObjectText& o, const State& s, const engine::Retyped& f) {
  const std::string_view id = node_id(s, Role::miner, f.miner);
  o.text("id", id).text("model_type", f.model_type).number("confidence_ppm", f.confidence_ppm);
  o.text("detector", f.detector);
  return id.empty() ? "" : "retyped";
}

std::string_view tell(ObjectText& o, const State& s, const engine::Matched& f) {
  o.number("moved", f.moves.size());
  const auto shown = static_cast<std::ptrdiff_t>(std::min(f.moves.size(), moves_shown_max));
  const std::vector<engine::Move> moves(f.moves.begin(), f.moves.begin() + shown);
  append_array(o.open("matches"), moves, [&s](std::string& out, const engine::Move& move) {
    ObjectText match(out);
    match.text("miner", node_id(s, Role::miner, move.miner)).number("slot", move.copy);
    match.text_or_null("validator", move.validator == engine::none
                                        ? std::string_view()
                                        : node_id(s, Role::validator, move.validator));
    if (move.validator == engine::none) match.text("reason", unmatched_reason_name(move.reason));
  });
  return "matched";
}

std::string_view tell(ObjectText& o, const State& s, const engine::Verdict& f) {
  const std::string_view miner = node_id(s, Role::miner, f.miner);
  const std::string_view validator = f.validator == engine::none
                                         ? std::string_view(agent_validator)
                                         : node_id(s, Role::validator, f.validator);
  o.number("request", f.request).text("miner", miner).text_or_null("validator", validator);
  o.text("outcome", outcome_name(f.outcome));
  if (has_score(f.outcome)) {
    o.number("score_ppm", f.score_ppm);
  } else {
    o.null("score_ppm");
  }
  return miner.empty() ? "" : "verdict";
}

std::string_view tell(ObjectText& o, const State&, const engine::EpochClosed& f) {
  o.number("epoch", f.epoch).number("block", f.block);
  return "epoch_closed";
}

std::string_view tell(ObjectText& o, const State&, const engine::EpochEmitted& f) {
  o.number("epoch", f.epoch).text("policy", f.policy).number("budget_nano", f.budget_nano);
  o.number("paid_nano", f.budget_nano - f.founder_nano - f.dust_nano - f.unallocated_nano);
  o.number("unallocated_nano", f.unallocated_nano);
  return "epoch_emitted";
}

std::string_view tell(ObjectText& o, const State&, const engine::EpochHeld& f) {
  o.number("epoch", f.epoch).text("reason", f.reason);
  return "epoch_held";
}

template <class Quiet>
std::string_view tell(ObjectText&, const State&, const Quiet&) {
  static_assert(std::is_same_v<Quiet, engine::Rebalancing> || std::is_same_v<Quiet, engine::Due> ||
                std::is_same_v<Quiet, engine::Owed> ||
                std::is_same_v<Quiet, engine::SignedWrite> ||
                std::is_same_v<Quiet, engine::EpochStepped>);
  return "";
}

}  // namespace

std::string sse_event(const State& state, const engine::Fact& fact) {
  std::string fields;
  std::string_view name;
  {
    ObjectText object(fields);
    object.time("at", fact.now_ms);
    name = std::visit([&](const auto& body) { return tell(object, state, body); }, fact.body);
  }
  if (name.empty()) return {};
  std::string out = "event: ";
  out += name;
  out += "\ndata: ";
  out += fields;
  out += "\n\n";
  return out;
}

}  // namespace subnetd::api
