// SPDX-License-Identifier: 0BSD
// plugin new: a project of one's own from the SDK's template, ready to build and test.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "cli/command.hpp"
#include "cli/template_files.hpp"

namespace subnetd::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_bytes_max = 48;
constexpr std::string_view placeholder = "my_plugin";

struct NewOptions {
  std::string kind, name, language = "cpp", folder;
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// "image_names" -> "ImageNames"
std::string class_name(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

// What becomes a file's, a component's and a class's name.
Result<void> check_name(const std::string& name) {
  bool good = !name.empty() && name.size() <= name_bytes_max && name[0] >= 'a' && name[0] <= 'z' &&
              name.back() != '_';
  for (const char c : name) {
    good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  }
  // Targets that CMake or a build tool has already.
  constexpr std::string_view taken[] = {"all",  "test",    "install",    "clean",
                                        "help", "package", "edit_cache"};
  if (good && std::ranges::find(taken, name) != std::end(taken)) {
    return fail(Errc::malformed, "\"" + name + "\" is a word of the build",
                "for example " + name + "_names");
  }
  if (good) return {};
  return fail(Errc::malformed,
              "\"" + name + "\" is no name for a plugin: wanted at most " +
                  std::to_string(name_bytes_max) + " of a-z, 0-9 and _, a letter first",
              "for example image_names");
}

// The project's files by path: what every project has, then what its kind and language put in.
Result<std::map<std::string, std::string>> project_files(const NewOptions& options) {
  const bool cpp = options.language == "cpp";
  std::vector<std::string> layers{"project/", options.kind + "/"};
  if (!cpp) layers.push_back(options.kind + "-" + options.language + "/");
  std::map<std::string, std::string> files;
  bool found = false;
  for (const std::string& layer : layers) {
    found = false;
    for (const TemplateFile& file : template_files()) {
      if (!file.path.starts_with(layer)) continue;
      files[std::string(file.path.substr(layer.size()))] = file.text;
      found = true;
    }
  }
  if (!found) {
    return fail(Errc::malformed,
                "there is no template of a " + options.kind + " in " + options.language,
                "detectors come in cpp, c and rust, every kind in cpp; the C headers serve any "
                "language");
  }
  if (!cpp) files.erase("src/my_plugin.cpp");
  if (options.language == "c") {
    std::string& build = files["CMakeLists.txt"];
    replace_all(build, "LANGUAGES CXX", "LANGUAGES C CXX");
    replace_all(build, "src/my_plugin.cpp", "src/my_plugin.c");
  }
  return files;
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::error_code ec;
  fs::create_directories(path.parent_path(), ec);
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return fail(Errc::internal, path.string() + ": cannot be written: " + std::strerror(errno),
              "choose a folder of your own with --folder");
}

Result<void> make_project(const NewOptions& options) {
  SUBNETD_CHECK(check_name(options.name));
  SUBNETD_TRY(auto files, project_files(options));
  const fs::path folder = options.folder.empty() ? options.name : options.folder;
  std::error_code ec;
  if (fs::symlink_status(folder, ec).type() != fs::file_type::not_found) {
    return fail(Errc::conflict, folder.string() + " is there already",
                "choose another name, or another --folder");
  }
  for (auto& [path, text] : files) {
    replace_all(text, "KIND_FILE", options.kind + ".md");
    replace_all(text, "A KIND for", (options.kind == "emission" ? "An emission policy for"
                                     : options.kind == "validator" ? "A validator plugin for"
                                                                   : "A " + options.kind + " for"));
    replace_all(text, placeholder, options.name);
    replace_all(text, "MyPlugin", class_name(options.name));
    // Last: where it lies may be called as anything here is.
    replace_all(text, "/FOLDER", fs::absolute(folder).lexically_normal().string());
    std::string name = path;
    replace_all(name, placeholder, options.name);
    SUBNETD_CHECK(write_file(folder / name, text));
  }
  std::cout << "cd '" << folder.string() << "'\ncmake --workflow --preset release\n"
            << "subnetd plugin check build/release/" << options.name << ".sbn.so\n"
            << "subnetd plugin lock build/release/" << options.name << ".sbn.so\n"
            << "subnetd check --config config.example.toml\n";
  note(folder.string() + ": " + std::to_string(files.size()) + " files; the next steps are above");
  return {};
}

}  // namespace

void add_plugin_new(CLI::App& group, Chosen& chosen) {
  CLI::App* command =
      group.add_subcommand("new", "A project for a plugin of your own, with tests and a workflow");
  auto options = std::make_shared<NewOptions>();
  one_of(command->add_option("KIND", options->kind, "What it answers")->required(),
         {"detector", "matcher", "validator", "emission"});
  command->add_option("NAME", options->name, "Its name: a-z, 0-9 and _")->required();
  one_of(command->add_option("--lang", options->language, "The language of its source"),
         {"cpp", "c", "rust"});
  command->add_option("--folder", options->folder, "Where; a folder of its name by default")
      ->type_name("DIR");
  on_chosen(*command, chosen, options, make_project);
}

}  // namespace subnetd::cli
