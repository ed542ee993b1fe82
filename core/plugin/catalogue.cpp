// SPDX-License-Identifier: 0BSD
#include "plugin/catalogue.hpp"

#include <algorithm>

#include "domain/text.hpp"
#include "plugin/plugin_file.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::string_view suffix = ".sbn.so";

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

Result<std::vector<Pin>> list_files(const std::vector<std::filesystem::path>& folders,
                                    const std::vector<Pin>& files) {
  std::vector<Pin> out = files;
  for (const std::filesystem::path& folder : folders) {
    std::error_code ec;
    std::vector<std::filesystem::path> found;
    std::filesystem::directory_iterator entry(folder, ec);
    for (; !ec && entry != std::filesystem::directory_iterator(); entry.increment(ec)) {
      if (entry->path().filename().string().ends_with(suffix)) {
        found.push_back(std::filesystem::absolute(entry->path()));
      }
    }
    if (ec) {
      return fail(Errc::config, "[plugins] search: " + folder.string() + ": " + ec.message(),
                  "name a folder that holds .sbn.so files");
    }
    std::sort(found.begin(), found.end());
    for (const auto& file : found) {
      const auto named = std::find_if(files.begin(), files.end(), [&](const Pin& pin) {
        return std::filesystem::equivalent(pin.file, file, ec);
      });
      if (named == files.end()) out.push_back({file, {}, {}, {}});
    }
  }
  return out;
}

Result<Catalogue> Catalogue::open(
    const std::vector<std::filesystem::path>& folders, const std::vector<Pin>& files,
    std::shared_ptr<const Trust> trust, const Placement& placement,
    const std::vector<std::shared_ptr<const sbn_plugin>>& in_program, const Catalogue* running) {
  Catalogue catalogue;
  catalogue.trust_ = std::move(trust);
  for (const auto& plugin : in_program) {
    SUBNETD_TRY(std::shared_ptr<Library> library, Library::in_program(plugin));
    SUBNETD_CHECK(catalogue.check_id_is_free(library->path(), library->note()));
    catalogue.libraries_.push_back(std::move(library));
  }
  SUBNETD_TRY(const std::vector<Pin> all, list_files(folders, files));
  for (const Pin& each : all) catalogue.add(each, placement, running);
  return catalogue;
}

std::filesystem::path Placement::worker_beside_us() {
  std::error_code ec;
  return std::filesystem::read_symlink("/proc/self/exe", ec).parent_path() / "subnetd-worker";
}

// What serves already, as it would be loaded; nullptr: it has to be.
std::shared_ptr<Library> Catalogue::same_of(const Catalogue& running, const Candidate& file,
                                            const Pin& pin, const std::string& isolation) const {
  for (const auto& known : running.libraries_) {
    const bool same = known->path() == file.path && known->sha256() == file.sha256;
    if (!same || known->guest() != nullptr || !trust_) continue;
    const auto standing = trust_->admit(file, pin.sha256);
    if (!standing || *standing != known->standing()) continue;
    const bool trusted = standing->built_in || standing->pinned;
    if (isolation == "inproc" || (isolation == "auto" && trusted)) return known;
  }
  return nullptr;
}

void Catalogue::add(const Pin& pin, const Placement& placement, const Catalogue* running) {
  const auto candidate = read_candidate(pin.file);
  if (!candidate) {
    refusals_.push_back({pin.file, candidate.error()});
    return;
  }
  const bool held = trust_ && trust_->why_held(*candidate);
  const auto refuse = [&](const Error& error) {
    refusals_.push_back({pin.file, error, candidate->note.id, candidate->sha256, held});
  };
  const auto is_free = check_id_is_free(pin.file, candidate->note);
  if (!is_free) return refuse(is_free.error());
  const std::string& chosen = pin.isolation.empty() ? placement.isolation : pin.isolation;
  if (running != nullptr) {
    if (auto same = same_of(*running, *candidate, pin, chosen)) {
      libraries_.push_back(std::move(same));
      return;
    }
  }
  const Isolation isolation{placement.program, pin.limits, chosen == "auto"};
  auto library = Library::load(*candidate, trust_, pin.sha256,
                               chosen == "inproc" ? nullptr : &isolation);
  if (!library) return refuse(library.error());
  libraries_.push_back(std::move(*library));
}

// By the note alone: the second file of an id runs no code.
Result<void> Catalogue::check_id_is_free(const std::filesystem::path& path,
                                         const Note& note) const {
  for (const auto& known : libraries_) {
    if (known->id() != note.id) continue;
    return refused(path,
                   "plugin id " + note.id + " is already taken by " + known->path().string(),
                   "remove one of the two");
  }
  return {};
}

const Refusal* Catalogue::find_held(std::string_view use) const {
  const std::size_t slash = use.find('/');
  for (const Refusal& refusal : refusals_) {
    // A bare name may be of any of them: their components were never read.
    if (refusal.held && (slash == use.npos || use.substr(0, slash) == refusal.id)) return &refusal;
  }
  return nullptr;
}

std::vector<Offer> Catalogue::offers(std::string_view kind) const {
  std::vector<Offer> out;
  for (const auto& library : libraries_) {
    for (const ComponentView& component : library->components()) {
      if (kind.empty() || component.kind == kind) out.push_back({library, &component});
    }
  }
  return out;
}

Result<Offer> Catalogue::find(std::string_view kind, std::string_view use) const {
  const std::vector<Offer> all = offers(kind);
  std::vector<Offer> hits;
  std::vector<std::string> ids, bare;
  for (const Offer& offer : all) {
    ids.push_back(offer.id());
    bare.push_back(offer.component->id);
    if (ids.back() == use) return offer;
    if (bare.back() == use) hits.push_back(offer);
  }
  if (hits.size() == 1) return hits.front();
  if (hits.size() > 1) {
    std::vector<std::string> names;
    for (const Offer& hit : hits) names.push_back(hit.id());
    return fail(Errc::config, "\"" + std::string(use) + "\" is offered by several plugins",
                "write one of " + list_of(names));
  }
  std::vector<std::string_view> known(ids.begin(), ids.end());
  known.insert(known.end(), bare.begin(), bare.end());
  std::string hint = "installed: " + (ids.empty() ? std::string("none") : list_of(ids));
  if (auto guess = did_you_mean(use, known))
    hint = "did you mean \"" + std::string(*guess) + "\"? " + hint;
  return fail(Errc::config,
              "no installed plugin offers \"" + std::string(use) + "\" as " + std::string(kind),
              hint);
}

}  // namespace subnetd::plugin
