// SPDX-License-Identifier: 0BSD
#include "plugin/validator.hpp"

#include <algorithm>

#include "domain/limits.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::size_t probe_body_bytes_max = 1 << 20;
constexpr std::size_t reason_bytes_max = 1 << 20;  // the host keeps plugin_text_bytes_max of it

constexpr std::size_t protocol_bytes_max = 16;

std::string text_of(sbn_str s, std::size_t bytes_max) {
  return std::string(view_of(s).substr(0, bytes_max));
}

bool is_text(sbn_str s, std::size_t bytes_max) {
  return s.len <= bytes_max && (s.data != nullptr || s.len == 0);
}

}  // namespace

// What the plugin says during one begin or step.
struct Validator::Ears {
  Validator& host;
  ValidatorOutput out;
  std::string complaint;  // the first rule it broke

  sbn_validate_sink sink() {
    return {sizeof(sbn_validate_sink), 0, this,
            [](void* ctx, const sbn_probe* p) { return static_cast<Ears*>(ctx)->probe(*p); },
            [](void* ctx, const sbn_verdict* v) { return static_cast<Ears*>(ctx)->verdict(*v); }};
  }

  sbn_status refuse(std::uint64_t request, const std::string& why) {
    if (complaint.empty()) complaint = why;
    const auto it = host.sessions_.find(request);
    if (it != host.sessions_.end() && !it->second.ended) {
      it->second.ended = true;
      out.verdicts.push_back({request, VerdictOutcome::plugin_failed, 0, 0, why});
    }
    return SBN_E_INVALID;
  }

  Session* find(std::uint64_t request) {
    const auto it = host.sessions_.find(request);
    return it == host.sessions_.end() || it->second.ended ? nullptr : &it->second;
  }

  sbn_status probe(const sbn_probe& p) {
    Session* session = find(p.request);
    if (session == nullptr) return refuse(p.request, "a probe for a request that is not open");
    if (p.struct_size < sizeof(p) || p.flags != 0 || p.reserved != 0) {
      return refuse(p.request, "a probe with odd size or flags");
    }
    if (p.target > session->validators) {
      return refuse(p.request, "a probe to target " + std::to_string(p.target) + " of " +
                                   std::to_string(session->validators));
    }
    if (++session->probes > limits::plugin_steps_max) {
      return refuse(p.request, "more than " + std::to_string(limits::plugin_steps_max) + " probes");
    }
    if (!is_text(p.body, probe_body_bytes_max) || !is_text(p.method, limits::method_bytes_max) ||
        !is_text(p.protocol, protocol_bytes_max)) {
      return refuse(p.request, "a probe whose protocol, method or body is too long or not there");
    }
    ++session->outstanding;
    out.probes.push_back({p.request, p.tag, p.target, text_of(p.protocol, protocol_bytes_max),
                          text_of(p.method, limits::method_bytes_max),
                          text_of(p.body, probe_body_bytes_max), p.reply_bytes_max,
                          p.deadline_ms});
    return SBN_OK;
  }

  sbn_status verdict(const sbn_verdict& v) {
    Session* session = find(v.request);
    if (session == nullptr) return refuse(v.request, "a verdict for a request that is not open");
    const bool blames_nobody = v.outcome == SBN_VERDICT_VALIDATOR_FAILED && v.validator == 0;
    if (v.struct_size < sizeof(v) || v.outcome < SBN_VERDICT_SCORED ||
        v.outcome > SBN_VERDICT_PLUGIN_FAILED || v.validator > session->validators ||
        blames_nobody || v.score_ppm > (v.outcome == SBN_VERDICT_SCORED ? ppm_one : 0) ||
        !is_text(v.reason, reason_bytes_max)) {
      return refuse(v.request, "a verdict out of range: outcome " + std::to_string(v.outcome) +
                                   ", score " + std::to_string(v.score_ppm) + ", validator " +
                                   std::to_string(v.validator) + " of " +
                                   std::to_string(session->validators));
    }
    session->ended = true;
    out.verdicts.push_back({v.request, static_cast<VerdictOutcome>(v.outcome), v.score_ppm,
                            v.validator, text_of(v.reason, limits::plugin_text_bytes_max)});
    return SBN_OK;
  }
};

