// SPDX-License-Identifier: 0BSD
// version: what this binary is made of.
#include <boost/version.hpp>
#include <iostream>

#include "cli/command.hpp"
#include "subnet/abi.h"

namespace subnetd::cli {
namespace {

Result<void> print_version(const OutputChoice& choice) {
  json::Object object;
  object["version"] = SUBNETD_VERSION;
  object["abi"] = std::to_string(SBN_ABI_MAJOR) + "." + std::to_string(SBN_ABI_MINOR);
  object["compiler"] = "g++ " __VERSION__;
  object["boost"] = BOOST_LIB_VERSION;
  print_object(std::cout, style_of(choice), object);
  return {};
}

}  // namespace

void add_version(CLI::App& root, Chosen& chosen) {
  CLI::App* command = root.add_subcommand("version", "The version, the plugin ABI, the compiler");
  auto choice = std::make_shared<OutputChoice>();
  add_output_options(*command, *choice);
  on_chosen(*command, chosen, choice, print_version);
}

}  // namespace subnetd::cli
