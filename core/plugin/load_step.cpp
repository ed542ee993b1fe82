// SPDX-License-Identifier: 0BSD
#include "plugin/load_step.hpp"

#include <fstream>

#include "json/json.hpp"
#include "plugin/durable_file.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::string_view suffix = ".step";
constexpr std::size_t mark_bytes_max = 64 * 1024;

std::string text_in(const json::Value& mark, std::string_view field) {
  const json::Value* text = mark.is_object() ? mark.get_object().if_contains(field) : nullptr;
  return text != nullptr && text->is_string() ? std::string(text->get_string()) : std::string();
}

}  // namespace

LoadStep LoadStep::begin(const std::filesystem::path& state, std::string_view sha256,
                         const std::filesystem::path& file, std::string_view id,
                         std::string_view what) {
  LoadStep out;
  if (!make_folder(state) || !make_folder(state / "loading")) return out;
  json::Object mark;
  mark["file"] = file.string();
  mark["id"] = id;
  mark["step"] = what;
  const auto path = state / "loading" / (std::string(sha256) + std::string(suffix));
  // Not synced: a power cut is not the plugin's doing.
  std::ofstream stream(path, std::ios::binary);
  stream << json::serialize(mark) << '\n';
  stream.close();
  if (stream) out.mark_ = path;
  return out;
}

LoadStep::~LoadStep() {
  std::error_code ec;
  if (!mark_.empty()) std::filesystem::remove(mark_, ec);
}

Result<std::vector<Quarantined>> settle_load_steps(const std::filesystem::path& state) {
  std::vector<Quarantined> out;
  std::error_code ec;
  for (std::filesystem::directory_iterator at(state / "loading", ec), end; !ec && at != end;
       at.increment(ec)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(suffix)) continue;
    const std::string sha256 = name.substr(0, name.size() - suffix.size());
    if (is_sha256(sha256)) {
      const auto text = read_small_file(at->path(), mark_bytes_max);
      const auto mark = json::parse(text.value_or(""), mark_bytes_max);
      const json::Value value = mark.value_or(json::Value());
      const std::string step = text_in(value, "step");
      const Quarantine quarantine(state);
      const bool known = quarantine.find(sha256).has_value();  // a crash file says more
      SUBNETD_CHECK(quarantine.add(sha256, text_in(value, "file"), text_in(value, "id"),
                                   "the daemon ended during " +
                                       (step.empty() ? "its loading" : step)));
      if (auto record = quarantine.find(sha256); record && !known) {
        out.push_back(*std::move(record));
      }
    }
    std::error_code ignored;
    std::filesystem::remove(at->path(), ignored);
  }
  return out;
}

}  // namespace subnetd::plugin
