// SPDX-License-Identifier: 0BSD
#include "sim/oracle.hpp"

#include <algorithm>
#include <numeric>

namespace subnetd::sim {

using namespace engine;
using engine::Verdict;

namespace {

std::uint32_t order_of(const State& s, Role role, std::uint32_t slot) {
  return role == Role::miner ? s.miners[slot].order : s.validators[slot].order;
}

bool alive(const State& s, Role role, std::uint32_t slot) {
  return role == Role::miner ? s.miner_alive(slot) : s.validator_alive(slot);
}

std::uint32_t lowest_free_uid(const State& s) {
  std::set<std::uint32_t> used;
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (s.miner_alive(m)) used.insert(s.miners[m].uid);
  }
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    if (s.validator_alive(v)) used.insert(s.validators[v].uid);
  }
  std::uint32_t uid = 0;
  while (used.contains(uid)) ++uid;
  return uid;
}

}  // namespace

void Oracle::before(const State& s, const Fact& fact) {
  require(fact.now_ms >= last_ms_, "the clock went back");
  last_ms_ = fact.now_ms;
  if (const auto* f = std::get_if<NodePut>(&fact.body)) take_put(s, *f);
  if (const auto* f = std::get_if<NodeRemoved>(&fact.body)) {
    must_be_inactive_.erase(order_of(s, f->role, f->slot));
  }
  if (const auto* f = std::get_if<StatusSet>(&fact.body)) take_status(s, *f);
  if (const auto* f = std::get_if<Verdict>(&fact.body)) take_verdict(s, *f);
  if (const auto* f = std::get_if<EpochEmitted>(&fact.body)) take_emitted(s, *f);
  if (const auto* f = std::get_if<EpochStepped>(&fact.body)) take_stepped(s, *f);
  if (const auto* f = std::get_if<EpochClosed>(&fact.body)) take_closed(s, *f);
}

void Oracle::take_status(const State& s, const StatusSet& f) {
  const std::uint32_t order = order_of(s, f.role, f.slot);
  if (f.status != Status::inactive) must_be_inactive_.erase(order);
  if (f.role == Role::miner &&
      (f.status == Status::active || f.status != s.miners[f.slot].status)) {
    miners_[order].misses = 0;
  }
  if (f.role == Role::validator && f.status == Status::active) {
    validators_[order].failed_in_a_row = 0;
  }
}

void Oracle::take_closed(const State& s, const EpochClosed& f) {
  if (f.epoch == epochs_closed_) return;  // asked again
  require(f.epoch == epochs_closed_ + 1, "an epoch number is missing or came twice");
  require(epochs_emitted_ == epochs_closed_, "an epoch closed over one that is not paid");
  epochs_closed_ = f.epoch;
  for (auto& [order, book] : miners_) {
    book.closed = std::move(book.running);
    book.running.clear();
    book.carried = false;
    const Sum due = paid_by(book, s.settings.median);
    book.last_mean_ppm = due.count == 0 ? none : ppm_mean(due.sum, due.count);
  }
}

void Oracle::take_put(const State& s, const NodePut& f) {
  if (!alive(s, f.role, f.slot)) {
    require(f.uid == lowest_free_uid(s), "the uid is not the lowest free one");
    require(s.find_miner(f.record.id) == none && s.find_validator(f.record.id) == none,
            "an id was given twice");
    return;
  }
  if (f.fresh) must_be_inactive_.erase(order_of(s, f.role, f.slot));
}

void Oracle::take_score(const State& s, const Verdict& v, MinerBook& book) {
  require(v.score_ppm <= ppm_one, "a score is above one");
  book.scores.push_back(v.score_ppm);
  book.misses = 0;
  Sum& sum = book.running[v.validator == none ? none : order_of(s, Role::validator, v.validator)];
  sum.sum += v.score_ppm;
  ++sum.count;
  const std::size_t n = book.scores.size();
  const Ppm least = s.settings.min_score_ppm;
  if (book.flagged) {
    book.flagged = n < 3 || std::any_of(
                                book.scores.end() - 3, book.scores.end(),
                                [&](Ppm score) { return score < least; });
  } else if (n >= 5 && v.score_ppm < least) {
    const std::uint64_t five =
        std::accumulate(book.scores.end() - 5, book.scores.end(), std::uint64_t{0});
    book.flagged = ppm_mean(five, 5) < least;
  }
}

