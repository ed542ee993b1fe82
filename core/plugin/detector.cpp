// SPDX-License-Identifier: 0BSD
#include "plugin/detector.hpp"

#include <algorithm>

#include "domain/limits.hpp"
#include "plugin/note.hpp"
#include "plugin/services.hpp"

namespace subnetd::plugin {

// Types that cannot be shown or that clash put the detector out of service.
Detector::Detector(std::unique_ptr<Instance> instance) : instance_(std::move(instance)) {
  const sbn_str* types = nullptr;
  std::uint64_t n = 0;
  const auto& table = instance_->table<sbn_detector>();
  const auto status = instance_->call("types", 1, [&](const sbn_call*, sbn_error*) {
    n = table.types(instance_->self(), &types);
    return SBN_OK;
  });
  if (!status) return;
  if (n > limits::model_types_max || (n != 0 && types == nullptr)) {
    instance_->disable("declares " + std::to_string(n) + " model types");
    return;
  }
  for (std::uint64_t i = 0; i < n; ++i) {
    const sbn_str raw = types[i];
    const bool sized = raw.data != nullptr && raw.len <= limits::model_type_bytes_max;
    const std::string type = sized ? std::string(view_of(raw)) : std::string();
    const bool again = std::find(types_.begin(), types_.end(), type) != types_.end();
    if (!is_plugin_name(type) || type == unknown_model_type || again) {
      types_.clear();
      instance_->disable("declares a model type that is empty, odd, reserved or twice: \"" + type +
                         "\"");
      return;
    }
    types_.push_back(type);
  }
}

Result<void> Detector::detect(std::span<const DetectionSubject* const> subjects,
                              std::vector<Detection>& out, std::string_view subnet_hint) {
  const std::size_t n = subjects.size();
  out.assign(n, Detection{});
  names_.resize(n);
  tasks_.resize(n);
  protocols_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    names_[i] = str(subjects[i]->name_space);
    tasks_[i] = str(subjects[i]->task);
    protocols_[i] = str(subjects[i]->protocol);
  }
  hints_.assign(subnet_hint.empty() ? 0 : n, str(subnet_hint));
  // Poison: a slot the plugin forgets is out of range.
  for (auto* column : {&type_, &confidence_, &runner_up_, &flags_}) column->assign(n, 0xffffffffu);
  sbn_detect_in in{sizeof(in), 0, n, names_.data(), tasks_.data(), protocols_.data(),
                   hints_.empty() ? nullptr : hints_.data()};
  sbn_detect_out answer{sizeof(answer), 0, n, type_.data(), confidence_.data(), runner_up_.data(),
                        flags_.data()};
  auto status = instance_->call("detect", n, [&](const sbn_call* call, sbn_error* err) {
    return instance_->table<sbn_detector>().detect(instance_->self(), call, &in, &answer, err);
  });
  if (!status) return std::unexpected(status.error());
  for (std::size_t i = 0; i < n; ++i) {
    const bool good = type_[i] <= types_.size() && runner_up_[i] <= types_.size() &&
                      confidence_[i] <= (type_[i] == 0 ? 0 : ppm_one) &&
                      (flags_[i] & ~SBN_DETECT_AMBIGUOUS) == 0;
    if (!good) {
      return std::unexpected(instance_->violation(
          "detect", "row " + std::to_string(i) + " answers type " + std::to_string(type_[i]) +
                        " of " + std::to_string(types_.size()) + " with confidence " +
                        std::to_string(confidence_[i]) + ", or not at all"));
    }
    Detection& d = out[i];
    if (runner_up_[i] != 0) d.runner_up = types_[runner_up_[i] - 1];
    d.ambiguous = (flags_[i] & SBN_DETECT_AMBIGUOUS) != 0;
    if (type_[i] == 0) continue;
    d.model_type = types_[type_[i] - 1];
    d.confidence_ppm = confidence_[i];
    d.detector = instance_->id();
  }
  return {};
}

Result<std::string> Detector::explain(const DetectionSubject& subject,
                                      std::string_view subnet_hint) {
  const ExplainedRow row{str(subject.task), str(subject.protocol), str(subnet_hint)};
  const ExplainsRow scope(row);
  const auto& table = instance_->table<sbn_detector>();
  return instance_->explain([&](const sbn_call* call, sbn_sink sink, sbn_error* err) {
    return table.explain == nullptr
               ? SBN_E_UNSUPPORTED
               : table.explain(instance_->self(), call, str(subject.name_space), sink, err);
  });
}

void DetectorChain::add(Detector detector, Ppm min_confidence_ppm) {
  links_.push_back({std::move(detector), min_confidence_ppm});
}

std::vector<Detection> DetectorChain::detect(std::span<const DetectionSubject> subjects) {
  std::vector<Detection> best(subjects.size());
  std::vector<std::size_t> open(subjects.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  std::vector<const DetectionSubject*> asked;
  std::vector<Detection> answers;
  for (Link& link : links_) {
    if (open.empty()) break;
    if (link.detector.instance().disabled()) continue;
    asked.clear();
    for (std::size_t i : open) asked.push_back(&subjects[i]);
    if (!link.detector.detect(asked, answers, subnet_hint_)) continue;
    std::vector<std::size_t> still;
    for (std::size_t a = 0; a < answers.size(); ++a) {
      const std::size_t i = open[a];
      const bool opinion = answers[a].model_type != unknown_model_type;
      if (opinion && answers[a].confidence_ppm >= link.min_confidence_ppm) {
        best[i] = std::move(answers[a]);
        continue;
      }
      if (opinion && answers[a].confidence_ppm > best[i].confidence_ppm) {
        best[i] = std::move(answers[a]);
      } else if (answers[a].ambiguous && best[i].model_type == unknown_model_type) {
        best[i].ambiguous = true;  // no opinion, for a reason that people should look at
        best[i].runner_up = answers[a].runner_up;
      }
      still.push_back(i);
    }
    open.swap(still);
  }
  return best;
}

std::vector<std::string> DetectorChain::explain(const DetectionSubject& subject) {
  std::vector<std::string> lines;
  for (Link& link : links_) {
    auto text = link.detector.explain(subject, subnet_hint_);
    lines.push_back(link.detector.instance().id() + ": " + (text ? *text : text.error().message));
  }
  return lines;
}

std::vector<std::string> DetectorChain::types() const {
  std::vector<std::string> all;
  for (const Link& link : links_) {
    all.insert(all.end(), link.detector.types().begin(), link.detector.types().end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<Instance*> DetectorChain::instances() {
  std::vector<Instance*> out;
  for (Link& link : links_) out.push_back(&link.detector.instance());
  return out;
}

}  // namespace subnetd::plugin
