// SPDX-License-Identifier: 0BSD
#include "plugin/services.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "domain/limits.hpp"
#include "plugin/crash_file.hpp"
#include "plugin/fp_guard.hpp"
#include "plugin/instance.hpp"
#include "plugin/settings.hpp"

namespace subnetd::plugin {
namespace {

InstanceContext& context(void* ctx) { return *static_cast<InstanceContext*>(ctx); }

thread_local const ExplainedRow* explained = nullptr;

// An empty text is absent, as everywhere else in a row.
const sbn_str* of_explained_row(std::string_view path) {
  if (explained == nullptr || !path.starts_with('@')) return nullptr;
  const sbn_str* text = path == "@explain.task"          ? &explained->task
                        : path == "@explain.protocol"    ? &explained->protocol
                        : path == "@explain.subnet_hint" ? &explained->subnet_hint
                                                         : nullptr;
  return text == nullptr || text->len == 0 ? nullptr : text;
}

const json::Value* setting(void* ctx, sbn_str path) {
  return at_path(context(ctx).settings, view_of(path));
}

sbn_status get_i64(void* ctx, sbn_str path, std::int64_t* out) {
  const json::Value* v = setting(ctx, path);
  if (v == nullptr) return SBN_SKIP;
  if (!v->is_int64()) return SBN_E_CONFIG;
  *out = v->get_int64();
  return SBN_OK;
}

sbn_status get_f64(void* ctx, sbn_str path, double* out) {
  const json::Value* v = setting(ctx, path);
  if (v == nullptr) return SBN_SKIP;
  if (v->is_double()) *out = v->get_double();
  else if (v->is_int64()) *out = static_cast<double>(v->get_int64());
  else if (v->is_uint64()) *out = static_cast<double>(v->get_uint64());
  else return SBN_E_CONFIG;
  return SBN_OK;
}

sbn_status get_bool(void* ctx, sbn_str path, std::uint32_t* out) {
  const json::Value* v = setting(ctx, path);
  if (v == nullptr) return SBN_SKIP;
  if (!v->is_bool()) return SBN_E_CONFIG;
  *out = v->get_bool() ? 1 : 0;
  return SBN_OK;
}

sbn_status get_str(void* ctx, sbn_str path, sbn_str* out) {
  if (const sbn_str* text = of_explained_row(view_of(path))) {
    *out = *text;
    return SBN_OK;
  }
  const json::Value* v = setting(ctx, path);
  if (v == nullptr) return SBN_SKIP;
  if (!v->is_string()) return SBN_E_CONFIG;
  *out = str(v->get_string());
  return SBN_OK;
}

sbn_status get_count(void* ctx, sbn_str path, std::uint64_t* out) {
  const json::Value* v = setting(ctx, path);
  if (v == nullptr) return SBN_SKIP;
  if (!v->is_array()) return SBN_E_CONFIG;
  *out = v->get_array().size();
  return SBN_OK;
}

constexpr std::size_t metric_help_bytes_max = 256;

// What may stand behind subnetd_plugin_ in a metric's name.
bool is_metric_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::id_bytes_max && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char ch) {
           return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_';
         });
}

sbn_status define(void* ctx, std::uint32_t type, sbn_str name, sbn_str help,
                  std::uint32_t* number) {
  InstanceContext& c = context(ctx);
  if (!c.creating || c.metrics.size() >= plugin_metrics_max) return SBN_E_LIMIT;
  if (type != SBN_METRIC_COUNTER && type != SBN_METRIC_GAUGE) return SBN_E_INVALID;
  if (!is_metric_name(view_of(name)) || view_of(help).size() > metric_help_bytes_max) {
    return SBN_E_INVALID;
  }
  for (const MetricCell& known : c.metrics) {
    if (known.name == view_of(name)) return SBN_E_INVALID;
  }
  MetricCell& cell = c.metrics.emplace_back();
  cell.name = view_of(name);
  cell.help = view_of(help);
  cell.counter = type == SBN_METRIC_COUNTER;
  *number = static_cast<std::uint32_t>(c.metrics.size() - 1);
  return SBN_OK;
}

