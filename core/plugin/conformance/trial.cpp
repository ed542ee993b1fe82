// SPDX-License-Identifier: 0BSD
#include "plugin/conformance/trial.hpp"

#include <algorithm>
#include <new>

#include "plugin/conformance/child.hpp"
#include "plugin/fp_guard.hpp"
#include "plugin/settings.hpp"

namespace subnetd::plugin::conformance {
namespace {

constexpr std::int32_t log_everything = SBN_LOG_DEBUG;
constexpr std::int64_t some_day_ms = 1'750'000'000'000;

sbn_error fresh_error() {
  sbn_error err{};
  err.struct_size = sizeof(err);
  return err;
}

std::string words(const std::string& slot, sbn_status status, const sbn_error& err) {
  std::string text = slot + " returned status " + std::to_string(status);
  if (err.msg_len > sizeof(err.msg)) return text + " with a message longer than its place";
  if (err.msg_len != 0) text += " (" + std::string(err.msg, err.msg_len) + ")";
  return text;
}

}  // namespace

Finding good(std::string text) {
  return {CheckState::ok, std::move(text)};
}
Finding failed(const std::string& wanted, const std::string& have, const std::string& fix) {
  return {CheckState::failed, "wanted " + wanted + ", have " + have + ": " + fix};
}
Finding skipped(std::string why) {
  return {CheckState::skipped, std::move(why)};
}

std::unexpected<Error> complain(const std::string& what) {
  return fail(Errc::plugin, what);
}

Result<std::unique_ptr<Instance>> Trial::instance() const {
  const InSlot in("create");
  return Instance::create(offer, settings, "the settings", {});
}

// Memory of one call.
struct Subject::Scratch {
  std::vector<std::unique_ptr<std::byte[]>> blocks;
  static void* take(const sbn_call* call, std::uint64_t bytes, std::uint64_t align) {
    constexpr std::uint64_t most = std::uint64_t{1} << 30;
    if (align == 0 || (align & (align - 1)) != 0 || align > 4096 || bytes > most) return nullptr;
    auto& blocks = static_cast<Scratch*>(call->scratch_host)->blocks;
    std::size_t space = bytes + align;
    blocks.push_back(std::make_unique<std::byte[]>(space));
    void* at = blocks.back().get();
    return std::align(align, bytes, at, space);
  }
  static void* refuse(const sbn_call*, std::uint64_t, std::uint64_t) { return nullptr; }
};

Result<std::unique_ptr<Subject>> Subject::create(const Trial& trial, Offered offered) {
  std::unique_ptr<Subject> self(new Subject);
  self->component_ = trial.offer.component;
  self->offered_ = offered;
  self->context_.instance = self.get();
  SUBNETD_TRY(self->context_.settings,
              resolve_settings(trial.settings, self->component_->schema, "the settings"));
  self->host_ = {sizeof(sbn_host),
                 SBN_ABI_MINOR,
                 &self->context_,
                 &log_everything,
                 [](void* context, std::int32_t, sbn_str) {
                   const auto* of = static_cast<InstanceContext*>(context);
                   ++static_cast<Subject*>(of->instance)->log_lines_;
                 },
                 offered.services ? [](void*, sbn_str id) { return find_service(id); }
                                  : [](void*, sbn_str) -> const void* { return nullptr; }};
  const std::string canonical = json::serialize(self->context_.settings);
  sbn_error err = fresh_error();
  sbn_status status = SBN_E_INTERNAL;
  const FpGuard guard;
  {
    const InSlot in("create");
    try {
      status = self->component_->raw->create(&self->host_, str(canonical), &self->self_,
                                             offered.error_place ? &err : nullptr);
    } catch (...) {
      return complain("create let an exception out");
    }
  }
  self->context_.creating = false;
  if (status < 0) {
    return fail(status == SBN_E_UNSUPPORTED ? Errc::refused : Errc::plugin,
                words("create", status, err));
  }
  self->created_ = true;
  return self;
}

Subject::~Subject() {
  if (!created_) return;
  const InSlot in("destroy");
  component_->raw->destroy(self_);
}

sbn_status Subject::call(const char* slot,
                         const std::function<sbn_status(const sbn_call*, sbn_error*)>& body) {
  Scratch scratch;
  sbn_call call{};
  call.struct_size = sizeof(call);
  call.call_id = ++calls_;
  call.now_ms = some_day_ms;
  call.seed = seed_;
  call.scratch = offered_.scratch ? Scratch::take : Scratch::refuse;
  call.scratch_host = &scratch;
  sbn_error err = fresh_error();
  const FpGuard guard;
  sbn_status status = SBN_E_INTERNAL;
  try {
    const InSlot in(slot);
    const auto began = std::chrono::steady_clock::now();
    status = body(&call, offered_.error_place ? &err : nullptr);
    busy_ += std::chrono::steady_clock::now() - began;
  } catch (...) {
    complaint_ = std::string(slot) + " let an exception out";
    return SBN_E_INTERNAL;
  }
  if (guard.changed()) {
    complaint_ = std::string(slot) + " changed the floating-point control bits";
    return SBN_E_INTERNAL;
  }
  if (status < 0) complaint_ = words(slot, status, err);
  return status;
}

std::uint64_t Draw::next() {
  std::uint64_t x = state_ += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

}  // namespace subnetd::plugin::conformance
