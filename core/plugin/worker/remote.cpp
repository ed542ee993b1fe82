// SPDX-License-Identifier: 0BSD
#include "plugin/worker/remote.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "domain/limits.hpp"
#include "plugin/str.hpp"
#include "plugin/worker/kinds.hpp"
#include "subnet/detector.h"
#include "subnet/emission.h"
#include "subnet/matcher.h"
#include "subnet/validator.h"

namespace subnetd::plugin::worker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{300'000};
constexpr std::chrono::seconds a_minute{60};
constexpr std::uint64_t create_factor = 2;
constexpr std::uint64_t emission_factor = 12;
// Of what a worker says about its plugin: schemas and model types.
constexpr std::size_t words_bytes_max = std::size_t{8} << 20;
// What a call leaves behind above this is given back to the system.
constexpr std::size_t kept_bytes = std::size_t{16} << 20;

AnswerHeader& header_of(const Mapping& answers) {
  return *reinterpret_cast<AnswerHeader*>(answers.at());
}

std::string text_of(sbn_str text) { return std::string(view_of(text)); }

}  // namespace

sbn_status fail_with(sbn_error* err, sbn_status status, const std::string& text,
                     std::uint32_t flags) {
  if (err == nullptr) return status;
  err->code = status;
  err->flags = flags;
  err->msg_len = static_cast<std::uint32_t>(std::min(text.size(), sizeof(err->msg)));
  std::memcpy(err->msg, text.data(), err->msg_len);
  return status;
}

const void* Remote::table(std::string_view kind) {
  if (kind == SBN_KIND_DETECTOR) return &remote_detector;
  if (kind == SBN_KIND_MATCHER) return &remote_matcher;
  if (kind == SBN_KIND_VALIDATOR) return &remote_validator;
  if (kind == SBN_KIND_EMISSION) return &remote_emission;
  return nullptr;
}

Result<void> Remote::share() {
  SUBNETD_TRY(requests_, make_memory("subnetd-requests"));
  SUBNETD_TRY(answers_, make_memory("subnetd-answers"));
  requests_map_ = Mapping(requests_.get(), true);
  answers_map_ = Mapping(answers_.get(), true);
  if (requests_map_.at() == nullptr || answers_map_.at() == nullptr) {
    return fail(Errc::plugin, guest_.file + ": memory to share with a worker cannot be mapped",
                "raise the limit of address space (ulimit -v)");
  }
  request_.emplace(requests_map_.body(), Mapping::body_bytes);
  answer_.emplace(answers_map_.body(), 0);
  SUBNETD_CHECK(seal_memory(requests_, true));
  return seal_memory(answers_, false);
}

sbn_status Remote::create(const Guest& guest, const std::string& component,
                          const std::string& kind, const sbn_host* host, sbn_str settings,
                          void** self, sbn_error* err) {
  std::unique_ptr<Remote> remote(new Remote(guest));
  remote->component_ = component;
  remote->kind_ = kind;
  remote->settings_ = text_of(settings);
  remote->host_ = host;
  remote->metrics_table_ = static_cast<const sbn_metrics*>(
      host->service(host->ctx_host, str(SBN_SERVICE_METRICS)));
  if (auto shared = remote->share(); !shared) {
    return fail_with(err, SBN_E_NOMEM, shared.error().message);
  }
  if (const sbn_status status = remote->start(err); status < 0) return status;
  *self = remote.release();
  return SBN_OK;
}

Remote::~Remote() {
  if (!process_ || !created_) return;
  sbn_error ignored{};
  request_->restart();
  (void)ring(slot_destroy, nullptr, &ignored);
}

sbn_status Remote::open(sbn_error* err) {
  if (given_up_) {
    return fail_with(err, SBN_E_INTERNAL, last_death_, SBN_ERROR_FATAL_TO_INSTANCE);
  }
  if (!process_) {
    const auto left = std::chrono::ceil<milliseconds>(not_before_ - Clock::now());
    if (left.count() > 0) {
      return fail_with(err, SBN_E_BUSY,
                       "its worker " + last_death_ + "; another is started in " +
                           std::to_string(left.count()) + " ms");
    }
    if (const sbn_status status = start(err); status < 0) return status;
  }
  if (answer_bytes_ > kept_bytes) drop_pages(answers_);
  answer_bytes_ = 0;
  request_->restart();
  return SBN_OK;
}