void Oracle::take_verdict(const State& s, const Verdict& v) {
  MinerBook& book = miners_[order_of(s, Role::miner, v.miner)];
  if (v.outcome == VerdictOutcome::carried) {
    require(!book.carried, "a mean was carried twice in one epoch");
    book.carried = true;
    require(v.score_ppm == book.last_mean_ppm, "another mean was carried than the last epoch's");
    book.running[none].sum += v.score_ppm;
    ++book.running[none].count;
    return;
  }
  const auto it = s.open.find(v.request);
  require(it != s.open.end(), "a verdict ends a request that is not open");
  const OpenRequest& request = it->second;
  require(request.miner == v.miner, "a verdict judges another miner than was asked about");
  require(v.validator == none || v.validator == request.validator,
          "a verdict comes from a validator that was not asked");
  const bool scored = v.outcome == VerdictOutcome::scored;
  const bool missed = v.outcome == VerdictOutcome::miner_failed;
  if (!request.reprobe && (scored || missed)) {
    book.reliability_ppm += ((scored ? 1'000'000 : 0) - book.reliability_ppm) / 16;
  }
  if (!request.reprobe && scored) take_score(s, v, book);
  if (!request.reprobe && missed) {
    const bool here = s.miners[v.miner].status != Status::inactive;
    if (here && ++book.misses >= s.settings.misses_max) {
      must_be_inactive_.insert(order_of(s, Role::miner, v.miner));
    }
  }
  if (v.validator == none) {
    require(v.outcome != VerdictOutcome::validator_failed,
            "nobody is to blame and yet somebody is");
    return;
  }
  const std::uint32_t order = order_of(s, Role::validator, v.validator);
  ValidatorBook& judge = validators_[order];
  if (scored || missed) {
    judge.reliability_ppm += (1'000'000 - judge.reliability_ppm) / 16;
    judge.failed_in_a_row = 0;
  }
  if (v.outcome != VerdictOutcome::validator_failed) return;
  judge.reliability_ppm += -judge.reliability_ppm / 16;
  if (++judge.failed_in_a_row >= s.settings.misses_max) must_be_inactive_.insert(order);
  if (v.retry == none) return;
  const ValidatorRow& other = s.validators[v.retry];
  require(s.validator_alive(v.retry) && other.status == Status::active, "a stand-in is not active");
  require(serves(other, s.columns.type[v.miner]), "a stand-in does not serve the type");
  require(other.owner == 0 || other.owner != s.columns.owner[v.miner],
          "a stand-in has the same key");
  std::set<std::uint32_t> failed = failed_of_[v.request];
  failed.insert(v.validator);
  require(!failed.contains(v.retry), "a stand-in failed before");
  require(failed.size() <= limits::validation_retries_max, "too many were asked in one round");
  failed_of_.erase(v.request);
  failed_of_[s.next_request] = std::move(failed);
}

// What a miner is paid by: all its scores, or the median of its validators' means.
Oracle::Sum Oracle::paid_by(const MinerBook& book, bool median) {
  Sum all;
  std::vector<Ppm> means;
  for (const auto& [order, sum] : book.closed) {
    all.sum += sum.sum;
    all.count += sum.count;
    means.push_back(ppm_mean(sum.sum, sum.count));
  }
  if (!median || means.empty()) return all;
  std::sort(means.begin(), means.end());
  const std::size_t half = means.size() / 2;
  if (means.size() % 2 == 1) return {means[half], 1};
  return {std::uint64_t{means[half - 1]} + means[half], 2};
}

