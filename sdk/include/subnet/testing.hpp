// SPDX-License-Identifier: 0BSD
// A fake host for unit tests of plugins: no daemon, no files. Settings come from a JSON text, logs
// and outputs are kept for the test to look at, the generator is deterministic, the executor runs
// in the calling thread. One thread.
#pragma once

#include <dlfcn.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "detector.hpp"
#include "emission.hpp"
#include "json.hpp"
#include "matcher.hpp"
#include "validator.hpp"

namespace subnet::testing {

// The descriptor of a plugin file, or an exception that says why not. The file stays loaded.
inline const sbn_plugin& load_file(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  const auto entry = reinterpret_cast<sbn_plugin_entry>(dlsym(library, SBN_ENTRY_NAME));
  if (entry == nullptr) throw std::runtime_error(path + " has no " SBN_ENTRY_NAME);
  const sbn_plugin* plugin = entry(nullptr, nullptr);
  if (plugin == nullptr) throw std::runtime_error(path + " gave no descriptor");
  return *plugin;
}

class fake_host {
 public:
  explicit fake_host(std::string_view settings_json = "{}") : text_(settings_json) {
    std::string why;
    if (!json::parse(text_, settings_, why)) throw std::runtime_error(why);
    host_ = {sizeof(sbn_host), SBN_ABI_MINOR, this, &level_, &on_log, &on_service};
  }
  fake_host(const fake_host&) = delete;

  const sbn_host* raw() const { return &host_; }
  std::string_view settings() const { return text_; }
  std::vector<std::string> lines;       // what was logged
  std::vector<std::string> metric_names;
  std::vector<double> metric_values;

 private:
  static fake_host& self(void* ctx) { return *static_cast<fake_host*>(ctx); }
  static void on_log(void* ctx, int32_t, sbn_str text) {
    self(ctx).lines.emplace_back(to_view(text));
  }
  const json::value* find(std::string_view path) const {
    const json::value* at = &settings_;
    while (at != nullptr && !path.empty()) {
      const size_t dot = std::min(path.find('.'), path.size());
      const std::string_view step = path.substr(0, dot);
      if (at->is(json::kind::array)) {
        const size_t i = std::stoul(std::string(step));
        at = i < at->items.size() ? &at->items[i] : nullptr;
      } else {
        at = at->find(step);
      }
      path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return at;
  }
  template <class Read>
  static sbn_status get(void* ctx, sbn_str path, Read&& read) {
    const json::value* found = self(ctx).find(to_view(path));
    if (found == nullptr) return SBN_SKIP;
    return read(*found) ? SBN_OK : SBN_E_CONFIG;
  }
  static sbn_status get_i64(void* ctx, sbn_str path, int64_t* out) {
    return get(ctx, path, [&](const json::value& v) {
      const auto number = v.integer();
      if (number) *out = *number;
      return number.has_value();
    });
  }
  static sbn_status get_f64(void* ctx, sbn_str path, double* out) {
    return get(ctx, path, [&](const json::value& v) {
      const auto number = v.number();
      if (number) *out = *number;
      return number.has_value();
    });
  }
  static sbn_status get_bool(void* ctx, sbn_str path, uint32_t* out) {
    return get(ctx, path, [&](const json::value& v) {
      *out = v.truth ? 1 : 0;
      return v.is(json::kind::boolean);
    });
  }
  static sbn_status get_str(void* ctx, sbn_str path, sbn_str* out) {
    return get(ctx, path, [&](const json::value& v) {
      *out = to_str(v.text);
      return v.is(json::kind::string);
    });
  }
  static sbn_status get_count(void* ctx, sbn_str path, uint64_t* out) {
    return get(ctx, path, [&](const json::value& v) {
      *out = v.items.size();
      return v.is(json::kind::array);
    });
  }
  static sbn_status define(void* ctx, uint32_t, sbn_str name, sbn_str, uint32_t* number) {
    *number = static_cast<uint32_t>(self(ctx).metric_names.size());
    self(ctx).metric_names.emplace_back(to_view(name));
    self(ctx).metric_values.push_back(0);
    return SBN_OK;
  }
  static void add(void* ctx, uint32_t number, double value) {
    self(ctx).metric_values.at(number) += value;
  }
  static void set(void* ctx, uint32_t number, double value) {
    self(ctx).metric_values.at(number) = value;
  }
  static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  static void fill(void*, const sbn_call* call, uint64_t stream, uint64_t offset, void* out,
                   uint64_t bytes) {
    for (uint64_t i = 0; i < bytes; ++i) {
      const uint64_t at = offset + i;
      const uint64_t word = mix(mix(mix(call->seed + 1) + stream + 1) + at / 8 + 1);
      static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(word >> (at % 8 * 8));
    }
  }
  static uint64_t width(void*) { return 1; }
  static void parallel_for(void*, uint64_t n, void (*body)(void*, uint64_t), void* arg) {
    for (uint64_t i = 0; i < n; ++i) body(arg, i);
  }
  static const void* on_service(void*, sbn_str id) {
    static constexpr sbn_settings settings{
        sizeof(sbn_settings), 0, &get_i64, &get_f64, &get_bool, &get_str, &get_count};
    static constexpr sbn_metrics metrics{sizeof(sbn_metrics), 0, &define, &add, &set};
    static constexpr sbn_rng rng{sizeof(sbn_rng), 0, &fill};
    static constexpr sbn_executor executor{sizeof(sbn_executor), 0, &width, &parallel_for};
    const std::string_view wanted = to_view(id);
    if (wanted == SBN_SERVICE_SETTINGS) return &settings;
    if (wanted == SBN_SERVICE_METRICS) return &metrics;
    if (wanted == SBN_SERVICE_RNG) return &rng;
    if (wanted == SBN_SERVICE_EXECUTOR) return &executor;
    return nullptr;
  }

  std::string text_;
  json::value settings_;
  int32_t level_ = SBN_LOG_DEBUG;
  sbn_host host_{};
};

// One call with memory for temporaries that lives as long as this object.
class fake_call {
 public:
  explicit fake_call(uint64_t seed = 0, int64_t now_ms = 0) {
    call_ = {sizeof(sbn_call), 0, 1, now_ms, 0, seed, &scratch, this};
  }
  fake_call(const fake_call&) = delete;
  const sbn_call* raw() const { return &call_; }

