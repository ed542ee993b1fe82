// SPDX-License-Identifier: 0BSD
// The files of sdk/template, as they stand in the program.
#pragma once

#include <span>
#include <string_view>

namespace subnetd::cli {

struct TemplateFile {
  std::string_view path;  // "detector/src/my_plugin.cpp"
  std::string_view text;
};

std::span<const TemplateFile> template_files();

}  // namespace subnetd::cli
