// SPDX-License-Identifier: 0BSD
#include <algorithm>
#include <array>
#include <barrier>
#include <numeric>
#include <thread>

#include "domain/limits.hpp"
#include "plugin/conformance/child.hpp"
#include "plugin/conformance/grown.hpp"
#include "plugin/conformance/trial.hpp"
#include "plugin/detector.hpp"

namespace subnetd::plugin::conformance {
namespace {

constexpr std::array<std::string_view, 16> usual_names{"gpt-4",
                                                       "my-llama-2-70b",
                                                       "whisper-large",
                                                       "stable-diffusion-xl",
                                                       "resnet50",
                                                       "bark.tts",
                                                       "sentence-embedder",
                                                       "video-gen/v2",
                                                       "clip_vit",
                                                       "openai::chat",
                                                       "nothing known",
                                                       "WHISPER",
                                                       "text-to-speech",
                                                       "mixtral/8x7b",
                                                       "\xe6\xa8\xa1\xe5\x9e\x8b",
                                                       "a"};

struct Row {
  std::string name, task, protocol, hint;
};

std::vector<Row> rows_of(const Work& work) {
  Draw draw(work.seed);
  std::vector<Row> rows(work.n);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row& row = rows[i];
    if (i % 2 == 0) {
      row.name = usual_names[i / 2 % usual_names.size()];
    } else {
      // Bytes of all kinds: NUL, invalid UTF-8, the longest there may be.
      row.name.resize(i % 16 == 15 ? limits::namespace_bytes_max
                                   : 1 + draw.below(limits::namespace_bytes_max));
      for (char& c : row.name) c = static_cast<char>(draw.next());
    }
    if (i % 3 == 0) row.task = "text-generation";
    row.protocol = i % 5 == 0 ? "openai" : "module";
    row.hint = "inference";
  }
  return rows;
}

struct Answer {
  std::vector<std::uint32_t> type, confidence, runner_up, flags;
  bool operator==(const Answer&) const = default;
};

// sbn_str columns, each text in a frame of its own.
class Texts {
 public:
  Texts(const char* name, const std::vector<Row>& rows, std::string Row::* field, bool framed)
      : rows_(name, rows.size(), framed) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string& text = rows[i].*field;
      const std::string label = std::string(name) + "[" + std::to_string(i) + "]";
      texts_.push_back(std::make_unique<Text>(label, text, framed));
      rows_.all()[i] = texts_.back()->str();
    }
    rows_.seal();
  }
  const sbn_str* data() { return rows_.data(); }

 private:
  Column<sbn_str> rows_;
  std::vector<std::unique_ptr<Text>> texts_;
};

Result<Answer> ask(Subject& subject, const std::vector<Row>& rows, const Work& work) {
  const std::size_t n = rows.size();
  Texts names("names", rows, &Row::name, work.framed);
  Texts tasks("tasks", rows, &Row::task, work.framed);
  Texts protocols("protocols", rows, &Row::protocol, work.framed);
  Texts hints("subnet_hints", rows, &Row::hint, work.framed);
  using Out = Column<std::uint32_t>;
  Out type("type", n, work.framed, ~0u), confidence("confidence_ppm", n, work.framed, ~0u),
      runner_up("runner_up", n, work.framed, ~0u), flags("row_flags", n, work.framed, ~0u);
  Grown<sbn_detect_in> in(
      "sbn_detect_in",
      {0, 0, n, names.data(), work.optional ? tasks.data() : nullptr,
       work.optional ? protocols.data() : nullptr, work.optional ? hints.data() : nullptr},
      work);
  Grown<sbn_detect_out> out(
      "sbn_detect_out", {0, 0, n, type.data(), confidence.data(), runner_up.data(), flags.data()},
      work);
  const auto& table = subject.table<sbn_detector>();
  const sbn_status status = subject.call("detect", [&](const sbn_call* call, sbn_error* err) {
    return table.detect(subject.self(), call, in.get(), out.get(), err);
  });
  if (status < 0) return complain(subject.complaint());
  if (!type.intact() || !confidence.intact() || !runner_up.intact() || !flags.intact()) {
    return complain("bytes written before an output column");
  }
  if (!out.tails_are_whole())
    return complain("bytes written behind the known fields of the output");
  return Answer{type.copy(), confidence.copy(), runner_up.copy(), flags.copy()};
}

std::string text_of(const Answer& answer) {
  std::string out;
  for (std::size_t i = 0; i < answer.type.size(); ++i) {
    for (const auto* column :
         {&answer.type, &answer.confidence, &answer.runner_up, &answer.flags}) {
      out += std::to_string((*column)[i]) + ' ';
    }
    out += '\n';
  }
  return out;
}

Result<std::string> work(Subject& subject, const Work& wanted) {
  SUBNETD_TRY(const Answer answer, ask(subject, rows_of(wanted), wanted));
  return text_of(answer);
}

Finding check_types(const Trial& trial) {
  auto instance = trial.instance();
  if (!instance) return failed("an instance", instance.error().message, "see settings");
  const InSlot in("types");
  const Detector detector(std::move(*instance));
  const InstanceStats stats = detector.instance().stats();
  if (stats.disabled) {
    return failed("model types, each once, of letters, digits and ._-", stats.reason,
                  "correct what types() writes");
  }
  if (detector.types().empty()) {
    return failed("at least one model type", "none", "a detector that answers none is no use");
  }
  return good(std::to_string(detector.types().size()) + " types");
}

