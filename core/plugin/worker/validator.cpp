// SPDX-License-Identifier: 0BSD
#include "plugin/worker/kinds.hpp"
#include "plugin/worker/remote.hpp"
#include "plugin/worker/text_answer.hpp"

namespace subnetd::plugin::worker {
namespace {

enum ValidatorSlot : std::uint32_t { slot_begin = first_of_kind, slot_step, slot_explain };

// What the plugin said, in its order.
enum Word : std::uint32_t { end_of_words, probe_word, verdict_word };

constexpr std::size_t request_texts = 7;

const std::uint8_t* row_of(const void* rows, std::uint64_t stride, std::uint64_t i) {
  return static_cast<const std::uint8_t*>(rows) + i * stride;
}

// Those that are over first: their sessions need no longer be kept.
Packer& open_request(Remote& remote, std::uint64_t n) {
  Packer& q = remote.request();
  std::vector<std::uint64_t>& over = remote.forgotten();
  q.put<std::uint64_t>(over.size());
  q.column(over.data(), over.size());
  over.clear();
  q.put(n);
  return q;
}

// Hands what the plugin said to the host's ears, which judge it.
sbn_status take_words(Remote& remote, sbn_status status, const sbn_validate_sink* sink,
                      sbn_error* err) {
  if (status < 0) return status;
  Unpacker& a = remote.answer();
  std::vector<sbn_str> texts;
  for (auto word = a.take<std::uint32_t>(); word != end_of_words && a.good();
       word = a.take<std::uint32_t>()) {
    if (word == probe_word) {
      auto probe = a.take<sbn_probe>();
      a.texts(texts, 3);
      if (!a.good()) break;
      probe.protocol = texts[0];
      probe.method = texts[1];
      probe.body = texts[2];
      sink->probe(sink->ctx_host, &probe);
    } else if (word == verdict_word) {
      auto verdict = a.take<sbn_verdict>();
      a.texts(texts, 1);
      if (!a.good()) break;
      verdict.reason = texts[0];
      sink->verdict(sink->ctx_host, &verdict);
    } else {
      return remote.garbled(err);
    }
  }
  return a.good() ? status : remote.garbled(err);
}

sbn_status begin(void* self, const sbn_call* call, const sbn_validate_request* requests,
                 std::uint64_t stride, std::uint64_t n, const sbn_validate_sink* sink,
                 sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = open_request(remote, n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto& r = *reinterpret_cast<const sbn_validate_request*>(row_of(requests, stride, i));
    q.put(r);
    const sbn_str texts[request_texts] = {r.request_id,     r.model_type,   r.name_space,
                                          r.miner_protocol, r.miner_method, r.miner_json,
                                          r.challenge};
    q.texts(texts, request_texts);
  }
  return take_words(remote, remote.ring(slot_begin, call, err), sink, err);
}

sbn_status step(void* self, const sbn_call* call, const sbn_reply* replies, std::uint64_t stride,
                std::uint64_t n, const sbn_validate_sink* sink, sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = open_request(remote, n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto& r = *reinterpret_cast<const sbn_reply*>(row_of(replies, stride, i));
    q.put(r);
    q.text(r.body);
  }
  return take_words(remote, remote.ring(slot_step, call, err), sink, err);
}

void forget(void* self, std::uint64_t request) {
  static_cast<Remote*>(self)->forgotten().push_back(request);
}

sbn_status explain(void* self, const sbn_call* call, sbn_str model_type, sbn_sink sink,
                   sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  remote.request().text(model_type);
  return take_text(remote, remote.ring(slot_explain, call, err), sink, err);
}

// In the worker: writes down what is said. The host judges it when it hears it.
struct Ears {
  Packer& out;