 private:
  static void* scratch(const sbn_call* call, uint64_t bytes, uint64_t align) {
    auto& blocks = static_cast<fake_call*>(call->scratch_host)->blocks_;
    blocks.push_back(std::make_unique<std::byte[]>(bytes + align));
    void* at = blocks.back().get();
    size_t space = bytes + align;
    return std::align(align, bytes, at, space);
  }
  sbn_call call_{};
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

struct probe_sent {
  uint64_t request;
  uint32_t tag, target;
  std::string protocol, method, body;
  uint64_t reply_bytes_max;
};
struct verdict_given {
  uint64_t request;
  int32_t outcome;
  uint32_t score_ppm, validator;
  std::string reason;
};
struct detected {
  uint32_t type, confidence_ppm, runner_up, flags;
  bool operator==(const detected&) const = default;
};

// One component, created; the calls of its kind. A failing slot throws subnet::failure.
class component {
 public:
  explicit component(const sbn_plugin& plugin, std::string_view settings_json = "{}",
                     size_t index = 0)
      : host(settings_json), table_(at(plugin, index)) {
    check(table_.create(host.raw(), to_str(host.settings()), &self_, fresh()));
  }
  component(const component&) = delete;
  ~component() { table_.destroy(self_); }

  fake_host host;
  std::vector<probe_sent> probes;      // of begin and step
  std::vector<verdict_given> verdicts;

  std::vector<std::string> types() {
    const sbn_str* list = nullptr;
    const uint64_t n = slots<sbn_detector>().types(self_, &list);
    std::vector<std::string> out;
    for (uint64_t i = 0; i < n; ++i) out.emplace_back(to_view(list[i]));
    return out;
  }
  std::vector<detected> detect(const std::vector<std::string>& names) {
    std::vector<sbn_str> rows;
    for (const std::string& name : names) rows.push_back(to_str(name));
    const size_t n = rows.size();
    std::vector<uint32_t> type(n, ~0u), confidence(n, ~0u), runner_up(n, ~0u), flags(n, ~0u);
    const sbn_detect_in in{sizeof in, 0, n, rows.data(), nullptr, nullptr, nullptr};
    sbn_detect_out out{sizeof out,        0,           n, type.data(), confidence.data(),
                       runner_up.data(), flags.data()};
    check(slots<sbn_detector>().detect(self_, fake_call().raw(), &in, &out, fresh()));
    std::vector<detected> answers;
    for (size_t i = 0; i < n; ++i)
      answers.push_back({type[i], confidence[i], runner_up[i], flags[i]});
    return answers;
  }
  std::string explain(std::string_view subject) {
    std::string text;
    const sbn_sink sink{&text, [](void* to, sbn_str part) {
                          static_cast<std::string*>(to)->append(to_view(part));
                        }};
    const fake_call call;
    if (to_view(table_.kind) == SBN_KIND_DETECTOR) {
      check(slots<sbn_detector>().explain(self_, call.raw(), to_str(subject), sink, fresh()));
    } else {
      check(slots<sbn_validator>().explain(self_, call.raw(), to_str(subject), sink, fresh()));
    }
    return text;
  }

