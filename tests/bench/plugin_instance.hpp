// SPDX-License-Identifier: 0BSD
// A built-in plugin as the daemon has it: loaded from its file, created with its settings.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "plugin/instance.hpp"

namespace subnetd::bench {

inline std::unique_ptr<plugin::Instance> load_instance(std::string_view kind,
                                                       std::string_view use,
                                                       std::string settings = "{}") {
  auto catalogue = plugin::Catalogue::open({SUBNETD_BINARY_DIR "/plugins"});
  auto offer = catalogue ? catalogue->find(kind, use)
                         : Result<plugin::Offer>(std::unexpected(catalogue.error()));
  auto made = offer ? plugin::Instance::create(*offer, std::move(settings), "the benchmark", {})
                    : Result<std::unique_ptr<plugin::Instance>>(std::unexpected(offer.error()));
  if (made) return std::move(*made);
  std::fprintf(stderr, "%s\n", made.error().message.c_str());
  std::exit(1);
}

}  // namespace subnetd::bench
