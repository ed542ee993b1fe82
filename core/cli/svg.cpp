// SPDX-License-Identifier: 0BSD
#include "cli/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace subnetd::cli {
namespace {

constexpr int bar_height = 14, bar_gap = 2, row_gap = 8, top = 44, plot_width = 560, margin = 16;
constexpr double glyph_width = 7.2;  // of a 12 px sans-serif, generously
constexpr std::size_t label_glyphs_max = 40;
constexpr std::array<const char*, 6> colours{"#4878a8", "#d08030", "#5a9a5a",
                                             "#b05050", "#8070b0", "#808080"};

// Characters as a reader counts them: bytes that begin one.
std::size_t glyphs(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string clipped(const std::string& text) {
  if (glyphs(text) <= label_glyphs_max) return text;
  std::size_t seen = 0, at = 0;
  while (at < text.size() && (seen += (text[at] & 0xc0) != 0x80) <= label_glyphs_max - 1) ++at;
  return text.substr(0, at) + "\u2026";
}

// What XML 1.0 forbids becomes U+FFFD.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\xef\xbf\xbd";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.6g", value);
  return text;
}

// As people read it: 166667000000 is "166.7 G".
std::string quantity(double value) {
  constexpr std::string_view units = "MGTPE";
  if (!(std::abs(value) >= 1e6)) return number(value);
  std::size_t unit = 0;
  double shown = value / 1e6;
  while (std::abs(shown) >= 999.95 && unit + 1 < units.size()) shown /= 1e3, ++unit;
  char text[40];
  std::snprintf(text, sizeof(text), "%.4g %c", shown, units[unit]);
  return text;
}

double drawn(const BarSeries& series, std::size_t row) {
  const double value = row < series.values.size() ? series.values[row] : 0;
  return std::isfinite(value) && value > 0 ? value : 0;
}

// 1, 2 or 5 times a power of ten: at most six of them reach the largest value.
double tick_step(double largest) {
  if (largest <= 0) return 1;
  const double rough = largest / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= rough) return step * power;
  }
  return 10 * power;
}

std::string text_at(double x, double y, const char* style, std::string_view text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + style + ">" + escaped(text) +
         "</text>\n";
}

class Drawing {
 public:
  explicit Drawing(const BarChart& chart) : chart_(chart) {
    std::size_t widest = 4;
    for (const std::string& label : chart.labels) widest = std::max(widest, glyphs(clipped(label)));
    left_ = margin + static_cast<double>(widest) * glyph_width + 8;
    double largest = 0;
    for (const BarSeries& series : chart.series) {
      for (std::size_t row = 0; row < chart.labels.size(); ++row) {
        largest = std::max(largest, drawn(series, row));
      }
    }
    step_ = tick_step(largest);
    top_value_ = std::max(step_, std::ceil(largest / step_) * step_);
    const std::size_t bars = std::max<std::size_t>(1, chart.series.size());
    row_height_ = static_cast<double>(bars * (bar_height + bar_gap) + row_gap);
    const bool legend = chart.series.size() > 1;
    first_row_ = top + (legend ? 22 : 0);
    const std::size_t rows = std::max<std::size_t>(1, chart.labels.size());
    bottom_ = first_row_ + row_height_ * static_cast<double>(rows);
  }

  std::string svg() {
    const double width = left_ + plot_width + 80, height = bottom_ + 44;
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"" + number(width) +
           "\" height=\"" + number(height) + "\" viewBox=\"0 0 " + number(width) + " " +
           number(height) + "\" font-family=\"sans-serif\" font-size=\"12\">\n<title>" +
           escaped(chart_.title) +
           "</title>\n<style>text{fill:#222}.page{fill:#fff}.line{stroke:#ccc}"
           "@media(prefers-color-scheme:dark){text{fill:#ddd}.page{fill:#181a1c}"
           ".line{stroke:#444}}</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n";
    out_ += text_at(margin, 26, "font-size=\"16\" font-weight=\"bold\"", chart_.title);
    if (chart_.series.size() > 1) legend();
    axis();
    for (std::size_t row = 0; row < chart_.labels.size(); ++row) bars(row);
    if (chart_.labels.empty()) out_ += text_at(left_ + 8, first_row_ + 15, "", "nothing to show");
    return out_ + "</svg>\n";
  }

 private:
  void legend() {
    double x = margin;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      out_ += "<rect x=\"" + number(x) + "\" y=\"38\" width=\"12\" height=\"12\" fill=\"" +
              colours[i % colours.size()] + "\"/>\n";
      out_ += text_at(x + 18, 48, "", chart_.series[i].name);
      x += 36 + static_cast<double>(glyphs(chart_.series[i].name)) * glyph_width;
    }
  }

  double at(double value) const { return left_ + value / top_value_ * plot_width; }

  void axis() {
    const int ticks = static_cast<int>(std::lround(top_value_ / step_));
    for (int i = 0; i <= ticks; ++i) {
      const double value = step_ * i;
      const std::string x = number(at(value));
      out_ += "<line class=\"line\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" +
              number(first_row_ - 4) + "\" y2=\"" + number(bottom_) + "\"/>\n";
      out_ += text_at(at(value), bottom_ + 16, "text-anchor=\"middle\"", quantity(value));
    }
    out_ += text_at(at(top_value_ / 2), bottom_ + 34, "text-anchor=\"middle\"", chart_.unit);
  }

  void bars(std::size_t row) {
    const double y0 = first_row_ + row_height_ * static_cast<double>(row);
    const double middle = y0 + (row_height_ - row_gap) / 2 + 4;
    out_ += text_at(left_ - 8, middle, "text-anchor=\"end\"", clipped(chart_.labels[row]));
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const double value = drawn(chart_.series[i], row);
      const double y = y0 + static_cast<double>(i) * (bar_height + bar_gap);
      out_ += "<rect x=\"" + number(left_) + "\" y=\"" + number(y) + "\" width=\"" +
              number(at(value) - left_) + "\" height=\"" + std::to_string(bar_height) +
              "\" fill=\"" + colours[i % colours.size()] + "\"><title>" +
              escaped(chart_.labels[row] + ", " + chart_.series[i].name + ": " + number(value)) +
              "</title></rect>\n";
      out_ += text_at(at(value) + 5, y + bar_height - 3, "font-size=\"11\"", quantity(value));
    }
  }

  const BarChart& chart_;
  double left_ = 0, step_ = 1, top_value_ = 1, row_height_ = 0, first_row_ = 0, bottom_ = 0;
  std::string out_;
};

}  // namespace

std::string bar_chart_svg(const BarChart& chart) {
  return Drawing(chart).svg();
}

}  // namespace subnetd::cli