  void load(const sbn_match_view& view) {
    check(slots<sbn_matcher>().load(self_, fake_call().raw(), &view, fresh()));
  }
  std::vector<sbn_match_move> propose(const sbn_match_view& view,
                                      const std::vector<sbn_match_event>& events) {
    return moved(view, [&](sbn_match_out* out) {
      return slots<sbn_matcher>().propose(self_, fake_call().raw(), &view, events.data(),
                                          events.size(), out, fresh());
    });
  }
  void observe(const sbn_match_view& view, const std::vector<sbn_match_event>& events,
               const std::vector<sbn_match_move>& moves) {
    check(slots<sbn_matcher>().observe(self_, fake_call().raw(), &view, events.data(),
                                       events.size(), moves.data(), moves.size(), fresh()));
  }
  std::vector<sbn_match_move> solve(const sbn_match_view& view) {
    return moved(view, [&](sbn_match_out* out) {
      return slots<sbn_matcher>().solve(self_, fake_call().raw(), &view, out, fresh());
    });
  }

  void begin(const sbn_validate_request& request) {
    const sbn_validate_sink sink = ears();
    check(slots<sbn_validator>().begin(self_, fake_call().raw(), &request, sizeof request, 1, &sink,
                                       fresh()));
  }
  void step(const sbn_reply& reply) {
    const sbn_validate_sink sink = ears();
    check(slots<sbn_validator>().step(self_, fake_call().raw(), &reply, sizeof reply, 1, &sink,
                                      fresh()));
  }
  void forget(uint64_t request) { slots<sbn_validator>().forget(self_, request); }

  void compute(const sbn_emission_in& in, sbn_emission_out& out) {
    check(slots<sbn_emission>().compute(self_, fake_call().raw(), &in, &out, fresh()));
  }

 private:
  static const sbn_component& at(const sbn_plugin& plugin, size_t index) {
    if (index >= plugin.component_count) throw std::runtime_error("no such component");
    const auto* first = reinterpret_cast<const char*>(plugin.components);
    return *reinterpret_cast<const sbn_component*>(first + index * plugin.component_stride);
  }
  template <class Slots>
  const Slots& slots() const {
    return *static_cast<const Slots*>(table_.vtable);
  }
  sbn_error* fresh() {
    error_ = {};
    error_.struct_size = sizeof error_;
    return &error_;
  }
  void check(sbn_status status) const {
    if (status < 0) throw failure(status, std::string(error_.msg, error_.msg_len));
  }
  template <class Ask>
  std::vector<sbn_match_move> moved(const sbn_match_view& view, Ask&& ask) {
    std::vector<sbn_match_move> rows(view.miner_count * view.redundancy);
    sbn_match_out out{sizeof out, 0, rows.size(), 0, rows.data()};
    check(ask(&out));
    rows.resize(out.n);
    return rows;
  }
  sbn_validate_sink ears() {
    return {sizeof(sbn_validate_sink), 0, this,
            [](void* to, const sbn_probe* p) {
              static_cast<component*>(to)->probes.push_back(
                  {p->request, p->tag, p->target, std::string(to_view(p->protocol)),
                   std::string(to_view(p->method)), std::string(to_view(p->body)),
                   p->reply_bytes_max});
              return sbn_status{SBN_OK};
            },
            [](void* to, const sbn_verdict* v) {
              static_cast<component*>(to)->verdicts.push_back({v->request, v->outcome, v->score_ppm,
                                                               v->validator,
                                                               std::string(to_view(v->reason))});
              return sbn_status{SBN_OK};
            }};
  }

  const sbn_component& table_;
  void* self_ = nullptr;
  sbn_error error_{};
};

}  // namespace subnet::testing
