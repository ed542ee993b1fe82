// SPDX-License-Identifier: 0BSD
// subnetd-worker: one instance of one plugin in a process that can do nothing but compute. Started
// by subnetd alone, which tells it everything through the channel; ends when the daemon does.
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>

#include "domain/limits.hpp"
#include "json/json.hpp"
#include "plugin/fp_guard.hpp"
#include "plugin/library.hpp"
#include "plugin/scratch.hpp"
#include "plugin/services.hpp"
#include "plugin/str.hpp"
#include "plugin/worker/channel.hpp"
#include "plugin/worker/kinds.hpp"
#include "plugin/worker/remote.hpp"
#include "plugin/worker/sandbox.hpp"

namespace subnetd::plugin::worker {
namespace {

constexpr std::size_t settings_bytes_max = std::size_t{16} << 20;
constexpr std::int32_t log_everything = SBN_LOG_DEBUG;

// Ends the worker with a word on what could not be had; the daemon shows it.
[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1);
}

// Nothing ever comes but the end.
void end_with_the_daemon() {
  char byte = 0;
  while (::read(control_fd, &byte, 1) > 0) {}
  std::_Exit(0);
}

// nullptr: no such kind.
std::unique_ptr<Served> serve(std::string_view kind, void* self, const void* table) {
  if (kind == SBN_KIND_DETECTOR) {
    return serve_detector(self, *static_cast<const sbn_detector*>(table));
  }
  if (kind == SBN_KIND_MATCHER) {
    return serve_matcher(self, *static_cast<const sbn_matcher*>(table));
  }
  if (kind == SBN_KIND_VALIDATOR) {
    return serve_validator(self, *static_cast<const sbn_validator*>(table));
  }
  if (kind == SBN_KIND_EMISSION) {
    return serve_emission(self, *static_cast<const sbn_emission*>(table));
  }
  return nullptr;
}

class Worker {
 public:
  Worker() : requests_(requests_fd, false), answers_(answers_fd, true) {
    if (requests_.at() == nullptr || answers_.at() == nullptr) give_up("no shared memory");
    context_.instance = this;
    host_.struct_size = sizeof(host_);
    host_.abi_minor = SBN_ABI_MINOR;
    host_.ctx_host = &context_;
    host_.log_level = &log_everything;
    host_.log = [](void* ctx, std::int32_t level, sbn_str text) {
      static_cast<Worker*>(static_cast<InstanceContext*>(ctx)->instance)->log(level, text);
    };
    host_.service = [](void*, sbn_str id) { return find_service(id); };
  }

  [[noreturn]] void run() {
    for (;;) {
      char rung = 0;
      if (::read(call_bell_fd, &rung, 1) != 1) std::_Exit(0);
      answer();
      if (::write(done_bell_fd, &rung, 1) != 1) std::_Exit(0);
    }
  }

 private:
  AnswerHeader& header() { return *reinterpret_cast<AnswerHeader*>(answers_.at()); }

  void answer() {
    RequestHeader request;
    std::memcpy(&request, requests_.at(), sizeof(request));
    in_.restart(request.bytes);
    out_.restart();
    sbn_error err{};
    err.struct_size = sizeof(err);
    sbn_status status = SBN_E_INTERNAL;
    const FpGuard guard;
    try {
      status = serve_slot(request, in_, out_, err);
    } catch (const std::bad_alloc&) {
      status = fail_with(&err, SBN_E_NOMEM, "its memory is used up");
    } catch (...) {
      status = fail_with(&err, SBN_E_INTERNAL, "it let an exception out");
    }
    if (guard.changed()) {
      status = fail_with(&err, SBN_E_INTERNAL, "it changed the floating-point control bits");
    }
    if (out_.full() && status >= 0) {
      status = fail_with(&err, SBN_E_NOMEM, "its answer does not fit the shared memory");
    }
    AnswerHeader& h = header();
    h.status = status;
    h.err = err;
    h.bytes = out_.used();
    h.log_lines = log_lines_;
    h.log_lost = log_lost_;
    for (std::size_t i = 0; i < context_.metrics.size(); ++i) {
      h.metrics[i] = context_.metrics[i].value.load();
    }
  }

  sbn_status serve_slot(const RequestHeader& request, Unpacker& in, Packer& out, sbn_error& err) {
    if (request.slot == slot_describe) return describe_plugin(out, err);
    if (request.slot == slot_create) return create(in, out, err);
    if (!served_) return fail_with(&err, SBN_E_INVALID, "no instance is there");
    if (request.slot == slot_destroy) {
      served_.reset();
      component_->raw->destroy(self_);
      return SBN_OK;
    }
    sbn_call call{};
    call.struct_size = sizeof(call);
    call.call_id = request.call_id;
    call.now_ms = request.now_ms;
    call.seed = request.seed;
    call.scratch = Scratch::take;
    call.scratch_host = &scratch_;
    scratch_.clear();
    return served_->serve(request.slot, call, in, out, err);
  }

