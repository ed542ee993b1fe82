// SPDX-License-Identifier: 0BSD
#include "cli/detect_eval.hpp"

#include <iostream>
#include <map>

#include "cli/input_text.hpp"
#include "domain/limits.hpp"
#include "domain/ppm.hpp"

namespace subnetd::cli {
namespace {

struct Labelled {
  std::vector<DetectionSubject> subjects;
  std::vector<std::string> types;
};

Result<Labelled> read_labelled(const std::string& file, const DetectionSubject& like) {
  Labelled read;
  SUBNETD_CHECK(each_line(file, 1024 * 1024, [&](std::string_view line, std::size_t number) {
    if (line.empty() || line.starts_with('#')) return Result<void>();
    const auto wrong = [&](const std::string& why) -> Result<void> {
      return fail(Errc::malformed, file + ":" + std::to_string(number) + ": " + why,
                  "a row is a name, a tab and its model type");
    };
    const std::size_t tab = line.find('\t');
    if (tab == line.npos) return wrong("no tab");
    const std::string_view rest = line.substr(tab + 1);
    auto name = tsv_unescape(line.substr(0, tab));
    if (!name) return wrong(name.error().message);
    const std::string_view type = rest.substr(0, rest.find('\t'));
    if (name->empty() || name->size() > limits::namespace_bytes_max || type.empty()) {
      return wrong("a name of 1 to " + std::to_string(limits::namespace_bytes_max) +
                   " bytes and a type are wanted");
    }
    DetectionSubject subject = like;
    subject.name_space = std::move(*name);
    read.subjects.push_back(std::move(subject));
    read.types.emplace_back(type);
    return Result<void>();
  }));
  if (read.types.empty()) return fail(Errc::malformed, file + ": no labelled name in it");
  return read;
}

struct Tally {
  std::uint64_t right = 0, named = 0, answered = 0;
};

class Report {
 public:
  Report(Style style)
      : rows_(std::cout, style, {"figure", "type", "taken_for", "names", "of", "share_ppm"}) {}
  void add(const char* figure, const std::string& type, const std::string& taken_for,
           std::uint64_t names, std::uint64_t of) {
    rows_.add({figure, type, taken_for, names, of, of == 0 ? Cell() : Cell(names * ppm_one / of)});
  }
  void finish() { rows_.finish(); }

 private:
  Rows rows_;
};

}  // namespace

Result<void> evaluate_detectors(plugin::DetectorChain& chain, const std::string& file,
                                const DetectionSubject& like, Style style) {
  SUBNETD_TRY(const Labelled labelled, read_labelled(file, like));
  const std::vector<Detection> answers = chain.detect(labelled.subjects);
  std::map<std::string, Tally> types;
  std::map<std::pair<std::string, std::string>, std::uint64_t> confusions;
  std::uint64_t right = 0, wrong = 0, unanswered = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string& type = labelled.types[i];
    const std::string& answer = answers[i].model_type;
    ++types[type].named;
    ++types[answer].answered;
    if (answer == type) {
      ++right;
      ++types[type].right;
      continue;
    }
    ++(answer == unknown_model_type ? unanswered : wrong);
    ++confusions[{type, answer}];
  }
  Report report(style);
  const std::uint64_t all = answers.size();
  report.add("accuracy", "", "", right, all);
  report.add("wrong_type", "", "", wrong, all);
  report.add("unanswered", "", "", unanswered, all);
  for (const auto& [type, tally] : types) {
    report.add("precision", type, "", tally.right, tally.answered);
    report.add("recall", type, "", tally.right, tally.named);
  }
  for (const auto& [pair, count] : confusions) {
    report.add("confusion", pair.first, pair.second, count, types[pair.first].named);
  }
  report.finish();
  return {};
}

}  // namespace subnetd::cli
