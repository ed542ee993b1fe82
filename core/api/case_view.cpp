// SPDX-License-Identifier: 0BSD
#include "api/case_view.hpp"

#include "api/object_text.hpp"
#include "domain/node.hpp"

namespace subnetd::api {
namespace {

constexpr std::uint64_t tempo_param = 14;  // SBN_PARAM_TEMPO

template <class Column>
void append_column(ObjectText& object, std::string_view name, const Column& column) {
  append_array(object.open(name), column,
               [](std::string& to, std::uint64_t value) { append_number(to, value); });
}

// Each row as [[uid, value], …].
void append_rows(ObjectText& object, std::string_view name, const Csr16& csr,
                 const std::vector<std::uint32_t>& uid) {
  std::string& out = object.open(name);
  out += '[';
  for (std::size_t r = 0; r < uid.size(); ++r) {
    if (r > 0) out += ',';
    out += '[';
    for (std::uint64_t i = csr.row_at[r]; i < csr.row_at[r + 1]; ++i) {
      if (i > csr.row_at[r]) out += ',';
      out += '[';
      append_number(out, uid[csr.col[i]]);
      out += ',';
      append_number(out, csr.val[i]);
      out += ']';
    }
    out += ']';
  }
  out += ']';
}

}  // namespace

std::string case_view(const std::string& id, const EmissionInput& in) {
  std::string text;
  {
    ObjectText object(text);
    object.text("id", id);
    {
      ObjectText params(object.open("params"));
      params.number("token_emission", in.budget_nano);
      const auto tempo = in.params.find(tempo_param);
      if (tempo != in.params.end()) {
        params.number("tempo", static_cast<std::uint64_t>(tempo->second));
      }
    }
    ObjectText input(object.open("input"));
    input.number("epoch", in.epoch).number("block", in.block);
    input.number("last_step_block", in.last_step_block);
    append_column(input, "uid", in.uid);
    append_column(input, "role", in.role);
    append_column(input, "stake", in.stake_nano);
    append_column(input, "last_update", in.last_update);
    append_column(input, "registered_at", in.registered_at);
    append_column(input, "registered_block", in.registered_block);
    append_column(input, "permits", in.permit);
    append_column(input, "owner", in.owner);
    append_column(input, "parent", in.parent);
    append_column(input, "fee_bp", in.fee);
    append_column(input, "payable", in.payable);
    append_column(input, "score_sum_ppm", in.score_sum_ppm);
    append_column(input, "score_count", in.score_count);
    append_rows(input, "weights", in.weights, in.uid);
    append_rows(input, "bonds", in.bonds, in.uid);
  }
  return text;
}

}  // namespace subnetd::api
