// SPDX-License-Identifier: 0BSD
#include "plugin/absent.hpp"

#include "subnet/detector.h"
#include "subnet/emission.h"
#include "subnet/matcher.h"
#include "subnet/validator.h"

namespace subnetd::plugin {
namespace {

constexpr sbn_detector no_detector{sizeof(sbn_detector), 0, nullptr, nullptr, nullptr};
constexpr sbn_matcher no_matcher{sizeof(sbn_matcher), 0,       nullptr, nullptr,
                                 nullptr,             nullptr, nullptr};
constexpr sbn_validator no_validator{sizeof(sbn_validator), 0, nullptr, nullptr, nullptr, nullptr};
constexpr sbn_emission no_emission{sizeof(sbn_emission), 0, nullptr, nullptr};

constexpr sbn_component component_of(const void* table) {
  return {sizeof(sbn_component), SBN_F_DETERMINISTIC, {}, {}, {}, {}, table, nullptr, nullptr};
}
const sbn_component raw_detector = component_of(&no_detector);
const sbn_component raw_matcher = component_of(&no_matcher);
const sbn_component raw_validator = component_of(&no_validator);
const sbn_component raw_emission = component_of(&no_emission);

const sbn_component* raw_of(std::string_view kind) {
  if (kind == SBN_KIND_DETECTOR) return &raw_detector;
  if (kind == SBN_KIND_MATCHER) return &raw_matcher;
  return kind == SBN_KIND_VALIDATOR ? &raw_validator : &raw_emission;
}

}  // namespace

Offer absent_offer(std::string_view kind, std::string_view use, const Refusal& refusal) {
  const std::string_view id = use.substr(use.find('/') + 1);  // npos + 1 is 0
  ComponentView component{std::string(kind), std::string(id),     {}, {},
                          SBN_F_DETERMINISTIC, raw_of(kind)};
  Offer offer;
  offer.library =
      Library::absent(refusal.file, refusal.sha256, refusal.id, std::move(component));
  offer.component = &offer.library->components().front();
  return offer;
}

}  // namespace subnetd::plugin
