// SPDX-License-Identifier: 0BSD
#include "plugin/instance.hpp"

#include <algorithm>
#include <chrono>

#include "domain/limits.hpp"
#include "plugin/scratch.hpp"
#include "plugin/services.hpp"
#include "plugin/settings.hpp"
#include "plugin/sink.hpp"
#include "subnet/in_program.h"

namespace subnetd::plugin {
namespace {

constexpr std::int32_t log_everything = SBN_LOG_DEBUG;

std::string text_of(const sbn_error& err) {
  return std::string(err.msg, std::min<std::uint32_t>(err.msg_len, sizeof(err.msg)));
}

// Statuses that speak of a peer or of a moment, not of the plugin.
bool own_fault(sbn_status status) {
  return status != SBN_E_REMOTE && status != SBN_E_TIMEOUT && status != SBN_E_CANCELLED &&
         status != SBN_E_BUSY;
}

Errc code_of(sbn_status status) {
  if (status == SBN_E_REMOTE) return Errc::peer;
  if (status == SBN_E_TIMEOUT || status == SBN_E_CANCELLED) return Errc::timeout;
  return status == SBN_E_BUSY ? Errc::unavailable : Errc::plugin;
}

// The TOML table that names a plugin of this kind.
std::string table_of(std::string_view kind) {
  const std::size_t from = kind.find('.') + 1;
  const std::string name(kind.substr(from, kind.find('/') - from));
  const bool many = name == "detector" || name == "validator";
  return many ? "[[" + name + "]]" : "[" + name + "]";
}

}  // namespace

struct Instance::Services : InstanceContext {};

Instance::Instance(Offer offer, PluginLog log)
    : offer_(std::move(offer)),
      id_(offer_.id()),
      log_(std::move(log)),
      services_(std::make_unique<Services>()),
      scratch_(std::make_unique<Scratch>()) {
  services_->instance = this;
  host_.struct_size = sizeof(host_);
  host_.abi_minor = SBN_ABI_MINOR;
  host_.ctx_host = static_cast<InstanceContext*>(services_.get());
  host_.log_level = &log_everything;
  host_.log = [](void* ctx, std::int32_t level, sbn_str message) {
    if (message.data == nullptr && message.len != 0) return;
    auto* self = static_cast<Instance*>(static_cast<InstanceContext*>(ctx)->instance);
    self->write_log(std::clamp<int>(level, SBN_LOG_DEBUG, SBN_LOG_ERROR),
                    view_of(message).substr(0, limits::plugin_text_bytes_max));
  };
  host_.service = [](void* ctx, sbn_str service) -> const void* {
    if (view_of(service) != SBN_SERVICE_COMPONENT) return find_service(service);
    const auto* self = static_cast<Instance*>(static_cast<InstanceContext*>(ctx)->instance);
    return self->offer_.component->raw;
  };
}

Result<std::unique_ptr<Instance>> Instance::create(Offer offer, std::string settings,
                                                   std::string_view where, PluginLog log) {
  std::unique_ptr<Instance> self(new Instance(std::move(offer), std::move(log)));
  const ComponentView& component = *self->offer_.component;
  SUBNETD_TRY(self->services_->settings, resolve_settings(settings, component.schema, where));
  std::string().swap(settings);  // lists of a million patterns are long: no copy lives on unused
  const std::string canonical = json::serialize(self->services_->settings);
  sbn_error err{};
  err.struct_size = sizeof(err);
  sbn_status status = SBN_E_INTERNAL;
  const LoadStep step =
      self->isolated() ? LoadStep() : self->offer_.library->step("create of " + self->id_);
  const InPlugin in(self->offer_.library->name(), "create");
  const FpGuard guard;
  try {
    if (const worker::Guest* guest = self->offer_.library->guest()) {
      status = worker::Remote::create(*guest, component.id, component.kind, &self->host_,
                                      str(canonical), &self->self_, &err);
    } else {
      status = component.raw->create(&self->host_, str(canonical), &self->self_, &err);
    }
  } catch (...) {
    const std::string_view text = "create let an exception out";
    err.msg_len = static_cast<std::uint32_t>(text.copy(err.msg, sizeof(err.msg)));
  }
  self->services_->creating = false;
  if (status < 0) {
    const Errc code = status == SBN_E_CONFIG ? Errc::config : Errc::plugin;
    const std::string why = err.msg_len == 0 ? "status " + std::to_string(status) : text_of(err);
    return fail(
        code, std::string(where) + ": " + self->id_ + " refuses to start: " + why,
        code == Errc::config ? "correct the setting; subnetd plugin info shows them all" : "");
  }
  self->created_ = true;
  if (guard.changed()) {
    return fail(Errc::plugin, self->id_ + " changes the floating-point control bits in create",
                "build it without -ffast-math and -Ofast");
  }
  return self;
}

std::unique_ptr<Instance> Instance::absent(Offer offer, const std::string& why, PluginLog log) {
  std::unique_ptr<Instance> self(new Instance(std::move(offer), std::move(log)));
  self->reason_ = why;
  self->disabled_ = true;
  return self;
}

Instance::~Instance() {
  if (!created_) return;
  const InPlugin in(offer_.library->name(), "destroy");
  const FpGuard guard;
  try {
    offer_.component->raw->destroy(self_);
  } catch (...) {
    write_log(SBN_LOG_ERROR, "destroy let an exception out");
  }
}

void Instance::set_moment(std::int64_t now_ms, std::uint64_t seed) {
  now_ms_ = now_ms;
  seed_ = seed;
}

Instance::Streak& Instance::streak(const char* slot_name) {
  for (Streak& s : streaks_) {
    if (std::string_view(s.slot) == slot_name) return s;
  }
  return streaks_.emplace_back(Streak{slot_name});
}

// One guarded call. A negative status comes with what to say of it.
sbn_status Instance::run(const char* slot_name,
                         const std::function<sbn_status(const sbn_call*, sbn_error*)>& slot,
                         std::string& message) {
  sbn_call call{};
  call.struct_size = sizeof(call);
  call.call_id = ++call_id_;
  call.now_ms = now_ms_;
  call.seed = seed_;
  call.scratch = Scratch::take;
  call.scratch_host = scratch_.get();
  scratch_->clear();
  sbn_error err{};
  err.struct_size = sizeof(err);
  sbn_status status = SBN_E_INTERNAL;
  const auto began = std::chrono::steady_clock::now();
  {
    const InPlugin in(offer_.library->name(), slot_name);
    const FpGuard guard;
    try {
      status = slot(&call, &err);
      if (err.msg_len != 0) message = text_of(err);
    } catch (...) {
      message = "it let an exception out";
    }
    fatal_ = status < 0 && (err.flags & SBN_ERROR_FATAL_TO_INSTANCE) != 0;
    if (guard.changed()) {
      status = SBN_E_INTERNAL;
      message = "it changed the floating-point control bits";
    }
  }
  busy_ns_ += static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
  ++calls_;
  return status;
}

Result<sbn_status> Instance::call(
    const char* slot_name, std::uint64_t items,
    const std::function<sbn_status(const sbn_call*, sbn_error*)>& slot, Limit limit) {
  if (disabled_) return fail(Errc::plugin, id_ + " is disabled: " + reason_);
  Streak& so_far = streak(slot_name);
  if (so_far.unjudged) so_far.faults = 0;  // nobody objected to the last answer
  so_far.unjudged = false;
  items_ += items;
  std::string message;
  const sbn_status status = run(slot_name, slot, message);
  if (status >= 0) {
    so_far.unjudged = true;
    return status;
  }
  if (status == SBN_E_LIMIT && limit == Limit::answer) return status;
  const std::string what = std::string(slot_name) + " failed with " + std::to_string(status) +
                           (message.empty() ? "" : ": " + message);
  if (fatal_) disable(what + " (it cannot go on)");
  if (own_fault(status)) {
    ++failures_;
    fault(slot_name, what);
  }
  return fail(code_of(status), id_ + ": " + what);
}

Result<std::string> Instance::explain(
    const std::function<sbn_status(const sbn_call*, sbn_sink, sbn_error*)>& slot) {
  if (disabled_) return fail(Errc::plugin, id_ + " is disabled: " + reason_);
  TextSink sink;
  std::string message;
  const sbn_status status = run(
      "explain",
      [&](const sbn_call* call, sbn_error* err) { return slot(call, sink.sink(), err); }, message);
  if (status == SBN_E_UNSUPPORTED) return fail(Errc::not_found, id_ + " explains nothing");
  if (status < 0) {
    if (own_fault(status)) ++failures_;
    return fail(code_of(status), id_ + ": explain failed with " + std::to_string(status) +
                                     (message.empty() ? "" : ": " + message));
  }
  return sink.take();
}

Error Instance::violation(const char* slot_name, const std::string& what) {
  ++violations_;
  fault(slot_name, "broke its contract: " + what);
  return Error{Errc::plugin, id_ + " broke its contract: " + what, {}};
}

void Instance::fault(const char* slot_name, const std::string& what) {
  write_log(SBN_LOG_ERROR, what);
  Streak& so_far = streak(slot_name);
  so_far.unjudged = false;
  if (++so_far.faults < limits::plugin_failures_max) return;
  disable(std::to_string(limits::plugin_failures_max) + " faults in a row, the last: " + what);
}

void Instance::disable(const std::string& why) {
  if (disabled_) return;
  // Before the flag: readers of other threads look at it first.
  reason_ = why +
            "; it is called no more until it is loaded again, by `subnetd plugin reload --now` or "
            "a restart: correct its settings, or name another in " +
            table_of(offer_.component->kind) + " use";
  disabled_ = true;
  write_log(SBN_LOG_ERROR, "disabled: " + reason_);
}

// Any thread. Past the limit of a second lines are counted, and the count is told in the next one.
void Instance::write_log(int level, std::string_view text) {
  if (!log_) return;
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(
                                  std::chrono::steady_clock::now().time_since_epoch())
                                  .count();
  if (log_second_.exchange(second) != second) {
    const std::uint64_t lines = log_lines_.exchange(0);
    if (lines > limits::plugin_log_lines_per_s) {
      log_(SBN_LOG_WARN, id_,
           std::to_string(lines - limits::plugin_log_lines_per_s) + " lines were left out");
    }
  }
  if (++log_lines_ <= limits::plugin_log_lines_per_s) log_(level, id_, text);
}

std::uint64_t Instance::worker_deaths() const {
  return isolated() && created_ ? static_cast<const worker::Remote*>(self_)->deaths() : 0;
}

InstanceStats Instance::stats() const {
  InstanceStats s;
  s.calls = calls_;
  s.items = items_;
  s.busy_ns = busy_ns_;
  s.failures = failures_;
  s.violations = violations_;
  s.disabled = disabled_;
  s.absent = !created_;
  if (s.disabled) s.reason = reason_;
  return s;
}

std::vector<PluginMetric> Instance::metrics() const {
  std::vector<PluginMetric> out;
  for (const MetricCell& cell : services_->metrics) {
    out.push_back({cell.name, cell.help, cell.counter, cell.value.load()});
  }
  return out;
}

}  // namespace subnetd::plugin
