// SPDX-License-Identifier: 0BSD
#include "journal/read_model.hpp"

#include "domain/hash.hpp"

namespace subnetd::journal {

using namespace engine;

std::int64_t id_hash(std::string_view id) {
  return static_cast<std::int64_t>(hash64(id) & 0x7fffffffu);
}

Result<ReadModel> ReadModel::prepare(Database& db) {
  ReadModel out;
  SUBNETD_TRY(out.node_, db.prepare("INSERT INTO node VALUES(?1,?2,?3,?4,?5)"));
  SUBNETD_TRY(out.closed_,
              db.prepare("INSERT INTO epoch(epoch,closed_seq,closed_ms,block) VALUES(?1,?2,?3,?4) "
                         "ON CONFLICT(epoch) DO UPDATE SET closed_seq=?2,closed_ms=?3,block=?4,"
                         "held_seq=NULL"));
  SUBNETD_TRY(out.held_, db.prepare("INSERT INTO epoch(epoch,held_seq) VALUES(?1,?2) "
                                    "ON CONFLICT(epoch) DO UPDATE SET held_seq=?2"));
  SUBNETD_TRY(
      out.emitted_,
      db.prepare("INSERT INTO epoch(epoch,emitted_seq,emitted_ms,policy,budget_nano,founder_nano,"
                 "dust_nano,unallocated_nano,nodes) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) "
                 "ON CONFLICT(epoch) DO UPDATE SET emitted_seq=?2,emitted_ms=?3,policy=?4,"
                 "budget_nano=?5,founder_nano=?6,dust_nano=?7,unallocated_nano=?8,nodes=?9"));
  return out;
}

Result<void> ReadModel::node(Role role, std::uint32_t slot, std::uint64_t seq, NodeEvent event,
                             std::optional<std::int64_t> hash) {
  return node_.bind(1, static_cast<std::int64_t>(role))
      .bind(2, std::int64_t{slot})
      .bind_u64(3, seq)
      .bind(4, static_cast<std::int64_t>(event))
      .bind(5, hash)
      .run();
}

Result<void> ReadModel::emitted(std::uint64_t seq, std::int64_t now_ms, const EpochEmitted& fact) {
  return emitted_.bind_u64(1, fact.epoch)
      .bind_u64(2, seq)
      .bind(3, now_ms)
      .bind_text(4, fact.policy)
      .bind_u64(5, fact.budget_nano)
      .bind_u64(6, fact.founder_nano)
      .bind_u64(7, fact.dust_nano)
      .bind_u64(8, fact.unallocated_nano)
      .bind_u64(9, fact.uid.size())
      .run();
}

Result<void> ReadModel::record(std::uint64_t seq, const Fact& fact) {
  if (const auto* put = std::get_if<NodePut>(&fact.body)) {
    if (!put->fresh) return node(put->role, put->slot, seq, NodeEvent::changed);
    return node(put->role, put->slot, seq, NodeEvent::registered, id_hash(put->record.id));
  }
  if (const auto* gone = std::get_if<NodeRemoved>(&fact.body)) {
    return node(gone->role, gone->slot, seq, NodeEvent::removed);
  }
  if (const auto* set = std::get_if<StatusSet>(&fact.body)) {
    return node(set->role, set->slot, seq, NodeEvent::status);
  }
  if (const auto* retyped = std::get_if<Retyped>(&fact.body)) {
    return node(Role::miner, retyped->miner, seq, NodeEvent::retyped);
  }
  if (const auto* closed = std::get_if<EpochClosed>(&fact.body)) {
    return closed_.bind_u64(1, closed->epoch)
        .bind_u64(2, seq)
        .bind(3, fact.now_ms)
        .bind_u64(4, closed->block)
        .run();
  }
  if (const auto* held = std::get_if<EpochHeld>(&fact.body)) {
    return held_.bind_u64(1, held->epoch).bind_u64(2, seq).run();
  }
  if (const auto* paid = std::get_if<EpochEmitted>(&fact.body)) {
    return emitted(seq, fact.now_ms, *paid);
  }
  return {};
}

}  // namespace subnetd::journal