// As the daemon asks: its adapter checks every row.
Finding check_answers(const Trial& trial) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{1000}}) {
    auto instance = trial.instance();
    if (!instance) return failed("an instance", instance.error().message, "see settings");
    const InSlot in("detect");
    Detector detector(std::move(*instance));
    std::vector<DetectionSubject> subjects;
    for (const Row& row : rows_of({.n = n})) subjects.push_back({row.name, row.task, row.protocol});
    std::vector<const DetectionSubject*> asked;
    for (const auto& subject : subjects) asked.push_back(&subject);
    std::vector<Detection> out;
    if (const auto done = detector.detect(asked, out); !done) {
      return failed("for each of " + std::to_string(n) +
                        " rows a type of the list (0: none), a "
                        "confidence to 1000000 (0 with type 0), a runner-up, known flags",
                    done.error().message, "write all four columns of every row");
    }
  }
  return good();
}

// Each row's answer is its own: order and company do not count.
Finding check_rows_apart(const Trial& trial) {
  const auto subject = Subject::create(trial);
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const Work plain{.n = 63, .framed = false};
  const std::vector<Row> rows = rows_of(plain);
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::reverse(order.begin(), order.end());
  std::rotate(order.begin(), order.begin() + 10, order.end());
  std::vector<Row> mixed;
  for (const std::size_t i : order) mixed.push_back(rows[i]);
  const auto whole = ask(**subject, rows, plain);
  const auto other = ask(**subject, mixed, plain);
  const auto head = ask(**subject, {rows.begin(), rows.begin() + 20}, plain);
  const auto tail = ask(**subject, {rows.begin() + 20, rows.end()}, plain);
  for (const auto* done : {&whole, &other, &head, &tail}) {
    if (!*done) return failed("answers", done->error().message, see_header);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool moved = whole->type[order[i]] != other->type[i] ||
                       whole->confidence[order[i]] != other->confidence[i];
    const Answer& part = i < 20 ? *head : *tail;
    const std::size_t at = i < 20 ? i : i - 20;
    if (moved || whole->type[i] != part.type[at] || whole->confidence[i] != part.confidence[at]) {
      return failed("the same answer to a row in any order and in any batch",
                    "another for row " + std::to_string(moved ? order[i] : i),
                    "answer each row from its own columns alone");
    }
  }
  return good();
}

Finding check_concurrent(const Trial& trial) {
  if ((trial.flags() & SBN_F_CONCURRENT) == 0) {
    return skipped("the component does not claim SBN_F_CONCURRENT");
  }
  const auto subject = Subject::create(trial);
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const std::vector<Row> rows = rows_of({.n = 64});
  std::vector<sbn_str> names;
  for (const Row& row : rows) names.push_back(str(row.name));
  const auto& table = (*subject)->table<sbn_detector>();
  constexpr std::size_t threads = 4, rounds = 200;
  constexpr std::uint32_t no_answer = 0xa5a5a5a5;  // a row left out shows
  std::vector<std::vector<std::uint32_t>> answers(threads + 1);
  std::barrier all_there(threads);  // threads that come one after the other prove nothing
  const auto run = [&](std::size_t t) {
    for (std::size_t round = 0; round < rounds; ++round) {
      if (t < threads) all_there.arrive_and_wait();
      std::vector<std::uint32_t> out(4 * rows.size(), no_answer);
      sbn_call call{};
      call.struct_size = sizeof(call);
      call.scratch = [](const sbn_call*, std::uint64_t, std::uint64_t) -> void* { return nullptr; };
      const sbn_detect_in in{sizeof(in), 0, rows.size(), names.data(), nullptr, nullptr, nullptr};
      const std::size_t n = rows.size();
      sbn_detect_out to{sizeof(to),        0, n, out.data(), out.data() + n, out.data() + 2 * n,
                        out.data() + 3 * n};
      const sbn_status status = table.detect((*subject)->self(), &call, &in, &to, nullptr);
      if (status < 0) out.assign(1, static_cast<std::uint32_t>(status));
      if (round == 0)
        answers[t] = out;
      else if (answers[t] != out)
        answers[t].clear();
    }
  };
  const InSlot in("detect on four threads");
  run(threads);
  std::vector<std::jthread> pool;
  for (std::size_t t = 0; t < threads; ++t) pool.emplace_back(run, t);
  pool.clear();
  for (std::size_t t = 0; t < threads; ++t) {
    if (answers[t] != answers[threads]) {
      return failed("the same answers on four threads at once", "others",
                    "share nothing that detect changes, or drop SBN_F_CONCURRENT");
    }
  }
  return good();
}

Finding check_explain(const Trial& trial) {
  auto instance = trial.instance();
  if (!instance) return failed("an instance", instance.error().message, "see settings");
  const InSlot in("explain");
  Detector detector(std::move(*instance));
  for (const Row& row : rows_of({.n = 32})) {
    const auto line = detector.explain({row.name, {}, {}});
    if (!line && line.error().code == Errc::not_found) return skipped("it explains nothing");
    if (!line) return failed("a line for any name", line.error().message, see_header);
  }
  return good();
}

}  // namespace

const Kind& detector_kind() {
  static const Kind kind{SBN_KIND_DETECTOR,
                         work,
                         {
                             {"types", "model types that can be shown, each once", check_types},
                             {"answers", "every column of every row, in range", check_answers},
                             {"rows_apart",
                              "the same answer to a row in any order and any batch",
                              check_rows_apart},
                             {"concurrent",
                              "the same answers on four threads, where it claims SBN_F_CONCURRENT",
                              check_concurrent},
                             {"explain", "a line for anything it is asked about", check_explain},
                         }};
  return kind;
}

}  // namespace subnetd::plugin::conformance
