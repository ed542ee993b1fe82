// SPDX-License-Identifier: 0BSD
#include "plugin/validator.hpp"

#include <map>

#include "domain/limits.hpp"
#include "plugin/conformance/child.hpp"
#include "plugin/conformance/grown.hpp"

namespace subnetd::plugin::conformance {
namespace {

struct Peer {
  const char* name;
  ReplyOutcome outcome;
  std::uint32_t http_status;
  const char* body;
};

constexpr Peer peers[] = {
    {"a good one", ReplyOutcome::delivered, 200, R"({"score":0.5})"},
    {"one that scores in ppm", ReplyOutcome::delivered, 200, R"({"score_ppm":250000})"},
    {"one that tells of an error", ReplyOutcome::delivered, 200, R"({"error":"miner_refused"})"},
    {"one that sends garbage", ReplyOutcome::delivered, 200, "\x01\xff{[\"\x80"},
    {"one that sends nothing", ReplyOutcome::delivered, 200, ""},
    {"one that sends NaN", ReplyOutcome::delivered, 200, R"({"score":NaN})"},
    {"one that sends 2.0", ReplyOutcome::delivered, 200, R"({"score":2.0})"},
    {"one that sends 1e999", ReplyOutcome::delivered, 200, R"({"score":1e999})"},
    {"one that sends a text for a score", ReplyOutcome::delivered, 200, R"({"score":"0.5"})"},
    {"one that sends a list", ReplyOutcome::delivered, 200, "[[[[1]]]]"},
    {"one that answers 500", ReplyOutcome::delivered, 500, R"({"score":0.5})"},
    {"one that is late", ReplyOutcome::timeout, 0, ""},
    {"one that is not there", ReplyOutcome::unreachable, 0, ""},
    {"one that sends too much", ReplyOutcome::too_large, 200, ""},
    {"one that speaks no HTTP", ReplyOutcome::malformed, 0, ""},
};

std::uint32_t targets_of(const Trial& trial) {
  return (trial.flags() & SBN_F_JUDGES_ALONE) != 0 ? 0 : 2;
}

ValidationRequest request_of(std::uint64_t number, std::uint32_t validators) {
  ValidationRequest r;
  r.request = number;
  r.request_id = "request-" + std::to_string(number);
  r.model_type = "chat";
  r.name_space = "gpt-4";
  r.miner_protocol = number % 3 == 0 ? "openai" : "module";
  r.miner_json = R"({"id":"m1","namespace":"gpt-4","model_type":"chat"})";
  r.challenge.fill(static_cast<std::uint8_t>(number));
  r.validators = validators;
  r.deadline_ms = 1'000;
  return r;
}

// What the plugin said in one call, by request; refuses what the host refuses.
struct Ears {
  struct Session {
    std::vector<std::uint32_t> tags;
    std::uint32_t probes = 0;
    bool ended = false;
    std::string said;
  };
  std::uint32_t validators = 0;
  std::map<std::uint64_t, Session> sessions;
  std::string complaint;

