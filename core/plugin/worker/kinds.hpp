// SPDX-License-Identifier: 0BSD
// Both ends of each kind: the table the daemon calls, and what serves it in the worker. They stand
// in one file a kind, because what one packs the other unpacks.
#pragma once

#include <memory>

#include "plugin/worker/wire.hpp"
#include "subnet/detector.h"
#include "subnet/emission.h"
#include "subnet/matcher.h"
#include "subnet/validator.h"

namespace subnetd::plugin::worker {

extern const sbn_detector remote_detector;
extern const sbn_matcher remote_matcher;
extern const sbn_validator remote_validator;
extern const sbn_emission remote_emission;

// One instance in the worker.
class Served {
 public:
  virtual ~Served() = default;
  virtual sbn_status serve(std::uint32_t slot, const sbn_call& call, Unpacker& in, Packer& out,
                           sbn_error& err) = 0;
};

std::unique_ptr<Served> serve_detector(void* self, const sbn_detector& table);
std::unique_ptr<Served> serve_matcher(void* self, const sbn_matcher& table);
std::unique_ptr<Served> serve_validator(void* self, const sbn_validator& table);
std::unique_ptr<Served> serve_emission(void* self, const sbn_emission& table);

}  // namespace subnetd::plugin::worker
