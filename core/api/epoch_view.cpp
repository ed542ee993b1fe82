// SPDX-License-Identifier: 0BSD
#include "api/epoch_view.hpp"

#include "api/views.hpp"
#include "json/json.hpp"

namespace subnetd::api {
namespace {

using journal::EpochNode;

// A raw u16 share as ppm.
Ppm ppm_of(std::uint16_t raw) { return static_cast<Ppm>(std::uint64_t{raw} * ppm_one / 65'535); }

void say(std::string& out, const std::string& what) {
  if (!out.empty()) out += "; ";
  out += what;
}

// Nothing of a change that is too small to be seen.
void say_change(std::string& out, const std::string& name, const std::string& before,
                const std::string& now) {
  if (before != now) say(out, name + before + " -> " + now);
}
void say_share(std::string& out, const std::string& name, Ppm before, Ppm now) {
  say_change(out, name, percent(before), percent(now));
}

std::string delegation_of(const EpochNode& node) {
  if (node.parent.empty()) return "delegates to nobody";
  return "delegates to \"" + node.parent + "\" for " + percent(Ppm{node.fee_bp} * 100);
}

std::string mean_of(const EpochNode& node) {
  if (node.score_count == 0) return "no verdict";
  return percent(ppm_mean(node.score_sum_ppm, node.score_count));
}

void append_report(ObjectText& object, const std::optional<RowReport>& report) {
  if (report) {
    object.number("deviation_ppm", report->deviation_ppm).number("own_ppm", report->own_ppm);
    object.number("mutual_ppm", report->mutual_ppm);
  } else {
    object.null("deviation_ppm").null("own_ppm").null("mutual_ppm");
  }
}

}  // namespace

std::string why_moved(const journal::EpochRow& row, bool after) {
  if (!after) return "";
  if (!row.before) return "was in no epoch before";
  const EpochNode &now = row.node, &before = *row.before;
  if (now.amount_nano == before.amount_nano) return "";
  std::string out;
  say_change(out, "mean score ", mean_of(before), mean_of(now));
  say_change(out, "", delegation_of(before), delegation_of(now));
  say_share(out, "consensus ", ppm_of(before.consensus), ppm_of(now.consensus));
  say_share(out, "dividends ", ppm_of(before.dividends), ppm_of(now.dividends));
  say_share(out, "trust ", ppm_of(before.trust), ppm_of(now.trust));
  if (before.report && now.report)
    say_share(out, "deviation ", before.report->deviation_ppm, now.report->deviation_ppm);
  if (out.empty()) return "the shares of others moved";
  return out;
}

void append_epoch_fields(ObjectText& object, const journal::EpochItem& item) {
  const char* status = item.emitted ? "emitted" : item.held ? "held" : "closed";
  object.number("epoch", item.epoch).text("status", status);
  object.time("closed_at", item.closed_at_ms).number("block", item.block);
  object.text_or_null("held_reason", item.emitted ? "" : item.held_reason);
  if (!item.emitted) return;
  object.time("emitted_at", item.emitted_at_ms).text("policy", item.policy);
  object.number("budget_nano", item.budget_nano);
  object.number("paid_nano",
                item.budget_nano - item.founder_nano - item.dust_nano - item.unallocated_nano);
  object.number("founder_nano", item.founder_nano).number("dust_nano", item.dust_nano);
  object.number("unallocated_nano", item.unallocated_nano).number("nodes", item.nodes);
}

void append_epoch_row(std::string& out, const journal::EpochRow& row, bool after) {
  const EpochNode& node = row.node;
  ObjectText object(out);
  object.number("uid", row.uid).text("role", role_name(row.role)).text("id", row.id);
  object.number("amount_nano", node.amount_nano).number("incentive", node.incentive);
  object.number("score_sum_ppm", node.score_sum_ppm).number("score_count", node.score_count);
  object.number("dividends", node.dividends).number("consensus", node.consensus);
  object.number("trust", node.trust).number("validator_trust", node.validator_trust);
  append_report(object, node.report);
  object.text_or_null("parent", node.parent).number("fee_bp", node.fee_bp);
  if (row.before) {
    object.number("before_nano", row.before->amount_nano);
  } else {
    object.null("before_nano");
  }
  object.text_or_null("why_moved", why_moved(row, after));
}

void append_weights(ObjectText& object, const journal::EpochDetail& detail,
                    const WeightRules& rules) {
  const WeightRow row = weight_row(detail.miner_uid, detail.miner_nano, rules);
  ChainSight chain;
  chain.nodes = detail.uids;
  ObjectText weights(object.open("weights"));
  weights.text("chain", rules.chain == WeightChain::commune ? "commune" : "bittensor");
  const auto number = [](std::string& to, std::uint64_t value) { append_number(to, value); };
  append_array(weights.open("uids"), row.uid, number);
  append_array(weights.open("values"), row.value, number);
  append_array(weights.open("broken_rules"), broken_rules(row, rules, chain),
               [](std::string& to, const BrokenRule& broken) {
                 ObjectText rule(to);
                 rule.text("rule", broken.rule).text("why", broken.why);
               });
}

}  // namespace subnetd::api
