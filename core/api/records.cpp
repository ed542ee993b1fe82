// SPDX-License-Identifier: 0BSD
// What happened, read from the journal: validations and epochs, newest first.
#include <charconv>

#include "api/epoch_view.hpp"
#include "api/face.hpp"
#include "api/handlers.hpp"
#include "api/object_text.hpp"
#include "api/query.hpp"
#include "api/views.hpp"
#include "json/json.hpp"

namespace subnetd::api {
namespace {

constexpr std::string_view validations_list = "validations";
constexpr std::string_view epochs_list = "epochs";
constexpr std::string_view epoch_rows_list = "epoch rows";
constexpr std::size_t epoch_rows_default = limits::read_rows_max;

void append_next(std::string& out, std::string_view list, std::optional<std::uint64_t> next) {
  out += ",\"next_cursor\":";
  if (next) {
    json::append_string(out, make_cursor(list, std::to_string(*next)));
  } else {
    out += "null";
  }
}

void append_validation(std::string& out, const journal::ValidationItem& item) {
  ObjectText object(out);
  object.time("at", item.at_ms).number("request", item.request).text("miner", item.miner);
  object.text("validator", item.validator).text("outcome", outcome_name(item.outcome));
  if (has_score(item.outcome)) {
    object.number("score_ppm", item.score_ppm);
  } else {
    object.null("score_ppm");
  }
  object.text_or_null("retry", item.retry);
}

}  // namespace

Reply list_validations(Call& call) {
  using Items = journal::Page<journal::ValidationItem>;
  SUBNETD_CO_TRY(const std::size_t limit, call.query.limit(100));
  SUBNETD_CO_TRY(const auto before, call.query.cursor_number(validations_list));
  SUBNETD_CO_TRY(const std::int64_t since_ms, call.query.time_ms("since"));
  HistoryReader::Question<Items> question = [miner = std::string(call.query.text("miner")),
                                             since_ms, before, limit](journal::History& history) {
    return history.validations(miner, since_ms, before, limit);
  };
  SUBNETD_CO_TRY(const Items page, co_await call.face.history.ask<Items>(std::move(question)));
  std::string text = "{\"items\":";
  append_array(text, page.items, append_validation);
  append_next(text, validations_list, page.next);
  text += '}';
  co_return json_response(std::move(text));
}

Reply list_epochs(Call& call) {
  using Items = journal::Page<journal::EpochItem>;
  SUBNETD_CO_TRY(const std::size_t limit, call.query.limit(100));
  SUBNETD_CO_TRY(const auto before, call.query.cursor_number(epochs_list));
  HistoryReader::Question<Items> question = [before, limit](journal::History& history) {
    return history.epochs(before, limit);
  };
  SUBNETD_CO_TRY(const Items page, co_await call.face.history.ask<Items>(std::move(question)));
  std::string text = "{\"items\":";
  append_array(text, page.items, [](std::string& out, const journal::EpochItem& item) {
    ObjectText object(out);
    append_epoch_fields(object, item);
  });
  append_next(text, epochs_list, page.next);
  text += '}';
  co_return json_response(std::move(text));
}

Reply show_epoch(Call& call) {
  using Detail = journal::EpochDetail;
  const std::string& given = call.subject;
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(given.data(), given.data() + given.size(), number);
  if (ec != std::errc{} || end != given.data() + given.size()) {
    co_return fail(Errc::malformed, "an epoch is a number, such as /api/v1/epochs/1");
  }
  SUBNETD_CO_TRY(const std::size_t limit, call.query.limit(epoch_rows_default));
  SUBNETD_CO_TRY(const auto first, call.query.cursor_number(epoch_rows_list));
  HistoryReader::Question<Detail> question = [number, first, limit](journal::History& history) {
    return history.epoch(number, first.value_or(0), limit);
  };
  SUBNETD_CO_TRY(const Detail detail, co_await call.face.history.ask<Detail>(std::move(question)));
  WeightRules rules = call.face.options.weights;  // and none may weigh itself
  const std::string& own = call.face.options.signers.own_address;
  SUBNETD_CO_CHECK(co_await call.face.daemon.read(
      [&](const engine::State& state) { rules.own_uid = state.miner_uid_of(own); }));
  std::string text;
  {
    ObjectText object(text);
    append_epoch_fields(object, detail.epoch);
    if (detail.epoch.emitted) append_weights(object, detail, rules);
    const bool after = detail.after_another;
    append_array(object.open("rows"), detail.rows.items,
                 [after](std::string& out, const journal::EpochRow& row) {
                   append_epoch_row(out, row, after);
                 });
    append_next(text, epoch_rows_list, detail.rows.next);
  }
  co_return json_response(std::move(text));
}

}  // namespace subnetd::api
