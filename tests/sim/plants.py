# SPDX-License-Identifier: 0BSD
"""Bugs to plant: each replaces one piece of a real source, and the simulator must notice.

plants.py --list             the names
plants.py NAME SOURCES OUT   writes the damaged copy; fails when the piece is not there just once
plants.py --file NAME        the file that is damaged, relative to the source tree
"""

import pathlib
import sys

PLANTS = {
    # name: (file, piece, what it becomes)
    "over_capacity": ("core/engine/matching.cpp",
                      "if (load(m.validator) >= v.record.capacity)",
                      "if (load(m.validator) > v.record.capacity)"),
    "own_validator": ("core/engine/matching.cpp",
                      "if (v.owner != 0 && v.owner == s_.columns.owner[m.miner]) {",
                      "if (false) {"),
    "same_validator_twice": ("core/engine/matching.cpp",
                             "if (k != m.copy && holder(m.miner, k) == m.validator)",
                             "if (k == m.copy && holder(m.miner, k) == m.validator)"),
    "load_forgotten": ("core/engine/matching.cpp",
                       "      --s.validators[left].load;", "      ;"),
    "unmatched_without_reason": ("core/engine/matching.cpp",
                                 "case 1: return UnmatchedReason::pending;",
                                 "case 1: return UnmatchedReason::none;"),
    "hidden_flag_is_paid": ("core/engine/emission.cpp",
                            "in.payable.push_back(m.flagged() ? 0 : 1);",
                            "in.payable.push_back(m.status == Status::flagged ? 0 : 1);"),
    "budget_not_spent": ("core/engine/emission.cpp", "if (sum != budget_nano) {",
                         "if (sum > budget_nano) {"),
    "late_answer_on_new_rows": ("core/engine/emission.cpp", "in.rows.value_or(EmissionRows{",
                                "std::optional<EmissionRows>().value_or(EmissionRows{"),
    "inherited_bonds": ("core/engine/step.cpp",
                        "const std::uint32_t row = left(in.registered_at[i]);",
                        "const std::uint32_t row = left(s.step.order[i % s.step.order.size()]);"),
    "epochs_catch_up": ("core/engine/emission.cpp", "  s.epoch.opened_at_ms = s.now_ms;",
                        "  s.epoch.opened_at_ms += s.settings.epoch_ms;"),
    "flag_cleared_early": ("core/engine/scoring.cpp", "window.streak(score_min) < 3;",
                           "window.streak(score_min) < 2;"),
    "one_miss_too_many": ("core/engine/scoring.cpp",
                          "if (!here || row.misses + 1u < s.settings.misses_max) return;",
                          "if (!here || row.misses + 1u <= s.settings.misses_max) return;"),
    "carried_again": ("core/engine/validation.cpp", " && !row.carried();", ";"),
    "open_count_leaks": ("core/engine/validation.cpp",
                         "  if (request.validator != none) --s.validators[request.validator].open;",
                         ""),
    "lost_for_good": ("core/engine/validation.cpp",
                      "if (row.open != 0 || row.probe_at_ms > s.now_ms) continue;", "continue;"),
    "orphaned_requests": ("core/engine/registry.cpp",
                          "  cancel_validator_requests(s, v, effects);\n"
                          "  s.lost_validators.erase(v);",
                          "  s.lost_validators.erase(v);"),
    "inherited_scores": ("core/engine/registry.cpp",
                         "  reset_matches(s, m, UnmatchedReason::none);\n"
                         "  ledger_drop_miner(s.ledger, s.miners, m);",
                         "  reset_matches(s, m, UnmatchedReason::none);"),
    "resurrection": ("core/engine/nodes.cpp",
                     "if (auto answer = answered_before(s, *in.idempotency, now_ms)) {",
                     "if (auto answer = answered_before(s, *in.idempotency, now_ms); false) {"),
    "highest_uid": ("core/engine/nodes.cpp", "s.next_uid : *s.free_uids.begin();",
                    "s.next_uid : *s.free_uids.rbegin();"),
    "no_rebalancing": ("core/engine/decide.cpp", "    add_fact(out, now_ms, Rebalancing{});", ""),
    "uid_leaks": ("core/engine/registry.cpp", "  s.free_uids.insert(s.miners[m].uid);\n", ""),
    "inactive_keeps_miners": ("core/engine/registry.cpp",
                              "    release_validator(s, f.slot, "
                              "UnmatchedReason::pending, effects);", ""),
    "shrunken_capacity_kept": ("core/engine/registry.cpp",
                               "return row.load > row.record.capacity; });",
                               "return false; });"),
    "update_half_done": ("core/engine/nodes.cpp", "  if (in.task) r.task = *in.task;\n", ""),
    "stake_of_the_old_key": ("core/engine/nodes.cpp",
                             "put.has_stake = !put.fresh && row.has_stake;",
                             "put.has_stake = row.has_stake;"),
    "flag_cleared_by_owner": ("core/engine/nodes.cpp",
                              "set.status = flagged ? Status::flagged : Status::active;",
                              "set.status = Status::active;"),
    "unmapped_keeps_its_type": ("core/engine/mappings.cpp",
                                "    retype(s, m, settle(s, s.miner_text(m).name_space, detected, "
                                "&it->second), now_ms, out);\n", "    (void)detected;\n"),
    "later_glob_wins": ("core/engine/mappings.cpp",
                        "held->pattern.size() >= in.pattern.size()",
                        "held->pattern.size() > in.pattern.size()"),
    "reliability_too_fast": ("core/engine/scoring.cpp", "(target - r) / 16", "(target - r) / 15"),
    "trial_is_scored": ("core/engine/scoring.cpp",
                        "  if (f.outcome == VerdictOutcome::scored && !request.reprobe) {\n"
                        "    ledger_add",
                        "  if (f.outcome == VerdictOutcome::scored) {\n    ledger_add"),
    "wrong_mean_carried": ("core/engine/validation.cpp", "row.previous_mean_ppm, none});",
                           "row.previous_mean_ppm / 2, none});"),
    "stand_in_with_its_key": ("core/engine/validation.cpp",
                              "    if (row.owner != 0 && "
                              "row.owner == s.columns.owner[request.miner]) continue;\n", ""),
    "asked_again_and_again": ("core/engine/validation.cpp",
                              "    if (request.validator != none) "
                              "request.tried.push_back(request.validator);\n", ""),
    "next_tenants_cell": ("core/engine/ledger.cpp",
                          "cell.validator == validator && cell.validator_order == order",
                          "cell.validator == validator"),
    "median_is_the_first": ("core/engine/ledger.cpp", "scores[m] = median_of(means[m]);",
                            "scores[m] = {means[m].front(), 1};"),
    "held_for_good": ("core/engine/emission.cpp", "if (held_long || due)", "if (due)"),
    "requests_not_resumed": ("core/engine/apply.cpp",
                             "  for (const auto& [request, open] : s.open) "
                             "effects.validate.push_back(request);\n", ""),
    "emission_not_resumed": ("core/engine/apply.cpp", "  effects.emit = s.epoch.closed;\n", ""),
    "snapshot_forgets_a_column": ("core/journal/snapshot_codec.cpp",
                                  "&MinerRow::skip, &MinerRow::open,", "&MinerRow::open,"),
    "queue_without_bound": ("tests/sim/shell.cpp",
                            "if (writes_waiting_ >= options_.inputs_queued_max) {",
                            "if (writes_waiting_ > options_.inputs_queued_max) {"),
    "replay_differs": ("core/engine/apply.cpp", "  s.digest.add(fact.body.index());",
                       "  static std::uint64_t calls = 0;\n"
                       "  s.digest.add(fact.body.index() + (++calls % 1000 == 0));"),
    "answer_before_append": ("tests/sim/shell.cpp", "  if (facts_.empty()) return release();",
                             "  if (facts_.size() < 2) return release();"),
    "acknowledged_then_lost": ("tests/sim/shell.cpp", "  if (disk_.fact == nullptr) return",
                               "  if (seen_.at(Seen::facts) % 97 == 5) return;\n"
                               "  if (disk_.fact == nullptr) return"),
    "fact_forgets_a_field": ("core/journal/fact_encode.cpp",
                             '\n      .text_if_any("region", record.region);', ";"),
}


def main(arguments):
    if arguments == ["--list"]:
        print(";".join(PLANTS))
        return 0
    if arguments[0] == "--file":
        print(PLANTS[arguments[1]][0])
        return 0
    name, tree, out = arguments
    file, piece, instead = PLANTS[name]
    text = (pathlib.Path(tree) / file).read_text(encoding="utf-8")
    if text.count(piece) != 1:
        print(f"{file}: the piece of plant {name} is there {text.count(piece)} times:\n{piece}",
              file=sys.stderr)
        return 1
    pathlib.Path(out).write_text(text.replace(piece, instead), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
