// SPDX-License-Identifier: 0BSD
#include "cli/demo_story.hpp"

#include <cstdio>
#include <iostream>

namespace subnetd::cli {
namespace {

json::Value value_of(const Cell& cell) {
  std::string text;
  cell.append_json(text);
  auto value = json::parse(text, text.size());
  return value ? *value : json::Value(nullptr);
}

}  // namespace

Story::Story(Style style) : style_(style), began_(std::chrono::steady_clock::now()) {}

void Story::tell(std::string_view line) {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - began_;
  std::fprintf(stderr, "%5.1f s  %.*s\n", since.count(), static_cast<int>(line.size()),
               line.data());
}

void Story::table(const std::string& name, const std::vector<std::string>& columns,
                  const std::vector<std::vector<Cell>>& rows) {
  if (style_.format == Format::table || style_.format == Format::tsv) {
    Rows out(std::cout, style_, columns);
    for (const auto& row : rows) out.add(row);
    out.finish();
    std::cout << std::endl;  // a line between this and the next, and before what is told next
    return;
  }
  json::Array told;
  for (const auto& row : rows) {
    json::Object object;
    if (style_.format == Format::jsonl) object["table"] = name;
    for (std::size_t i = 0; i < columns.size(); ++i) object[columns[i]] = value_of(row[i]);
    if (style_.format == Format::jsonl) std::cout << json::serialize(object) << '\n';
    told.push_back(std::move(object));
  }
  std::cout.flush();
  told_[name] = std::move(told);
}

void Story::finish() {
  if (style_.format == Format::json) std::cout << json::serialize(told_) << '\n';
  std::cout.flush();
}

}  // namespace subnetd::cli
