// SPDX-License-Identifier: 0BSD
// What is installed: every plugin of the search folders, what each offers, and why a file was
// refused. Resolves `use` to one component. Control thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "plugin/library.hpp"

namespace subnetd::plugin {

struct Refusal {
  std::filesystem::path file;
  Error error;
  std::string id, sha256;  // empty: it is no plugin
  bool held = false;       // in quarantine or by safe mode: what is made of it is only absent
};

// A component of an installed plugin.
struct Offer {
  std::shared_ptr<Library> library;
  const ComponentView* component = nullptr;

  std::string id() const { return library->id() + "/" + component->id; }
};

// A file that is named.
struct Pin {
  std::filesystem::path file;
  std::string sha256;  // empty: any
  std::string isolation;  // "inproc", "process"; empty: as the Placement says
  worker::Limits limits;
};

// Where plugins run.
struct Placement {
  // "inproc": in this process; "process": in workers; "auto": in workers those that neither came
  // with the daemon nor are pinned.
  std::string isolation = "inproc";
  std::filesystem::path program = worker_beside_us();

  // subnetd-worker in the folder of the running program.
  static std::filesystem::path worker_beside_us();
};

// The named files, and every *.sbn.so of the folders in name order. A file of a folder that is also
// named is there once, by its entry, whose pin holds. Errc::config: a folder is not there.
Result<std::vector<Pin>> list_files(const std::vector<std::filesystem::path>& folders,
                                    const std::vector<Pin>& files);

class Catalogue {
 public:
  // Opens what list_files() lists. A file that is refused is no error: it is listed. `in_program`
  // come first: a file with the id of one is refused. Errc::plugin when one of them is. The code of
  // an unchanged file that `running` has in this process is not loaded again.
  static Result<Catalogue> open(
      const std::vector<std::filesystem::path>& folders, const std::vector<Pin>& files = {},
      std::shared_ptr<const Trust> trust = nullptr, const Placement& placement = {},
      const std::vector<std::shared_ptr<const sbn_plugin>>& in_program = {},
      const Catalogue* running = nullptr);

  const std::vector<std::shared_ptr<Library>>& libraries() const { return libraries_; }
  const std::vector<Refusal>& refusals() const { return refusals_; }
  std::vector<Offer> offers(std::string_view kind = {}) const;

  // `use`: "vendor.plugin/component", or the component alone where one installed component of that
  // kind has it. Errc::config with the candidates otherwise.
  Result<Offer> find(std::string_view kind, std::string_view use) const;
  // The held file that may offer what find() does not find, or nullptr.
  const Refusal* find_held(std::string_view use) const;

 private:
  void add(const Pin& pin, const Placement& placement, const Catalogue* running);
  std::shared_ptr<Library> same_of(const Catalogue& running, const Candidate& file, const Pin& pin,
                                   const std::string& isolation) const;
  Result<void> check_id_is_free(const std::filesystem::path& path, const Note& note) const;

  std::vector<std::shared_ptr<Library>> libraries_;
  std::vector<Refusal> refusals_;
  std::shared_ptr<const Trust> trust_;
};

}  // namespace subnetd::plugin
