// SPDX-License-Identifier: 0BSD
// Detectors: one adapter an instance, and the chain that asks them in file order. The first answer
// with enough confidence wins, else the most confident; a failing detector is passed over.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/detection.hpp"
#include "plugin/instance.hpp"
#include "subnet/detector.h"

namespace subnetd::plugin {

class Detector {
 public:
  explicit Detector(std::unique_ptr<Instance> instance);

  const std::vector<std::string>& types() const { return types_; }
  // One detection a subject, in order; type `unknown` is no opinion.
  // `subnet_hint`: what the subnet is about, for names that say nothing; may be empty.
  Result<void> detect(std::span<const DetectionSubject* const> subjects,
                      std::vector<Detection>& out, std::string_view subnet_hint = {});
  Result<std::string> explain(const DetectionSubject& subject, std::string_view subnet_hint = {});
  Instance& instance() { return *instance_; }
  const Instance& instance() const { return *instance_; }

 private:
  std::unique_ptr<Instance> instance_;
  std::vector<std::string> types_;
  std::vector<sbn_str> names_, tasks_, protocols_, hints_;
  std::vector<std::uint32_t> type_, confidence_, runner_up_, flags_;
};

class DetectorChain {
 public:
  void add(Detector detector, Ppm min_confidence_ppm);
  void set_subnet_hint(std::string hint) { subnet_hint_ = std::move(hint); }
  std::vector<Detection> detect(std::span<const DetectionSubject> subjects);
  // What every detector says of the subject, as "id: text".
  std::vector<std::string> explain(const DetectionSubject& subject);
  std::vector<std::string> types() const;  // what all of them declare, sorted, once each
  std::vector<Instance*> instances();

 private:
  struct Link {
    Detector detector;
    Ppm min_confidence_ppm;
  };
  std::vector<Link> links_;
  std::string subnet_hint_;
};

}  // namespace subnetd::plugin
