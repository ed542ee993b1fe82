// SPDX-License-Identifier: 0BSD
// Who may change what. The operator may do everything, and so may the agent's own key; who else
// signs may register nodes under the key that signed, and change, remove, validate and set the
// status of those. A node without a key is the operator's alone: signing never claims it.
#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

// The key of the node, or null when there is none of that role and id.
const std::string* owner_of(const State& s, Role role, std::string_view id) {
  const std::uint32_t slot = role == Role::miner ? s.find_miner(id) : s.find_validator(id);
  if (slot == none) return nullptr;
  return &s.owners.at(role == Role::miner ? s.columns.owner[slot] : s.validators[slot].owner);
}

// A node that is not there is left to the one who would change it.
Result<void> check_owner(const State& s, Role role, std::string_view id, const Signer& signer) {
  const std::string* owner = owner_of(s, role, id);
  if (owner == nullptr || (!owner->empty() && *owner == signer.key)) return {};
  return fail(Errc::forbidden,
              std::string(role_name(role)) + " \"" + std::string(id) + "\" is not of this key",
              owner->empty() ? "it has no key: only the operator changes it"
                             : "sign with the key that registered it");
}

Result<void> check_rights(const State&, const Register& in, const Signer& signer) {
  if (in.record.key == signer.key) return {};
  return fail(Errc::forbidden, "a signed registration is of the key that signs, not of another",
              "leave out the field \"key\"");
}

Result<void> check_rights(const State& s, const Update& in, const Signer& signer) {
  if (in.key && *in.key != signer.key) {
    return fail(Errc::forbidden, "only the operator gives a node another key");
  }
  if (in.stake_nano) return fail(Errc::forbidden, "only the operator sets a stake");
  if (in.parent || in.fee_bp) return fail(Errc::forbidden, "only the operator sets a delegation");
  return check_owner(s, in.role, in.id, signer);
}

Result<void> check_rights(const State& s, const Remove& in, const Signer& signer) {
  return check_owner(s, in.role, in.id, signer);
}

Result<void> check_rights(const State& s, const Validate& in, const Signer& signer) {
  return check_owner(s, Role::miner, in.miner, signer);
}

template <class Body>
Result<void> check_rights(const State&, const Body&, const Signer&) {
  return fail(Errc::forbidden, "only the operator may do this",
              "send the operator's token, or sign with the agent's own key");
}

}  // namespace

Result<void> may_write(const State& s, const Input& input, std::int64_t now_ms) {
  if (!input.signer) return {};
  const Signer& signer = *input.signer;
  // By the engine's clock, which also forgets: there is no moment at which neither refuses.
  if (signer.until_ms < now_ms) {
    return fail(Errc::unauthorized, "this was signed too long ago", "sign it again");
  }
  if (s.signed_writes.contains({signer.until_ms, signer.hash})) {
    return fail(Errc::conflict, "this signed request was used before", "sign it again");
  }
  if (s.signed_writes.size() >= limits::signed_writes_max) {
    return fail(Errc::unavailable, "as many signed writes as can be remembered are in their window",
                "try again in a minute");
  }
  // A registration is of the key that signs, also of this one.
  if (signer.is_agent && !std::holds_alternative<Register>(input.body)) return {};
  return std::visit([&](const auto& in) { return check_rights(s, in, signer); }, input.body);
}

void apply_signed(State& s, const SignedWrite& f) {
  auto& kept = s.signed_writes;
  kept.erase(kept.begin(), kept.lower_bound({s.now_ms, 0}));
  kept.emplace(f.until_ms, f.hash);
  s.digest.add(static_cast<std::uint64_t>(f.until_ms));
  s.digest.add(f.hash);
}

}  // namespace subnetd::engine
