// SPDX-License-Identifier: 0BSD
#include "api/assets.hpp"

#include <array>

extern "C" {
extern const char subnetd_index_html[], subnetd_index_html_end[];
extern const char subnetd_app_js[], subnetd_app_js_end[];
extern const char subnetd_style_css[], subnetd_style_css_end[];
extern const char subnetd_icon_svg[], subnetd_icon_svg_end[];
}

namespace subnetd::api {

const Asset* find_asset(std::string_view path) {
  static const std::array<Asset, 4> assets{{
      {"/", "text/html; charset=utf-8", subnetd_index_html, subnetd_index_html_end},
      {"/app.js", "text/javascript; charset=utf-8", subnetd_app_js, subnetd_app_js_end},
      {"/style.css", "text/css; charset=utf-8", subnetd_style_css, subnetd_style_css_end},
      {"/icon.svg", "image/svg+xml", subnetd_icon_svg, subnetd_icon_svg_end},
  }};
  for (const Asset& asset : assets) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

}  // namespace subnetd::api
