// SPDX-License-Identifier: 0BSD
#include "cli/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ostream>

#include "domain/text.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t page_rows = 500;
constexpr std::string_view gap = "  ";
constexpr std::string_view bold = "\x1b[1m", plain = "\x1b[0m";

void append_hex(std::string& out, unsigned char byte) {
  constexpr char digits[] = "0123456789abcdef";
  out += "\\x";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

// How many bytes the well-formed character at `at` has; 0: it is not well-formed.
std::size_t character_bytes(std::string_view text, std::size_t at) {
  for (const std::size_t size : {1, 2, 3, 4}) {
    if (at + size <= text.size() && is_valid_utf8(text.substr(at, size))) return size;
  }
  return 0;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_objects(const json::Array& array) {
  return std::any_of(array.begin(), array.end(),
                     [](const json::Value& value) { return value.is_object(); });
}

// A row each; for people, objects in arrays get rows too, and all values stand to the left.
void flatten(Rows& rows, const std::string& prefix, const json::Object& object, bool for_people) {
  for (const auto& member : object) {
    const std::string name = prefix + std::string(member.key());
    const json::Array* array = member.value().if_array();
    if (const json::Object* inner = member.value().if_object()) {
      flatten(rows, name + ".", *inner, for_people);
    } else if (for_people && array != nullptr && has_objects(*array)) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        const json::Object* each = (*array)[i].if_object();
        if (each != nullptr) flatten(rows, name + '.' + std::to_string(i) + '.', *each, true);
      }
    } else if (for_people) {
      rows.add({name, Cell(Cell::for_people(member.value()).text())});
    } else {
      rows.add({name, Cell::of(member.value())});
    }
  }
}

}  // namespace

Style style_of(const OutputChoice& choice) {
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  Style style{terminal ? Format::table : Format::tsv, false};
  if (choice.format == "table") style.format = Format::table;
  if (choice.format == "json") style.format = Format::json;
  if (choice.format == "jsonl") style.format = Format::jsonl;
  if (choice.format == "tsv") style.format = Format::tsv;
  style.color = terminal && !choice.no_color && (no_color == nullptr || *no_color == '\0');
  return style;
}

Cell Cell::of(const json::Value& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return Cell(std::string_view(value.get_string()));
  Cell cell(json::serialize(value));
  if (!value.is_array() && !value.is_object()) cell.kind_ = Kind::literal;
  return cell;
}

Cell Cell::for_people(const json::Value& value) {
  const json::Array* array = value.if_array();
  if (array == nullptr || has_objects(*array)) return of(value);
  std::string text;
  for (const json::Value& each : *array) text += (text.empty() ? "" : ", ") + of(each).text();
  return Cell(std::move(text));
}

void Cell::append_json(std::string& out) const {
  switch (kind_) {
    case Kind::none: out += "null"; break;
    case Kind::literal: out += text_; break;
    case Kind::text: json::append_string(out, text_); break;
  }
}

std::string tsv_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = character_bytes(text, i);
    if (text[i] == '\t') {
      out += "\\t";
    } else if (text[i] == '\n') {
      out += "\\n";
    } else if (text[i] == '\\') {
      out += "\\\\";
    } else if (size == 0 || byte < 0x20 || byte == 0x7f) {
      append_hex(out, byte);
    } else {
      out += text.substr(i, size);
      i += size;
      continue;
    }
    ++i;
  }
  return out;
}

Result<std::string> tsv_unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    if (kind == 't' || kind == 'n' || kind == '\\') {
      out += kind == 't' ? '\t' : kind == 'n' ? '\n' : '\\';
      i += 1;
    } else if (kind == 'x' && i + 3 < text.size() && hex_digit(text[i + 2]) >= 0 &&
               hex_digit(text[i + 3]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
      i += 3;
    } else {
      return fail(Errc::malformed, "bad escape in \"" + std::string(text) + "\"",
                  "TSV escapes are \\t \\n \\\\ \\xNN");
    }
  }
  return out;
}

Rows::Rows(std::ostream& out, Style style, std::vector<std::string> columns)
    : out_(out), style_(style), columns_(std::move(columns)) {}

void Rows::add(std::vector<Cell> cells) {
  ++rows_;
  if (style_.format == Format::table) {
    page_.push_back(std::move(cells));
    if (page_.size() >= page_rows) flush_page();
    return;
  }
  line_.clear();
  if (style_.format == Format::tsv) {
    if (!std::exchange(header_written_, true)) {
      write_line({columns_.begin(), columns_.end()}, true);
    }
    write_line(cells, false);
    return;
  }
  const bool array = style_.format == Format::json;
  if (array) line_ += rows_ == 1 ? "[" : ",\n ";
  line_ += '{';
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) line_ += ',';
    json::append_string(line_, columns_[i]);
    line_ += ':';
    cells[i].append_json(line_);
  }
  line_ += '}';
  if (!array) line_ += '\n';
  out_ << line_;
}

void Rows::finish() {
  switch (style_.format) {
    case Format::table: flush_page(); break;
    case Format::json: out_ << (rows_ == 0 ? "[]\n" : "]\n"); break;
    case Format::jsonl: break;
    case Format::tsv:
      if (!header_written_) write_line({columns_.begin(), columns_.end()}, true);
  }
  out_.flush();
}

void Rows::flush_page() {
  if (widths_.empty()) {
    for (const std::string& column : columns_) widths_.push_back(width_of(column));
    for (const auto& row : page_) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        widths_[i] = std::max(widths_[i], width_of(tsv_escape(row[i].text())));
      }
    }
    write_line({columns_.begin(), columns_.end()}, true);
  }
  for (const auto& row : page_) write_line(row, false);
  page_.clear();
}

void Rows::write_line(const std::vector<Cell>& cells, bool header) {
  const bool table = style_.format == Format::table;
  line_.clear();
  if (header && style_.color && table) line_ += bold;
  std::size_t pending = 0;  // spaces, written only when something follows
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string text = tsv_escape(cells[i].text());
    if (!table) {
      if (i != 0) line_ += '\t';
      line_ += text;
      continue;
    }
    if (i != 0) pending += gap.size();
    const std::size_t pad = widths_[i] - std::min(widths_[i], width_of(text));
    if (cells[i].is_literal()) pending += pad;
    if (!text.empty()) {
      line_.append(pending, ' ');
      line_ += text;
      pending = 0;
    }
    if (!cells[i].is_literal()) pending += pad;
  }
  if (header && style_.color && table) line_ += plain;
  line_ += '\n';
  out_ << line_;
}

void print_object(std::ostream& out, Style style, const json::Object& object) {
  if (style.format == Format::json || style.format == Format::jsonl) {
    out << json::serialize(object) << '\n';
    out.flush();
    return;
  }
  Rows rows(out, style, {"field", "value"});
  flatten(rows, "", object, style.format == Format::table);
  rows.finish();
}

const json::Value* at_path(const json::Object& object, std::string_view path) {
  const std::size_t dot = path.find('.');
  const json::Value* member = object.if_contains(path.substr(0, dot));
  if (member == nullptr || dot == std::string_view::npos) return member;
  const json::Object* inner = member->if_object();
  return inner == nullptr ? nullptr : at_path(*inner, path.substr(dot + 1));
}

void print_error(const Error& error) {
  std::fprintf(stderr, "subnetd: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
}

void note(std::string_view line) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

}  // namespace subnetd::cli