  sbn_status load(sbn_error& err) {
    auto library = Library::open_copy(library_fd);
    if (!library) return fail_with(&err, SBN_E_INTERNAL, library.error().message);
    library_ = std::move(*library);
    return SBN_OK;
  }

  sbn_status describe_plugin(Packer& out, sbn_error& err) {
    if (const sbn_status status = load(err); status < 0) return status;
    out.text(str(library_->vendor()));
    out.put<std::uint64_t>(library_->components().size());
    for (const ComponentView& c : library_->components()) {
      out.put(c.flags);
      const sbn_str texts[] = {str(c.kind), str(c.id), str(c.summary), str(c.schema)};
      out.texts(texts, 4);
    }
    return SBN_OK;
  }

  sbn_status create(Unpacker& in, Packer& out, sbn_error& err) {
    if (const sbn_status status = load(err); status < 0) return status;
    const sbn_str id = in.text(), settings = in.text();
    for (const ComponentView& c : library_->components()) {
      if (c.id == view_of(id)) component_ = &c;
    }
    auto parsed = json::parse(view_of(settings), settings_bytes_max);
    if (component_ == nullptr || !parsed) {
      return fail_with(&err, SBN_E_INVALID, "asked for a component that is not there");
    }
    context_.settings = std::move(*parsed);
    const sbn_status status = component_->raw->create(&host_, settings, &self_, &err);
    context_.creating = false;
    if (status < 0) return status;
    if (const std::string why = close_files(); !why.empty()) give_up(why);
    served_ = serve(component_->kind, self_, component_->raw->vtable);
    if (!served_) return fail_with(&err, SBN_E_UNSUPPORTED, "no worker serves that kind");
    put_created(out);
    return SBN_OK;
  }

  void put_created(Packer& out) {
    const sbn_str* types = nullptr;
    std::uint64_t count = 0;
    if (component_->kind == SBN_KIND_DETECTOR) {
      count = static_cast<const sbn_detector*>(component_->raw->vtable)->types(self_, &types);
    }
    if (types == nullptr) count = 0;
    out.put(count);
    out.texts(types, count);
    out.put<std::uint64_t>(context_.metrics.size());
    for (const MetricCell& metric : context_.metrics) {
      out.put<std::uint64_t>(metric.counter ? 1 : 0);
      out.text(str(metric.name));
      out.text(str(metric.help));
    }
  }

  // Any thread. A line that finds the socket full is dropped and counted.
  void log(std::int32_t level, sbn_str text) {
    if (text.data == nullptr && text.len != 0) return;
    char line[sizeof(level) + limits::plugin_text_bytes_max];
    const std::size_t n = std::min<std::size_t>(text.len, limits::plugin_text_bytes_max);
    std::memcpy(line, &level, sizeof(level));
    if (n != 0) std::memcpy(line + sizeof(level), text.data, n);
    const bool sent = ::send(control_fd, line, sizeof(level) + n, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
    ++(sent ? log_lines_ : log_lost_);
  }

  Mapping requests_, answers_;
  Unpacker in_{requests_.body(), 0};
  Packer out_{answers_.body(), Mapping::body_bytes};
  std::shared_ptr<Library> library_;
  const ComponentView* component_ = nullptr;
  InstanceContext context_;
  Scratch scratch_;
  sbn_host host_{};
  void* self_ = nullptr;
  std::unique_ptr<Served> served_;
  std::atomic<std::uint64_t> log_lines_{0}, log_lost_{0};
};

}  // namespace

}  // namespace subnetd::plugin::worker

int main(int argc, char** argv) {
  using namespace subnetd::plugin::worker;
  std::uint64_t memory_mib = 0;
  const std::string_view memory = argc == 2 ? argv[1] : "";
  const auto [end, code] =
      std::from_chars(memory.data(), memory.data() + memory.size(), memory_mib);
  if (memory.empty() || code != std::errc() || end != memory.data() + memory.size()) {
    std::fputs("subnetd-worker runs a plugin for subnetd, which starts it: "
               "[plugins] isolation = \"process\"\n", stderr);
    return 2;
  }
  if (const std::string why = enter_sandbox(memory_mib); !why.empty()) give_up(why);
  std::thread(end_with_the_daemon).detach();
  Worker().run();
}