  sbn_validate_sink sink() {
    return {sizeof(sbn_validate_sink), 0, this,
            [](void* ctx, const sbn_probe* p) { return static_cast<Ears*>(ctx)->probe(p); },
            [](void* ctx, const sbn_verdict* v) { return static_cast<Ears*>(ctx)->verdict(v); }};
  }
  // What cannot be read is not said: its request then ends for want of a word.
  static bool readable(std::initializer_list<sbn_str> texts) {
    for (const sbn_str text : texts) {
      if (text.data == nullptr && text.len != 0) return false;
    }
    return true;
  }
  sbn_status probe(const sbn_probe* p) {
    if (p == nullptr || p->struct_size < sizeof(*p) ||
        !readable({p->protocol, p->method, p->body})) {
      return SBN_E_INVALID;
    }
    out.put<std::uint32_t>(probe_word);
    out.put(*p);
    const sbn_str texts[] = {p->protocol, p->method, p->body};
    out.texts(texts, 3);
    return out.full() ? SBN_E_INVALID : SBN_OK;
  }
  sbn_status verdict(const sbn_verdict* v) {
    if (v == nullptr || v->struct_size < sizeof(*v) || !readable({v->reason})) {
      return SBN_E_INVALID;
    }
    out.put<std::uint32_t>(verdict_word);
    out.put(*v);
    out.texts(&v->reason, 1);
    return out.full() ? SBN_E_INVALID : SBN_OK;
  }
};

class ServedValidator final : public Served {
 public:
  ServedValidator(void* self, const sbn_validator& table) : self_(self), table_(table) {}

  sbn_status serve(std::uint32_t slot, const sbn_call& call, Unpacker& in, Packer& out,
                   sbn_error& err) override {
    if (slot == slot_explain) {
      if (table_.explain == nullptr) return SBN_E_UNSUPPORTED;
      TextAnswer text(out);
      return text.end(table_.explain(self_, &call, in.text(), text.sink(), &err));
    }
    if (slot != slot_begin && slot != slot_step) return SBN_E_UNSUPPORTED;
    const auto over = in.take<std::uint64_t>();
    const auto* forgotten = in.column<std::uint64_t>(over);
    for (std::uint64_t i = 0; forgotten != nullptr && i < over; ++i) {
      table_.forget(self_, forgotten[i]);
    }
    const auto n = in.take<std::uint64_t>();
    Ears ears{out};
    const sbn_validate_sink sink = ears.sink();
    const sbn_status status =
        slot == slot_begin ? begin_all(call, in, n, sink, err) : step_all(call, in, n, sink, err);
    out.put<std::uint32_t>(end_of_words);
    return status;
  }

 private:
  sbn_status begin_all(const sbn_call& call, Unpacker& in, std::uint64_t n,
                       const sbn_validate_sink& sink, sbn_error& err) {
    std::vector<sbn_validate_request> requests;
    std::vector<sbn_str> texts;
    for (std::uint64_t i = 0; i < n && in.good(); ++i) {
      auto r = in.take<sbn_validate_request>();
      in.texts(texts, request_texts);
      if (!in.good()) return SBN_E_INVALID;
      r.request_id = texts[0];
      r.model_type = texts[1];
      r.name_space = texts[2];
      r.miner_protocol = texts[3];
      r.miner_method = texts[4];
      r.miner_json = texts[5];
      r.challenge = texts[6];
      requests.push_back(r);
    }
    return table_.begin(self_, &call, requests.data(), sizeof(requests[0]), requests.size(), &sink,
                        &err);
  }
  sbn_status step_all(const sbn_call& call, Unpacker& in, std::uint64_t n,
                      const sbn_validate_sink& sink, sbn_error& err) {
    std::vector<sbn_reply> replies;
    for (std::uint64_t i = 0; i < n && in.good(); ++i) {
      auto r = in.take<sbn_reply>();
      r.body = in.text();
      replies.push_back(r);
    }
    return table_.step(self_, &call, replies.data(), sizeof(replies[0]), replies.size(), &sink,
                       &err);
  }

  void* self_;
  const sbn_validator& table_;
};

}  // namespace

const sbn_validator remote_validator{sizeof(sbn_validator), 0, begin, step, forget, explain};

std::unique_ptr<Served> serve_validator(void* self, const sbn_validator& table) {
  return std::make_unique<ServedValidator>(self, table);
}

}  // namespace subnetd::plugin::worker
