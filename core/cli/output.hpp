// SPDX-License-Identifier: 0BSD
// How results reach stdout: a table for people, TSV or JSON for programs. Rows stream: a million of
// them need no memory, a table included, whose widths follow from its first page. Everything that
// is no result goes to stderr. Main thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::cli {

enum class Format { table, json, jsonl, tsv };

// The options as they were given; `format` empty: not given.
struct OutputChoice {
  std::string format;
  bool no_color = false;
};

struct Style {
  Format format = Format::tsv;
  bool color = false;
};
// Table on a terminal, TSV otherwise; colour on a terminal unless --no-color or NO_COLOR.
Style style_of(const OutputChoice& choice);

// One value of a row: text, a number or a truth value as JSON spells it, or nothing.
class Cell {
 public:
  Cell() : kind_(Kind::none) {}
  Cell(std::string text) : kind_(Kind::text), text_(std::move(text)) {}
  Cell(std::string_view text) : Cell(std::string(text)) {}
  Cell(const char* text) : Cell(std::string(text)) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Cell(T number) : kind_(Kind::literal), text_(std::to_string(number)) {}
  Cell(bool flag) : kind_(Kind::literal), text_(flag ? "true" : "false") {}
  // Arrays and objects become their JSON text.
  static Cell of(const json::Value& value);
  // Arrays become "a, b".
  static Cell for_people(const json::Value& value);

  bool is_none() const { return kind_ == Kind::none; }
  bool is_literal() const { return kind_ == Kind::literal; }
  const std::string& text() const { return text_; }
  void append_json(std::string& out) const;

 private:
  enum class Kind : std::uint8_t { none, text, literal };
  Kind kind_;
  std::string text_;
};

// Tab, newline, backslash as \t \n \\; other control bytes and what is no UTF-8 as \xNN.
std::string tsv_escape(std::string_view text);
// Empty optional-like: Errc::malformed on an escape that tsv_escape never makes.
Result<std::string> tsv_unescape(std::string_view text);

class Rows {
 public:
  Rows(std::ostream& out, Style style, std::vector<std::string> columns);
  void add(std::vector<Cell> cells);  // as many as there are columns
  void finish();                      // once, after the last row

 private:
  void flush_page();
  void write_line(const std::vector<Cell>& cells, bool header);

  std::ostream& out_;
  Style style_;
  std::vector<std::string> columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> page_;
  bool header_written_ = false;
  std::uint64_t rows_ = 0;
  std::string line_;
};

// One thing: JSON as it is, else a row `field  value` for each member; members of nested objects
// are named `outer.inner`.
void print_object(std::ostream& out, Style style, const json::Object& object);

// The member a dotted path names, or null.
const json::Value* at_path(const json::Object& object, std::string_view path);

// "subnetd: what failed" and "hint: what to do", on stderr.
void print_error(const Error& error);
// A line for people, on stderr.
void note(std::string_view line);

}  // namespace subnetd::cli