ValidatorOutput Validator::begin(std::span<const ValidationRequest> requests) {
  std::vector<sbn_validate_request> raw;
  std::vector<std::uint64_t> touched;
  raw.reserve(requests.size());
  for (const ValidationRequest& r : requests) {
    sessions_[r.request] = Session{r.validators, 0, 0, false, instance_->worker_deaths()};
    touched.push_back(r.request);
    sbn_validate_request out{};
    out.struct_size = sizeof(out);
    out.request = r.request;
    out.request_id = str(r.request_id);
    out.model_type = str(r.model_type);
    out.name_space = str(r.name_space);
    out.miner_protocol = str(r.miner_protocol);
    out.miner_method = str(r.miner_method);
    out.miner_json = str(r.miner_json);
    out.challenge = {reinterpret_cast<const char*>(r.challenge.data()), r.challenge.size()};
    out.validators = r.validators;
    out.deadline_ms = r.deadline_ms;
    raw.push_back(out);
  }
  Ears ears{*this, {}, {}};
  const sbn_validate_sink sink = ears.sink();
  auto status = instance_->call("begin", raw.size(), [&](const sbn_call* call, sbn_error* err) {
    return instance_->table<sbn_validator>().begin(instance_->self(), call, raw.data(),
                                                   sizeof(raw[0]), raw.size(), &sink, err);
  });
  settle("begin", touched, status ? "" : status.error().message, ears);
  return std::move(ears.out);
}

ValidatorOutput Validator::step(std::span<const Reply> replies) {
  std::vector<sbn_reply> raw;
  std::vector<std::uint64_t> touched, lost;
  for (const Reply& r : replies) {
    const auto it = sessions_.find(r.request);
    if (it == sessions_.end() || it->second.ended || it->second.outstanding == 0) continue;
    if (is_lost(it->second)) {
      lost.push_back(r.request);
      continue;
    }
    --it->second.outstanding;
    touched.push_back(r.request);
    sbn_reply out{};
    out.struct_size = sizeof(out);
    out.outcome = static_cast<std::int32_t>(r.outcome);
    out.request = r.request;
    out.tag = r.tag;
    out.http_status = r.http_status;
    out.body = str(r.body);
    out.elapsed_us = r.elapsed_us;
    raw.push_back(out);
  }
  Ears ears{*this, {}, {}};
  for (std::uint64_t request : lost) {
    ears.out.verdicts.push_back({request, VerdictOutcome::plugin_failed, 0, 0,
                                 "the worker that held it is gone"});
    forget(request);
  }
  if (raw.empty()) return std::move(ears.out);
  const sbn_validate_sink sink = ears.sink();
  auto status = instance_->call("step", raw.size(), [&](const sbn_call* call, sbn_error* err) {
    return instance_->table<sbn_validator>().step(instance_->self(), call, raw.data(),
                                                  sizeof(raw[0]), raw.size(), &sink, err);
  });
  settle("step", touched, status ? "" : status.error().message, ears);
  return std::move(ears.out);
}

// Ends what the plugin left hanging, and forgets what is over.
void Validator::settle(const char* slot_name, std::span<const std::uint64_t> touched,
                       const std::string& fault, Ears& ears) {
  std::string complaint = ears.complaint;
  for (std::uint64_t request : touched) {
    const auto it = sessions_.find(request);
    if (it == sessions_.end() || it->second.ended) continue;
    const bool hangs = it->second.outstanding == 0;
    if (fault.empty() && !hangs) continue;
    it->second.ended = true;
    std::string why = fault.empty() ? "neither a probe nor a verdict was given" : fault;
    if (fault.empty() && complaint.empty()) complaint = why;
    ears.out.verdicts.push_back(
        {request, VerdictOutcome::plugin_failed, 0, 0, std::move(why)});
  }
  if (fault.empty() && !complaint.empty()) instance_->violation(slot_name, complaint);
  for (const Verdict& v : ears.out.verdicts) forget(v.request);
  std::erase_if(ears.out.probes,
                [this](const Probe& p) { return !sessions_.contains(p.request); });
}

void Validator::forget(std::uint64_t request) {
  const auto it = sessions_.find(request);
  if (it == sessions_.end()) return;
  const bool lost = is_lost(it->second);
  sessions_.erase(it);
  if (lost) return;
  const auto ignored = instance_->call("forget", 1, [&](const sbn_call*, sbn_error*) {
    instance_->table<sbn_validator>().forget(instance_->self(), request);
    return SBN_OK;
  });
  (void)ignored;  // a disabled plugin keeps nothing that matters
}

Result<std::string> Validator::explain(std::string_view model_type) {
  const auto& table = instance_->table<sbn_validator>();
  return instance_->explain([&](const sbn_call* call, sbn_sink sink, sbn_error* err) {
    return table.explain == nullptr
               ? SBN_E_UNSUPPORTED
               : table.explain(instance_->self(), call, str(model_type), sink, err);
  });
}

}  // namespace subnetd::plugin
