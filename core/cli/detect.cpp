// SPDX-License-Identifier: 0BSD
// detect: what kind of model a name stands for, asked of the configured detectors in batches.
#include <unistd.h>

#include <iostream>
#include <sstream>
#include <utility>

#include "agent/plugins.hpp"
#include "cli/command.hpp"
#include "cli/detect_eval.hpp"
#include "cli/input_text.hpp"
#include "cli/installed.hpp"
#include "cli/sources.hpp"
#include "domain/limits.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t batch_names = 1024;

struct DetectOptions {
  std::vector<std::string> names, set;
  std::string config, task, protocol = "module", eval;
  bool explain = false;
  OutputChoice output;
};

class Asker {
 public:
  Asker(plugin::DetectorChain& chain, const DetectOptions& options)
      : chain_(chain),
        options_(options),
        for_people_(options.explain && style_of(options.output).format == Format::table),
        rows_(std::cout, style_of(options.output), columns(options)) {}

  void ask(std::string_view name) {
    batch_.push_back({std::string(name), options_.task, options_.protocol});
    if (batch_.size() == batch_names) flush();
  }

  void finish() {
    flush();
    if (!for_people_) rows_.finish();
  }

 private:
  static std::vector<std::string> columns(const DetectOptions& options) {
    if (!options.explain) {
      return {"namespace", "model_type", "confidence_ppm", "detector", "reason"};
    }
    return {"namespace", "model_type", "confidence_ppm", "detector", "runner_up", "ambiguous",
            "reason"};
  }

  static bool well_sized(const DetectionSubject& subject) {
    return !subject.name_space.empty() && subject.name_space.size() <= limits::namespace_bytes_max;
  }

  void flush() {
    std::vector<DetectionSubject> asked;
    for (const DetectionSubject& subject : batch_) {
      if (well_sized(subject)) asked.push_back(subject);
    }
    const std::vector<Detection> answers = chain_.detect(asked);
    std::size_t next = 0;
    for (const DetectionSubject& subject : batch_) {
      if (!well_sized(subject)) {
        add(subject, {},
            "a namespace has 1 to " + std::to_string(limits::namespace_bytes_max) + " bytes");
        continue;
      }
      const Detection& answer = answers[next++];
      add(subject, answer, reason(subject, answer));
    }
    batch_.clear();
  }

  // One line; with --explain all that the detector says, for people as a paragraph a name.
  void add(const DetectionSubject& subject, const Detection& answer, std::string why) {
    if (for_people_) {
      std::cout << tsv_escape(subject.name_space) << ": " << answer.model_type << ", "
                << answer.confidence_ppm << " ppm"
                << (answer.detector.empty() ? "" : " by " + answer.detector)
                << (answer.runner_up.empty() ? "" : ", runner-up " + answer.runner_up)
                << (answer.ambiguous ? ", ambiguous" : "") << '\n';
      std::istringstream lines(why);
      for (std::string line; std::getline(lines, line);) std::cout << "  " << line << '\n';
    } else if (options_.explain) {
      rows_.add({subject.name_space, answer.model_type, answer.confidence_ppm, answer.detector,
                 answer.runner_up, answer.ambiguous, why});
    } else {
      rows_.add({subject.name_space, answer.model_type, answer.confidence_ppm, answer.detector,
                 why.substr(0, why.find('\n'))});
    }
  }

  // What the detector said that decided; the first one when none did.
  std::string reason(const DetectionSubject& subject, const Detection& answer) {
    const std::vector<std::string> lines = chain_.explain(subject);
    const std::string mark = answer.detector + ": ";
    for (const std::string& line : lines) {
      if (!answer.detector.empty() && line.starts_with(mark)) return line.substr(mark.size());
    }
    return lines.empty() ? "no detector is configured" : lines.front();
  }

  plugin::DetectorChain& chain_;
  const DetectOptions& options_;
  bool for_people_;
  Rows rows_;
  std::vector<DetectionSubject> batch_;
};

Result<void> detect(const DetectOptions& options) {
  if (options.eval.empty() && options.names.empty() && isatty(STDIN_FILENO) == 1) {
    return fail(Errc::malformed, "no names are given", "subnetd detect whisper-large gpt-4");
  }
  SUBNETD_TRY(config::Config config, config::load(sources_of(options.config)));
  SUBNETD_TRY(const plugin::Catalogue catalogue, agent::open_catalogue(config));
  SUBNETD_TRY(plugin::DetectorChain chain,
              make_detectors(catalogue, std::move(config), options.set));
  if (!options.eval.empty()) {
    return evaluate_detectors(chain, options.eval, {"", options.task, options.protocol},
                              style_of(options.output));
  }
  Asker asker(chain, options);
  const std::vector<std::string> stdin_alone{"-"};
  for (const std::string& name : options.names.empty() ? stdin_alone : options.names) {
    if (name != "-") {
      asker.ask(name);
      continue;
    }
    SUBNETD_CHECK(each_line("-", 1024 * 1024, [&](std::string_view line, std::size_t) {
      if (!line.empty()) asker.ask(line);
      return Result<void>();
    }));
  }
  asker.finish();
  return {};
}

}  // namespace

void add_detect(CLI::App& root, Chosen& chosen) {
  CLI::App* command =
      root.add_subcommand("detect", "Offline: what kind of model each name stands for");
  auto options = std::make_shared<DetectOptions>();
  command->add_option("NAMES", options->names,
                      "Namespaces; \"-\", or none, reads them from stdin, one a line");
  command->add_option("--config", options->config, "Its detectors; the built-ins otherwise")
      ->type_name("FILE");
  command->add_option("--set", options->set, "A setting of every detector")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_flag("--explain", options->explain,
                    "What counted, rule by rule, up to the score and the runner-up");
  command->add_option("--eval", options->eval,
                      "Instead of names: rows of name, tab, type; prints how often it is right")
      ->type_name("FILE");
  command->add_option("--task", options->task, "The task the nodes declare")->type_name("NAME");
  one_of(command->add_option("--protocol", options->protocol, "The protocol the nodes speak"),
         {"module", "openai", "classic"});
  add_output_options(*command, options->output);
  on_chosen(*command, chosen, options, detect);
}

}  // namespace subnetd::cli
