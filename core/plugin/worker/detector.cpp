// SPDX-License-Identifier: 0BSD
#include "plugin/services.hpp"
#include "plugin/worker/kinds.hpp"
#include "plugin/worker/remote.hpp"
#include "plugin/worker/text_answer.hpp"

namespace subnetd::plugin::worker {
namespace {

enum DetectorSlot : std::uint32_t { slot_detect = first_of_kind, slot_explain };

// A column of texts is not there, the same in all rows, or one text a row.
enum Column : std::uint64_t { absent, same, rows };

void put_column(Packer& q, const sbn_str* texts, std::uint64_t n) {
  if (texts == nullptr || n == 0) {
    q.put<std::uint64_t>(absent);
    return;
  }
  std::uint64_t differ = 0;
  for (std::uint64_t i = 1; i < n; ++i) {
    differ |= (texts[i].len ^ texts[0].len) | (texts[0].len != 0 && texts[i].data != texts[0].data);
  }
  q.put<std::uint64_t>(differ == 0 ? same : rows);
  q.texts(texts, differ == 0 ? 1 : n);
}

const sbn_str* take_column(Unpacker& in, std::uint64_t n, std::vector<sbn_str>& texts) {
  const auto kind = in.take<std::uint64_t>();
  if (kind == absent) return nullptr;
  in.texts(texts, kind == same ? 1 : n);
  if (kind == same && !texts.empty()) texts.resize(n, texts[0]);
  return texts.data();
}

std::uint64_t types(const void* self, const sbn_str** out) {
  const std::vector<sbn_str>& known = static_cast<const Remote*>(self)->types();
  *out = known.data();
  return known.size();
}

sbn_status detect(void* self, const sbn_call* call, const sbn_detect_in* in, sbn_detect_out* out,
                  sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = remote.request();
  q.put(in->n);
  q.texts(in->names, in->n);
  put_column(q, in->tasks, in->n);
  put_column(q, in->protocols, in->n);
  put_column(q, in->subnet_hints, in->n);
  const sbn_status status = remote.ring(slot_detect, call, err);
  if (status < 0) return status;
  Unpacker& a = remote.answer();
  for (auto* column : {out->type, out->confidence_ppm, out->runner_up, out->row_flags}) {
    a.narrow(column, in->n);
  }
  return a.good() ? status : remote.garbled(err);
}

sbn_status explain(void* self, const sbn_call* call, sbn_str name, sbn_sink sink, sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  remote.request().text(name);
  // Read where the call began: the plugin's own host is in another process.
  ExplainedRow row;
  if (const ExplainedRow* explained = explained_row()) row = *explained;
  for (const sbn_str text : {row.task, row.protocol, row.subnet_hint}) {
    remote.request().text(text);
  }
  return take_text(remote, remote.ring(slot_explain, call, err), sink, err);
}

class ServedDetector final : public Served {
 public:
  ServedDetector(void* self, const sbn_detector& table) : self_(self), table_(table) {}

  sbn_status serve(std::uint32_t slot, const sbn_call& call, Unpacker& in, Packer& out,
                   sbn_error& err) override {
    if (slot == slot_detect) return detect_rows(call, in, out, err);
    if (slot != slot_explain || table_.explain == nullptr) return SBN_E_UNSUPPORTED;
    const sbn_str name = in.text();
    ExplainedRow row;
    for (sbn_str* text : {&row.task, &row.protocol, &row.subnet_hint}) *text = in.text();
    const ExplainsRow scope(row);
    TextAnswer text(out);
    return text.end(table_.explain(self_, &call, name, text.sink(), &err));
  }

 private:
  sbn_status detect_rows(const sbn_call& call, Unpacker& in, Packer& out, sbn_error& err) {
    const auto n = in.take<std::uint64_t>();
    in.texts(names_, n);
    sbn_detect_in rows{sizeof(rows), 0, n, names_.data(), nullptr, nullptr, nullptr};
    rows.tasks = take_column(in, n, tasks_);
    rows.protocols = take_column(in, n, protocols_);
    rows.subnet_hints = take_column(in, n, hints_);
    sbn_detect_out columns{sizeof(columns), 0, n, nullptr, nullptr, nullptr, nullptr};
    std::uint32_t** wanted[] = {&columns.type, &columns.confidence_ppm, &columns.runner_up,
                                &columns.row_flags};
    for (std::size_t i = 0; i < std::size(wanted); ++i) {
      columns_[i].assign(n, 0xffffffffu);  // a row that is forgotten shows
      *wanted[i] = columns_[i].data();
    }
    const sbn_status status = table_.detect(self_, &call, &rows, &columns, &err);
    for (const auto& column : columns_) out.narrow(column.data(), n);
    return status;
  }

  void* self_;
  const sbn_detector& table_;
  std::vector<sbn_str> names_, tasks_, protocols_, hints_;
  std::vector<std::uint32_t> columns_[4];
};

}  // namespace

const sbn_detector remote_detector{sizeof(sbn_detector), 0, types, detect, explain};

std::unique_ptr<Served> serve_detector(void* self, const sbn_detector& table) {
  return std::make_unique<ServedDetector>(self, table);
}

}  // namespace subnetd::plugin::worker
