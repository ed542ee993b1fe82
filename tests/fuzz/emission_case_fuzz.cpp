// SPDX-License-Identifier: 0BSD
// A case file of any bytes: what the reader takes has columns of one length, and of what the host's
// own check lets through every answer can be written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cli/emission_case.hpp"
#include "plugin/emission.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto value = json::parse(text, 64 * 1024);
  if (!value) return 0;
  const auto epoch = cli::read_emission_case(*value);
  if (!epoch) {
    if (epoch.error().message.empty()) std::abort();
    return 0;
  }
  const std::size_t n = epoch->input.uid.size();
  const auto checked = plugin::check_input(epoch->input);
  if (!checked) {
    // Order and range are the check's to find, shape is the reader's.
    const std::string& why = checked.error().message;
    if (why.find("lengths differ") != std::string::npos) std::abort();
    if (why.find("rows of") != std::string::npos) std::abort();
    return 0;
  }
  EmissionOutput out;
  out.amount_nano.assign(n, 0);
  out.bonds_row.assign(n, 0);
  out.bonds.row_at.assign(n + 1, 0);
  json::serialize(cli::emission_answer(*epoch, out));
  json::serialize(cli::emission_raw(*epoch, out));
  return 0;
}
