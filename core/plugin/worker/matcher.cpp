// SPDX-License-Identifier: 0BSD
#include "plugin/worker/kinds.hpp"
#include "plugin/worker/remote.hpp"
#include "plugin/worker/text_answer.hpp"

namespace subnetd::plugin::worker {
namespace {

enum MatcherSlot : std::uint32_t {
  slot_load = first_of_kind,
  slot_propose,
  slot_observe,
  slot_solve,
  slot_explain,
};

void put_view(Packer& q, const sbn_match_view& v) {
  const std::uint64_t m = v.miner_count, n = v.validator_count;
  q.put(v);  // the counts, seed and budget; its pointers say nothing there
  q.column(v.miner_state, m);
  q.column(v.miner_type, m);
  q.column(v.miner_owner, m);
  q.column(v.miner_region, m);
  q.optional(v.miner_order, m);
  q.column(v.current, m * v.redundancy);
  q.column(v.validator_state, n);
  q.column(v.validator_capacity, n);
  q.column(v.validator_reliability_ppm, n);
  q.column(v.validator_owner, n);
  q.column(v.validator_region, n);
  q.column(v.validator_order, n);
  q.column(v.validator_types_at, n + 1);
  q.column(v.validator_types, v.validator_types_at[n]);
}

sbn_match_view take_view(Unpacker& in) {
  auto v = in.take<sbn_match_view>();
  const std::uint64_t m = v.miner_count, n = v.validator_count;
  v.miner_state = in.column<std::uint8_t>(m);
  v.miner_type = in.column<std::uint32_t>(m);
  v.miner_owner = in.column<std::uint32_t>(m);
  v.miner_region = in.column<std::uint32_t>(m);
  v.miner_order = in.optional<std::uint64_t>(m);
  v.current = in.column<std::uint32_t>(m * v.redundancy);
  v.validator_state = in.column<std::uint8_t>(n);
  v.validator_capacity = in.column<std::uint32_t>(n);
  v.validator_reliability_ppm = in.column<std::uint32_t>(n);
  v.validator_owner = in.column<std::uint32_t>(n);
  v.validator_region = in.column<std::uint32_t>(n);
  v.validator_order = in.column<std::uint64_t>(n);
  v.validator_types_at = in.column<std::uint64_t>(n + 1);
  if (in.good()) v.validator_types = in.column<std::uint32_t>(v.validator_types_at[n]);
  return v;
}

template <class Row>
void put_rows(Packer& q, const Row* rows, std::uint64_t n) {
  q.put(n);
  q.column(rows, n);
}

// The moves: how many the plugin says, then all rows it was given room for.
sbn_status take_moves(Remote& remote, sbn_status status, sbn_match_out* out, sbn_error* err) {
  if (status < 0 && status != SBN_E_LIMIT) return status;
  Unpacker& a = remote.answer();
  out->n = a.take<std::uint64_t>();
  if (status == SBN_E_LIMIT) return a.good() ? status : remote.garbled(err);
  if (out->n > out->capacity) return status;  // the host says what is wrong with that
  a.copy(out->moves, out->n);
  return a.good() ? status : remote.garbled(err);
}

sbn_status load(void* self, const sbn_call* call, const sbn_match_view* view, sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  put_view(remote.request(), *view);
  return remote.ring(slot_load, call, err);
}

sbn_status propose(void* self, const sbn_call* call, const sbn_match_view* view,
                   const sbn_match_event* events, std::uint64_t n, sbn_match_out* out,
                   sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = remote.request();
  put_view(q, *view);
  put_rows(q, events, n);
  q.put(out->capacity);
  return take_moves(remote, remote.ring(slot_propose, call, err), out, err);
}

sbn_status observe(void* self, const sbn_call* call, const sbn_match_view* view,
                   const sbn_match_event* events, std::uint64_t n_events,
                   const sbn_match_move* moves, std::uint64_t n_moves, sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = remote.request();
  put_view(q, *view);
  put_rows(q, events, n_events);
  put_rows(q, moves, n_moves);
  return remote.ring(slot_observe, call, err);
}

sbn_status solve(void* self, const sbn_call* call, const sbn_match_view* view, sbn_match_out* out,
                 sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = remote.request();
  put_view(q, *view);
  q.put(out->capacity);
  return take_moves(remote, remote.ring(slot_solve, call, err), out, err);
}

sbn_status explain(void* self, const sbn_call* call, const sbn_match_view* view,
                   std::uint32_t miner, sbn_sink sink, sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = remote.request();
  put_view(q, *view);
  q.put(miner);
  return take_text(remote, remote.ring(slot_explain, call, err), sink, err);
}

class ServedMatcher final : public Served {
 public:
  ServedMatcher(void* self, const sbn_matcher& table) : self_(self), table_(table) {}

  sbn_status serve(std::uint32_t slot, const sbn_call& call, Unpacker& in, Packer& out,
                   sbn_error& err) override {
    const sbn_match_view view = take_view(in);
    if (!in.good()) return SBN_E_INVALID;
    switch (slot) {
      case slot_load: return table_.load(self_, &call, &view, &err);
      case slot_propose: {
        const auto n = in.take<std::uint64_t>();
        const auto* events = in.column<sbn_match_event>(n);
        return moves(in, out, [&](sbn_match_out* to) {
          return table_.propose(self_, &call, &view, events, n, to, &err);
        });
      }
      case slot_observe: {
        const auto n_events = in.take<std::uint64_t>();
        const auto* events = in.column<sbn_match_event>(n_events);
        const auto n_moves = in.take<std::uint64_t>();
        const auto* accepted = in.column<sbn_match_move>(n_moves);
        return table_.observe(self_, &call, &view, events, n_events, accepted, n_moves, &err);
      }
      case slot_solve:
        return moves(in, out, [&](sbn_match_out* to) {
          return table_.solve(self_, &call, &view, to, &err);
        });
      case slot_explain: {
        if (table_.explain == nullptr) return SBN_E_UNSUPPORTED;
        TextAnswer text(out);
        return text.end(table_.explain(self_, &call, &view, in.take<std::uint32_t>(), text.sink(),
                                       &err));
      }
      default: return SBN_E_UNSUPPORTED;
    }
  }

 private:
  template <class Ask>
  sbn_status moves(Unpacker& in, Packer& out, Ask&& ask) {
    sbn_match_out to{sizeof(to), 0, in.take<std::uint64_t>(), 0, nullptr};
    auto* count = out.reserve<std::uint64_t>(1);
    to.moves = out.reserve<sbn_match_move>(to.capacity);
    if (count == nullptr || to.moves == nullptr) return SBN_E_NOMEM;
    std::memset(to.moves, 0xff, to.capacity * sizeof(sbn_match_move));  // a forgotten row shows
    const sbn_status status = ask(&to);
    *count = to.n;
    return status;
  }

  void* self_;
  const sbn_matcher& table_;
};

}  // namespace

const sbn_matcher remote_matcher{sizeof(sbn_matcher), 0, load, propose, observe, solve, explain};

std::unique_ptr<Served> serve_matcher(void* self, const sbn_matcher& table) {
  return std::make_unique<ServedMatcher>(self, table);
}

}  // namespace subnetd::plugin::worker