void Oracle::take_emitted(const State& s, const EpochEmitted& e) {
  require(e.epoch == epochs_closed_ && e.epoch == epochs_emitted_ + 1,
          "an epoch was paid twice or out of order");
  epochs_emitted_ = e.epoch;
  unsigned __int128 sum = e.founder_nano;
  sum += e.dust_nano;
  sum += e.unallocated_nano;
  for (std::uint64_t amount : e.amount_nano) sum += amount;
  require(sum == e.budget_nano && e.budget_nano == s.settings.budget_nano,
          "an epoch does not add up to its budget");
  require(e.uid.size() == s.miner_count + s.validator_index.size(),
          "an epoch does not have one row a node");
  for (std::size_t i = 0; i < e.uid.size(); ++i) {
    const auto role = static_cast<Role>(e.role[i]);
    require(alive(s, role, e.slot[i]), "an epoch has a row for nobody");
    if (role != Role::miner) continue;
    require(s.miners[e.slot[i]].uid == e.uid[i], "an epoch's row has another's uid");
    const MinerBook& book = miners_[order_of(s, role, e.slot[i])];
    require(e.amount_nano[i] == 0 || !book.flagged, "a flagged miner was paid");
    const Sum due = paid_by(book, s.settings.median);
    require(e.amount_nano[i] == 0 || due.count > 0, "a miner was paid for another's work");
    require(e.score_sum_ppm[i] == due.sum && e.score_count[i] == due.count,
            "an epoch's sums are not those of its verdicts");
  }
}

void Oracle::after(const State& s, const Fact& fact) {
  if (const auto* f = std::get_if<Verdict>(&fact.body)) {
    require(f->outcome == VerdictOutcome::carried || !s.open.contains(f->request),
            "a request outlived its verdict");
  }
}

void Oracle::settled(const State& s) {
  check_matches(s);
  if (s.facts % 16 == 0) check_bonds(s);  // a pass over all nodes
  check_requests(s);
  check_ledger(s);
  std::set<std::uint32_t> uids;
  check_miners(s, uids);
  check_validators(s, uids);
}

void Oracle::check_matches(const State& s) const {
  std::vector<std::uint32_t> load(s.validators.size(), 0);
  const std::uint32_t k = s.redundancy();
  require(s.columns.current.size() == s.miners.size() * k, "the match column has another shape");
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    for (std::uint32_t c = 0; c < k; ++c) {
      const std::uint32_t v = s.current(m, c);
      const auto why = static_cast<UnmatchedReason>(s.columns.why[std::size_t{m} * k + c]);
      if (v == none) {
        if (!s.miner_alive(m)) continue;
        require(why != UnmatchedReason::none, "an unmatched copy has no reason");
        require((why == UnmatchedReason::closed) == (s.columns.state[m] == 2),
                "a copy waits for the wrong reason");
        continue;
      }
      require(s.columns.state[m] == 1, "a closed miner is matched");
      require(s.validator_alive(v), "a miner is matched to nobody");
      require(why == UnmatchedReason::none, "a matched copy has a reason to be unmatched");
      ++load[v];
      const ValidatorRow& row = s.validators[v];
      require(row.status != Status::inactive, "a miner is matched to an inactive validator");
      require(serves(row, s.columns.type[m]), "a miner is matched to one that does not serve it");
      require(row.owner == 0 || row.owner != s.columns.owner[m], "a miner is matched to its owner");
      for (std::uint32_t other = 0; other < c; ++other) {
        require(s.current(m, other) != v, "two copies of a miner have one validator");
      }
    }
  }
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    if (!s.validator_alive(v)) continue;
    require(s.validators[v].load == load[v], "a load is not the number of its miners");
    require(load[v] <= s.validators[v].record.capacity, "a capacity is exceeded");
  }
}