sbn_status Remote::start(sbn_error* err) {
  auto process = Process::start(guest_.program, guest_.limits, requests_.get(), answers_.get(),
                                guest_.library);
  if (!process) return fail_with(err, SBN_E_INTERNAL, process.error().message);
  process_ = std::move(*process);
  logs_heard_ = logs_lost_ = 0;
  header_of(answers_map_) = AnswerHeader{};
  request_->restart();
  request_->text(str(component_));
  request_->text(str(settings_));
  sbn_status status = ring(slot_create, nullptr, err);
  if (status >= 0) status = take_created(err);
  created_ = status >= 0;
  if (status < 0 && process_) {
    (void)process_->bury();
    process_.reset();
  }
  return status;
}

// What a detector can answer, and the metrics that were defined. A successor must say the same.
sbn_status Remote::take_created(sbn_error* err) {
  Unpacker& a = *answer_;
  const auto type_count = a.take<std::uint64_t>();
  if (answer_bytes_ > words_bytes_max || type_count > limits::model_types_max) {
    return garbled(err);
  }
  std::vector<sbn_str> types;
  a.texts(types, type_count);
  std::vector<std::string> names;
  for (const sbn_str type : types) names.push_back(text_of(type));
  const bool first = deaths_ == 0;
  if (!first && names != types_) return garbled(err);
  if (first) {
    types_ = std::move(names);
    for (const std::string& type : types_) type_texts_.push_back(str(type));
  }
  const auto count = a.take<std::uint64_t>();
  if (count > plugin_metrics_max) return garbled(err);
  for (std::uint64_t i = 0; i < count && a.good(); ++i) {
    const bool counter = a.take<std::uint64_t>() != 0;
    const sbn_str name = a.text(), help = a.text();
    if (!first || !a.good()) continue;
    Metric metric{0, counter, 0};
    metrics_table_->define(host_->ctx_host, counter ? SBN_METRIC_COUNTER : SBN_METRIC_GAUGE, name,
                           help, &metric.number);
    metrics_.push_back(metric);
  }
  for (Metric& metric : metrics_) metric.last = 0;
  return a.good() ? SBN_OK : garbled(err);
}

milliseconds Remote::deadline_of(std::uint32_t slot) const {
  std::uint64_t factor = kind_ == SBN_KIND_EMISSION ? emission_factor : 1;
  if (slot == slot_create || slot == slot_describe) factor = create_factor;
  return milliseconds(guest_.limits.call_ms * factor);
}

sbn_status Remote::ring(std::uint32_t slot, const sbn_call* call, sbn_error* err) {
  if (request_->full()) {
    return fail_with(err, SBN_E_NOMEM,
                     "a call of more than " + std::to_string(Mapping::body_bytes >> 20) +
                         " MiB does not fit a worker: run it with isolation = \"inproc\"");
  }
  RequestHeader header;
  header.slot = slot;
  if (call != nullptr) {
    header.call_id = call->call_id;
    header.now_ms = call->now_ms;
    header.seed = call->seed;
  }
  header.bytes = request_->used();
  std::memcpy(requests_map_.at(), &header, sizeof(header));
  const milliseconds deadline = deadline_of(slot);
  switch (process_->call(deadline)) {
    case Process::End::answered: return settle(err);
    case Process::End::late: {
      const std::string limit = std::to_string(deadline.count());
      (void)process_->bury();
      return lost("did not answer within " + limit + " ms", err);
    }
    case Process::End::died: break;
  }
  return lost(process_->bury(), err);
}

