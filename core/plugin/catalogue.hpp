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
};

// A component of an installed plugin.
struct Offer {
  std::shared_ptr<Library> library;
  const ComponentView* component = nullptr;

  std::string id() const { return library->id() + "/" + component->id; }
};

struct Pin {
  std::filesystem::path file;
  std::string sha256;
};

class Catalogue {
 public:
  // Opens every *.sbn.so of the folders in name order, and the named files. A folder that is not
  // there is an error; a file that is refused is not: it is listed.
  static Result<Catalogue> open(const std::vector<std::filesystem::path>& folders,
                                const std::vector<Pin>& files = {});

  const std::vector<std::shared_ptr<Library>>& libraries() const { return libraries_; }
  const std::vector<Refusal>& refusals() const { return refusals_; }
  std::vector<Offer> offers(std::string_view kind = {}) const;

  // `use`: "vendor.plugin/component", or the component alone where one installed component of that
  // kind has it. Errc::config with the candidates otherwise.
  Result<Offer> find(std::string_view kind, std::string_view use) const;

 private:
  void add(const std::filesystem::path& file, const std::string& sha256);
  Result<void> check_id_is_free(const std::filesystem::path& file) const;

  std::vector<std::shared_ptr<Library>> libraries_;
  std::vector<Refusal> refusals_;
};

}  // namespace subnetd::plugin