  sbn_status refuse(const std::string& what) {
    if (complaint.empty()) complaint = what;
    return SBN_E_INVALID;
  }
  sbn_status probe(const sbn_probe& p) {
    const auto at = sessions.find(p.request);
    if (at == sessions.end() || at->second.ended) return refuse("a probe of no open request");
    if (p.target > validators) return refuse("a probe to a target that is not there");
    if (++at->second.probes > limits::plugin_steps_max) return refuse("too many probes");
    at->second.tags.push_back(p.tag);
    at->second.said += "probe " + std::to_string(p.target) + ' ' + std::string(view_of(p.method)) +
                       ' ' + std::string(view_of(p.body)) + '\n';
    return SBN_OK;
  }
  sbn_status verdict(const sbn_verdict& v) {
    const auto at = sessions.find(v.request);
    if (at == sessions.end() || at->second.ended) return refuse("a verdict of no open request");
    at->second.ended = true;
    at->second.said += "verdict " + std::to_string(v.outcome) + ' ' + std::to_string(v.score_ppm) +
                       ' ' + std::to_string(v.validator) + '\n';
    return SBN_OK;
  }
  sbn_validate_sink sink() {
    return {sizeof(sbn_validate_sink), 0, this,
            [](void* ctx, const sbn_probe* p) { return static_cast<Ears*>(ctx)->probe(*p); },
            [](void* ctx, const sbn_verdict* v) { return static_cast<Ears*>(ctx)->verdict(*v); }};
  }
};

Result<void> begin(Subject& subject, Ears& ears, const Work& wanted) {
  std::vector<std::unique_ptr<Text>> texts;
  const auto text = [&](const char* name, std::string_view value) {
    texts.push_back(std::make_unique<Text>(name, value, wanted.framed));
    return texts.back()->str();
  };
  std::vector<sbn_validate_request> rows;
  for (std::uint64_t i = 1; i <= wanted.n; ++i) {
    const ValidationRequest r = request_of(i, ears.validators);
    ears.sessions[i];
    const std::string_view challenge(reinterpret_cast<const char*>(r.challenge.data()),
                                     r.challenge.size());
    rows.push_back({0, 0, i, text("request_id", r.request_id), text("model_type", r.model_type),
                    text("name_space", r.name_space), text("miner_protocol", r.miner_protocol),
                    text("miner_method", r.miner_method), text("miner_json", r.miner_json),
                    text("challenge", challenge), ears.validators, r.deadline_ms});
  }
  Grown<sbn_validate_request> requests("requests", rows, wanted);
  requests.seal();
  Grown<sbn_validate_sink> sink("sbn_validate_sink", ears.sink(), wanted);
  const auto& table = subject.table<sbn_validator>();
  const sbn_status status = subject.call("begin", [&](const sbn_call* call, sbn_error* err) {
    return table.begin(subject.self(), call, requests.get(), requests.stride(), wanted.n,
                       sink.get(), err);
  });
  if (status < 0) return complain(subject.complaint());
  if (!ears.complaint.empty()) return complain("begin gave " + ears.complaint);
  return {};
}

// Answers every open probe; false when there was none.
Result<bool> step(Subject& subject, Ears& ears, const Work& wanted) {
  std::vector<std::unique_ptr<Text>> texts;
  std::vector<sbn_reply> rows;
  for (auto& [number, session] : ears.sessions) {
    const Peer& peer = peers[number % std::size(peers)];
    for (const std::uint32_t tag : session.tags) {
      if (session.ended) continue;
      texts.push_back(std::make_unique<Text>("body", peer.body, wanted.framed));
      rows.push_back({0, static_cast<std::int32_t>(peer.outcome), number, tag, peer.http_status,
                      texts.back()->str(), 1'000});
    }
    session.tags.clear();
  }
  if (rows.empty()) return false;
  Grown<sbn_reply> replies("replies", rows, wanted);
  replies.seal();
  Grown<sbn_validate_sink> sink("sbn_validate_sink", ears.sink(), wanted);
  const auto& table = subject.table<sbn_validator>();
  const sbn_status status = subject.call("step", [&](const sbn_call* call, sbn_error* err) {
    return table.step(subject.self(), call, replies.get(), replies.stride(), rows.size(),
                      sink.get(), err);
  });
  if (status < 0 && status != SBN_E_REMOTE) return complain(subject.complaint());
  if (!ears.complaint.empty()) return complain("step gave " + ears.complaint);
  return true;
}

// n sessions from begin to forget.
Result<std::string> work(Subject& subject, const Work& wanted) {
  Ears ears;
  ears.validators = subject.flags() & SBN_F_JUDGES_ALONE ? 0 : 2;
  SUBNETD_CHECK(begin(subject, ears, wanted));
  for (std::size_t i = 0; i <= limits::plugin_steps_max; ++i) {
    SUBNETD_TRY(const bool more, step(subject, ears, wanted));
    if (!more) break;
  }
  std::string text;
  const auto& table = subject.table<sbn_validator>();
  for (const auto& [number, session] : ears.sessions) {
    text += session.said;
    const InSlot in("forget");
    table.forget(subject.self(), number);
  }
  return text;
}

// One request through the host's adapter until its verdict.
Result<Verdict> judge(const Trial& trial, const Peer& peer) {
  SUBNETD_TRY(auto instance, trial.instance());
  const InSlot in("begin or step");
  Validator validator(std::move(instance));
  const ValidationRequest request = request_of(1, targets_of(trial));
  ValidatorOutput said = validator.begin(std::span(&request, 1));
  for (std::size_t i = 0; i < limits::plugin_steps_max && said.verdicts.empty(); ++i) {
    std::vector<Reply> replies;
    for (const Probe& probe : said.probes) {
      replies.push_back({probe.request, probe.tag, peer.outcome, peer.http_status, peer.body, 1});
    }
    said = validator.step(replies);
  }
  const InstanceStats stats = validator.instance().stats();
  if (said.verdicts.empty()) return complain("no verdict after 64 steps");
  if (stats.failures + stats.violations != 0 ||
      said.verdicts[0].outcome == VerdictOutcome::plugin_failed) {
    return complain("a failure of the plugin: " + said.verdicts[0].reason);
  }
  return said.verdicts[0];
}

Finding check_peers(const Trial& trial) {
  for (const Peer& peer : peers) {
    const auto verdict = judge(trial, peer);
    if (verdict) continue;
    return failed(std::string("a verdict about the miner or the validator from ") + peer.name,
                  verdict.error().message, "a bad peer is never the plugin's fault");
  }
  return good(std::to_string(std::size(peers)) + " peers");
}

// A reply to a request that was never begun, or is over, brings neither probe nor verdict.
Finding check_stray_reply(const Trial& trial) {
  const auto subject = Subject::create(trial);
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const auto& table = (*subject)->table<sbn_validator>();
  Ears ears;
  const sbn_validate_sink sink = ears.sink();
  const sbn_reply reply{sizeof(reply), SBN_REPLY_DELIVERED, 77, 0, 200, str(R"({"score":1})"), 1};
  const sbn_status status = (*subject)->call("step", [&](const sbn_call* call, sbn_error* err) {
    return table.step((*subject)->self(), call, &reply, sizeof(reply), 1, &sink, err);
  });
  (void)status;  // an error is an answer, too
  (*subject)->call("forget", [&](const sbn_call*, sbn_error*) {
    table.forget((*subject)->self(), 77);
    return SBN_OK;
  });
  return good();
}

// Requests that the host gives up in the middle change nothing for those that go on.
Finding check_cancelled(const Trial& trial) {
  const Work work{.n = 8, .framed = false};
  std::string said[2];
  for (const bool cancels : {false, true}) {
    const auto subject = Subject::create(trial);
    if (!subject) return failed("an instance", subject.error().message, "see settings");
    const auto& table = (*subject)->table<sbn_validator>();
    Ears ears;
    ears.validators = targets_of(trial);
    if (auto begun = begin(**subject, ears, work); !begun) {
      return failed("an answer", begun.error().message, see_header);
    }
    for (auto& [number, session] : ears.sessions) {
      if (!cancels || number % 2 != 0) continue;
      session.ended = true;  // a probe or a verdict of it is wrong from here on
      const InSlot in("forget");
      table.forget((*subject)->self(), number);
    }
    for (std::size_t i = 0; i <= limits::plugin_steps_max; ++i) {
      const auto more = step(**subject, ears, work);
      if (!more) {
        return failed("requests to go on when others were forgotten", more.error().message,
                      "drop the session that forget names, and no other");
      }
      if (!*more) break;
    }
    for (const auto& [number, session] : ears.sessions) {
      if (number % 2 != 0) said[cancels] += session.said;
    }
  }
  if (said[0] == said[1]) return good();
  return failed("the same verdicts whether others were forgotten or not", "others",
                "drop the session that forget names, and no other");
}

// Sessions that end by forget alone leave nothing behind.
Finding check_forget(const Trial& trial) {
  const auto subject = Subject::create(trial);
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const auto& table = (*subject)->table<sbn_validator>();
  return judge_memory(1'000, "begin and forget", [&]() -> Result<void> {
    Ears ears;
    ears.validators = targets_of(trial);
    SUBNETD_CHECK(begin(**subject, ears, {.n = 1, .framed = false}));
    const InSlot in("forget");
    table.forget((*subject)->self(), 1);
    return {};
  });
}

Finding check_explain(const Trial& trial) {
  auto instance = trial.instance();
  if (!instance) return failed("an instance", instance.error().message, "see settings");
  const InSlot in("explain");
  Validator validator(std::move(*instance));
  for (const char* type : {"chat", "embedding", "unknown", ""}) {
    const auto line = validator.explain(type);
    if (!line && line.error().code == Errc::not_found) return skipped("it explains nothing");
    if (!line) return failed("a line for any model type", line.error().message, see_header);
  }
  return good();
}

}  // namespace

const Kind& validator_kind() {
  static const Kind kind{SBN_KIND_VALIDATOR,
                         work,
                         {
                             {"peers",
                              "a verdict about whoever failed, from 15 peers good and bad",
                              check_peers},
                             {"stray_reply", "no crash from a reply to nothing", check_stray_reply},
                             {"forget", "no memory kept of forgotten requests", check_forget},
                             {"cancelled",
                              "verdicts that do not change when other requests are given up",
                              check_cancelled},
                             {"explain", "a line for anything it is asked about", check_explain},
                         }};
  return kind;
}

}  // namespace subnetd::plugin::conformance