// The header is read once; the rest is unpacked by whoever rang.
sbn_status Remote::settle(sbn_error* err) {
  AnswerHeader header;
  std::memcpy(static_cast<void*>(&header), answers_map_.at(), sizeof(header));
  if (header.log_lines != logs_heard_ && host_ != nullptr) hear_logs();
  logs_heard_ = header.log_lines;
  if (header.log_lost != logs_lost_ && host_ != nullptr) {
    const std::string text = std::to_string(header.log_lost - logs_lost_) +
                             " lines were left out: they came faster than they are read";
    host_->log(host_->ctx_host, SBN_LOG_WARN, str(text));
    logs_lost_ = header.log_lost;
  }
  const std::size_t bytes = std::min<std::uint64_t>(header.bytes, Mapping::body_bytes);
  answer_->restart(bytes);
  answer_bytes_ = bytes;
  read_metrics();
  if (header.status < 0) {
    const std::uint32_t length =
        std::min<std::uint32_t>(header.err.msg_len, sizeof(header.err.msg));
    fail_with(err, header.status, std::string(header.err.msg, length), header.err.flags);
  }
  if (request_->used() > kept_bytes) drop_pages(requests_);
  return header.status;
}

void Remote::hear_logs() {
  int level = 0;
  std::string text;
  while (process_->next_log(level, text)) {
    host_->log(host_->ctx_host, level, str(text));
  }
}

void Remote::read_metrics() {
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    Metric& metric = metrics_[i];
    const double value = header_of(answers_map_).metrics[i];
    if (value == metric.last || !std::isfinite(value)) continue;
    if (!metric.counter) metrics_table_->set(host_->ctx_host, metric.number, value);
    else metrics_table_->add(host_->ctx_host, metric.number, value - metric.last);
    metric.last = value;
  }
}

sbn_status Remote::garbled(sbn_error* err) {
  if (process_) (void)process_->bury();
  return lost("answered what does not fit its call", err);
}

sbn_status Remote::lost(const std::string& how, sbn_error* err) {
  if (host_ != nullptr && process_) hear_logs();
  process_.reset();
  created_ = false;
  forgotten_.clear();
  ++deaths_;
  last_death_ = how;
  const auto now = Clock::now();
  while (!recent_deaths_.empty() && now - recent_deaths_.front() > a_minute) {
    recent_deaths_.pop_front();
  }
  if (recent_deaths_.empty()) pause_ = milliseconds{0};
  recent_deaths_.push_back(now);
  pause_ = pause_.count() == 0 ? first_pause : std::min(pause_ * 2, longest_pause);
  not_before_ = now + pause_;
  if (recent_deaths_.size() <= guest_.limits.restarts_per_min) {
    return fail_with(err, SBN_E_INTERNAL, "its worker " + how);
  }
  given_up_ = true;
  last_death_ = std::to_string(recent_deaths_.size()) +
                " workers within a minute are gone, the last: it " + how;
  if (guest_.given_up) guest_.given_up(last_death_);
  return fail_with(err, SBN_E_INTERNAL, last_death_, SBN_ERROR_FATAL_TO_INSTANCE);
}

Result<GuestDescription> describe(const Guest& guest) {
  Remote remote(guest);
  SUBNETD_CHECK(remote.share());
  SUBNETD_TRY(remote.process_,
              Process::start(guest.program, guest.limits, remote.requests_.get(),
                             remote.answers_.get(), guest.library));
  sbn_error err{};
  if (remote.ring(slot_describe, nullptr, &err) < 0) {
    return fail(Errc::plugin, std::string(err.msg, err.msg_len), {});
  }
  if (remote.answer_bytes_ > words_bytes_max) {
    return fail(Errc::plugin, "its worker describes it in too many words", {});
  }
  Unpacker& a = *remote.answer_;
  GuestDescription out;
  out.vendor = text_of(a.text());
  const auto count = a.take<std::uint64_t>();
  for (std::uint64_t i = 0; i < count && a.good(); ++i) {
    GuestComponent component;
    component.flags = a.take<std::uint32_t>();
    std::vector<sbn_str> texts;
    a.texts(texts, 4);
    if (!a.good()) break;
    component.kind = text_of(texts[0]);
    component.id = text_of(texts[1]);
    component.summary = text_of(texts[2]);
    component.schema = text_of(texts[3]);
    out.components.push_back(std::move(component));
  }
  if (!a.good()) return fail(Errc::plugin, "its worker described it in garbled words", {});
  return out;
}

}  // namespace subnetd::plugin::worker