void Oracle::check_requests(const State& s) const {
  std::vector<std::uint32_t> of_miner(s.miners.size(), 0), of_validator(s.validators.size(), 0);
  std::set<std::pair<std::uint32_t, std::uint32_t>> copies;
  require(s.open.size() <= s.miner_count * s.redundancy() + s.validators.size(),
          "more requests are open than there are copies and validators");
  for (const auto& [number, request] : s.open) {
    require(number < s.next_request, "a request has a number from the future");
    require(s.miner_alive(request.miner) && s.columns.state[request.miner] == 1,
            "a request is open for a miner that is not");
    if (request.reprobe) {
      require(s.miners[request.miner].tried_on(), "a trial does not mark its miner");
    } else {
      ++of_miner[request.miner];
    }
    if (request.validator != none) {
      require(s.validator_alive(request.validator), "a request waits for nobody");
      ++of_validator[request.validator];
    }
    require(request.since_ms <= s.now_ms, "a request begins later");
    require(request.tried.size() <= limits::validation_retries_max, "too many were tried");
    require(request.reprobe || copies.emplace(request.miner, request.copy).second,
            "a copy is validated twice at once");
  }
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    require(!s.miner_alive(m) || s.miners[m].open == of_miner[m],
            "a miner's open count is not that of its requests");
  }
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    require(!s.validator_alive(v) || s.validators[v].open == of_validator[v],
            "a validator's open count is not that of its requests");
  }
}

// The running epoch's cells are the verdicts since the cut: one a pair, none forgotten.
void Oracle::check_ledger(const State& s) const {
  std::size_t cells = 0, expected = 0;
  for (const LedgerCell& cell : s.ledger.cells) {
    if (cell.miner == none) continue;  // of a miner that left
    ++cells;
    const auto book = miners_.find(s.miners[cell.miner].order);
    require(book != miners_.end(), "the ledger knows a miner that was never judged");
    const auto sum = book->second.running.find(cell.validator_order);
    require(sum != book->second.running.end() && sum->second.sum == cell.sum_ppm &&
                sum->second.count == cell.count,
            "a ledger cell is not the sum of its verdicts");
  }
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (!s.miner_alive(m)) continue;
    const auto book = miners_.find(s.miners[m].order);
    if (book != miners_.end()) expected += book->second.running.size();
  }
  require(cells == expected, "the ledger has another number of cells");
}

void Oracle::check_miners(const State& s, std::set<std::uint32_t>& uids) const {
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (!s.miner_alive(m)) continue;
    const MinerRow& row = s.miners[m];
    require(uids.insert(row.uid).second, "two nodes have one uid");
    require(s.find_miner(s.miner_id(m)) == m, "a miner is not found by its id");
    const auto it = miners_.find(row.order);
    const MinerBook fresh;
    const MinerBook& book = it == miners_.end() ? fresh : it->second;
    require(row.reliability_ppm == book.reliability_ppm, "a miner has another reliability");
    require(row.flagged() == book.flagged, "a flag is not what the scores say");
    require(row.carried() == book.carried, "a mean was carried, or not, and nobody knows");
    require(row.status != Status::active || !row.flagged(), "a flag is hidden by active");
    require(row.status != Status::flagged || row.flagged(), "a status is flagged without a flag");
    require(!must_be_inactive_.contains(row.order) || row.status == Status::inactive,
            "a miner that missed too often is not inactive");
  }
}

void Oracle::check_validators(const State& s, std::set<std::uint32_t>& uids) const {
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    if (!s.validator_alive(v)) continue;
    const ValidatorRow& row = s.validators[v];
    require(uids.insert(row.uid).second, "two nodes have one uid");
    const auto it = validators_.find(row.order);
    const std::int64_t reliability = it == validators_.end() ? ppm_one : it->second.reliability_ppm;
    require(row.reliability_ppm == reliability, "a validator has another reliability");
    require(!must_be_inactive_.contains(row.order) || row.status == Status::inactive,
            "a validator that failed too often is not inactive");
    require(!s.lost_validators.contains(v) ||
                (row.status == Status::inactive && row.reason == StatusReason::missed),
            "a validator is called back that did not go missing");
  }
}

}  // namespace subnetd::sim