void add(void* ctx, std::uint32_t number, double value) {
  InstanceContext& c = context(ctx);
  if (number >= c.metrics.size() || !std::isfinite(value)) return;
  if (c.metrics[number].counter && value < 0) return;  // a counter only grows
  c.metrics[number].value.fetch_add(value);
}

void set(void* ctx, std::uint32_t number, double value) {
  InstanceContext& c = context(ctx);
  if (number < c.metrics.size() && !c.metrics[number].counter) c.metrics[number].value.store(value);
}

// Word i of a stream is mix(seed, stream, i): any part can be had without the parts before it.
std::uint64_t random_word(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  std::uint64_t x = seed + 0x9e3779b97f4a7c15ull * (stream + 1);
  for (std::uint64_t add_in : {i, stream}) {
    x += 0x9e3779b97f4a7c15ull * (add_in + 1);
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    x ^= x >> 31;
  }
  return x;
}

void fill(void*, const sbn_call* call, std::uint64_t stream, std::uint64_t offset, void* out,
          std::uint64_t bytes) {
  auto* bytes_out = static_cast<unsigned char*>(out);
  for (std::uint64_t i = 0; i < bytes; ++i) {
    const std::uint64_t at = offset + i;
    const std::uint64_t word = random_word(call->seed, stream, at / 8);
    bytes_out[i] = static_cast<unsigned char>(word >> (8 * (at % 8)));
  }
}

std::uint64_t width(void*) { return std::max(1u, std::thread::hardware_concurrency()); }

void parallel_for(void* ctx, std::uint64_t n, void (*body)(void*, std::uint64_t), void* arg) {
  std::atomic<std::uint64_t> next{0};
  const PluginCall call = PluginCall::current();
  const auto run = [&] {
    const InPlugin in(call);
    for (std::uint64_t i = next++; i < n; i = next++) {
      const FpGuard guard;  // each body starts from the same control bits
      body(arg, i);
    }
  };
  std::vector<std::jthread> threads;
  try {
    for (std::uint64_t t = 1; t < std::min(width(ctx), n); ++t) threads.emplace_back(run);
  } catch (const std::system_error&) {
    // No more threads to be had: those that are there do the work.
  }
  run();
}

constexpr sbn_settings settings_table{sizeof(sbn_settings), 0, get_i64, get_f64, get_bool,
                                      get_str, get_count};
constexpr sbn_metrics metrics_table{sizeof(sbn_metrics), 0, define, add, set};
constexpr sbn_rng rng_table{sizeof(sbn_rng), 0, fill};
constexpr sbn_executor executor_table{sizeof(sbn_executor), 0, width, parallel_for};

}  // namespace

const sbn_host& silent_host() {
  static constexpr std::int32_t no_logs = SBN_LOG_ERROR + 1;
  static constexpr sbn_host host{sizeof(sbn_host), SBN_ABI_MINOR, nullptr, &no_logs,
                                 [](void*, std::int32_t, sbn_str) {},
                                 [](void*, sbn_str) -> const void* { return nullptr; }};
  return host;
}

ExplainsRow::ExplainsRow(const ExplainedRow& row) { explained = &row; }
ExplainsRow::~ExplainsRow() { explained = nullptr; }
const ExplainedRow* explained_row() { return explained; }

const void* find_service(sbn_str id) {
  const std::string_view name = view_of(id);
  if (name == SBN_SERVICE_SETTINGS) return &settings_table;
  if (name == SBN_SERVICE_METRICS) return &metrics_table;
  if (name == SBN_SERVICE_RNG) return &rng_table;
  if (name == SBN_SERVICE_EXECUTOR) return &executor_table;
  return nullptr;
}

}  // namespace subnetd::plugin
