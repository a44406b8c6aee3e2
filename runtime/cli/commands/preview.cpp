// `mig preview FILE`: what a plan would do, before it does anything; `mig show SAVED`: what was
// reviewed.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "compiler/plan/codec.hpp"
#include "compiler/plan/graph.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/duration_option.hpp"
#include "runtime/cli/github_output.hpp"
#include "runtime/cli/live_report.hpp"
#include "runtime/cli/plan_options.hpp"
#include "runtime/cli/preview/document_json.hpp"
#include "runtime/cli/preview/markdown.hpp"
#include "runtime/cli/preview/review.hpp"
#include "runtime/cli/preview/sarif.hpp"
#include "runtime/cli/preview/saved_plan.hpp"
#include "runtime/cli/preview/since.hpp"
#include "runtime/cli/preview/text.hpp"
#include "runtime/cli/preview/words.hpp"
#include "runtime/cli/refusal.hpp"
#include "runtime/cli/run_id.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/sources.hpp"
#include "runtime/durable_file.hpp"

namespace mig::cli {
namespace {

enum class Form : std::uint8_t { Text, Json, Markdown, Sarif, Dot, Mermaid, Svg };

struct FormOptions {
  bool is_json = false;
  bool is_markdown = false;
  bool is_sarif = false;
  std::string graph;

  Form form() const {
    if (is_json) return Form::Json;
    if (is_markdown) return Form::Markdown;
    if (is_sarif) return Form::Sarif;
    if (graph == "dot") return Form::Dot;
    if (graph == "mermaid") return Form::Mermaid;
    if (graph == "svg") return Form::Svg;
    return Form::Text;
  }
};

void add_form_options(CLI::App& command, FormOptions& options) {
  CLI::Option_group* forms = command.add_option_group("form", "How it is shown; else as text");
  forms->add_flag("--json", options.is_json, "one JSON object, by `mig show --schema`");
  forms->add_flag("--md", options.is_markdown, "Markdown for the comment of a pull request");
  forms->add_flag("--sarif", options.is_sarif, "what is wrong, for code scanning");
  forms->add_option("--graph", options.graph, "the phases alone: dot, mermaid or svg")
      ->check(CLI::IsMember({"dot", "mermaid", "svg"}));
  forms->require_option(0, 1);
}

// `plan`: absent where the file gives none.
std::string drawn(const Document& document, const plan::Plan* plan, Form form) {
  switch (form) {
    case Form::Json:
      return as_json(document);
    case Form::Markdown:
      return as_markdown(document);
    case Form::Sarif:
      return as_sarif(document.diagnostics);
    case Form::Text:
      return plan == nullptr ? std::string() : as_text(document);
    case Form::Dot:
      return plan == nullptr ? std::string() : dot_graph(*plan);
    case Form::Mermaid:
      return plan == nullptr ? std::string() : mermaid_graph(*plan);
    case Form::Svg:
      return plan == nullptr ? std::string() : svg_graph(*plan);
  }
  return {};
}

void print_whole(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

struct PreviewOptions {
  PlanOptions plan;
  FormOptions form;
  bool is_offline = false;
  std::string schema;
  std::string save;
  runtime::Duration valid = std::chrono::hours(24);
  std::string since;
  std::string verify_hash;
  bool detailed_exit = false;
};

class Preview {
 public:
  explicit Preview(const PreviewOptions& options) : options_(options), file_(options.plan.file) {}

  ExitCode run() {
    ExitCode exit = ExitCode::Done;
    const plan::Plan* plan = chosen_plan(file_, options_.plan, exit);
    if (plan == nullptr) {
      if (exit == ExitCode::PlanWrong) show_mistakes();
      return exit;
    }
    if (const auto other = other_source()) return *other;
    std::error_code error;
    const auto folder = std::filesystem::absolute(options_.plan.file, error).parent_path();
    if (error) return refuse(ExitCode::Usage, "the plan's folder cannot be found", error.message());
    if (!options_.schema.empty()) {
      auto read = schema_file_in(options_.schema);
      if (!read)
        return refuse(ExitCode::Usage,
                      fmt::format("`{}` cannot be used: {}", options_.schema, read.error()),
                      "pull it with `mig schema pull`");
      schemas_ = std::move(*read);
    }
    auto made = review(ReviewInput{
        .file = file_,
        .plan = *plan,
        .source_hash = print(file_.result().source_hash),
        .proof = proof_in(file_, *plan),
        .path = options_.plan.file,
        .folder = folder,
        .run = {},
        .why_offline = why_offline(),
        .schemas = schemas_ ? &*schemas_ : nullptr,
    });
    if (!made) return report_error(made.error());
    if (!options_.since.empty()) {
      if (const auto unreadable = compare(made->document)) return *unreadable;
    }
    if (!options_.save.empty()) exit = save(*made, *plan);
    if (exit != ExitCode::Done) return exit;
    exit = verdict(*made);
    if (options_.form.form() == Form::Text) report_live(file_, made->found);
    print_whole(drawn(made->document, plan, options_.form.form()));
    if (!options_.save.empty() && options_.form.form() == Form::Text)
      fmt::print("\nSaved {}. To carry out exactly this: mig apply {}\n", options_.save,
                 options_.save);
    tell_ci(made->document);
    return exit;
  }

 private:
  std::string why_offline() const {
    if (schemas_)
      return fmt::format("the schemas are those of {}, pulled at {}", options_.schema,
                         schemas_->pulled_at);
    return options_.is_offline ? "--offline" : "";
  }

  void show_mistakes() const {
    const Document document = error_document(
        file_, options_.plan.file,
        options_.plan.env.empty() ? std::string(plan::kDefaultEnvironment) : options_.plan.env);
    print_whole(drawn(document, nullptr, options_.form.form()));
    tell_ci(document);
  }

  // A review of one source says nothing of another one.
  std::optional<ExitCode> other_source() const {
    const std::string hash = print(file_.result().source_hash);
    if (options_.verify_hash.empty() || hash == options_.verify_hash) return std::nullopt;
    return refuse(ExitCode::Refused,
                  fmt::format("the plan means something else than what was reviewed: its source is "
                              "{}, not {}",
                              hash, options_.verify_hash),
                  "look at it again, and approve the new preview");
  }

  std::optional<ExitCode> compare(Document& document) const {
    const auto before = document_in(options_.since);
    if (!before)
      return refuse(ExitCode::Usage,
                    fmt::format("`{}` is no preview: {}", options_.since, before.error()),
                    "name a file that `mig preview --save` or `mig preview --json` wrote");
    document.since = changes_between(*before, document);
    return std::nullopt;
  }

  ExitCode save(Review& made, const plan::Plan& plan) const {
    if (!made.live)
      return refuse(ExitCode::Usage, "what is saved is bound to the stores that were looked at",
                    made.document.why_not_live);
    if (made.document.outcome != "changes") return verdict(made);
    const auto now = runtime::SystemClock().now();
    made.document.valid_until =
        to_the_second(now + std::chrono::duration_cast<runtime::Instant::duration>(options_.valid));
    const auto folder = std::filesystem::path(options_.plan.file).parent_path();
    const SavedPlan saved =
        saved_plan(plan, *made.live, made.document, file_.source_texts(),
                   new_run_id(plan.name, now), folder.empty() ? "." : folder.generic_string());
    if (const auto error = runtime::replace_durably(options_.save, as_text(saved)))
      return refuse(ExitCode::Unavailable,
                    fmt::format("{} cannot be written: {}", options_.save, error.message()),
                    "name a file in a folder that is there");
    return ExitCode::Done;
  }

  ExitCode verdict(const Review& made) const {
    const Document& document = made.document;
    if (document.outcome == "none") return ExitCode::Done;
    if (!document.obstacles.empty()) return static_cast<ExitCode>(document.obstacles.front().exit);
    if (document.outcome == "refused") return ExitCode::Refused;
    return options_.detailed_exit ? ExitCode::Changes : ExitCode::Done;
  }

  static void tell_ci(const Document& document) {
    report_to_ci(
        {{"outcome", document.outcome},
         {"changes", document.outcome == "changes" ? "true" : "false"},
         {"plan_hash", document.hash.plan},
         {"source_hash", document.hash.source},
         {"point_of_no_return", fmt::format("{}", fmt::join(phases_of_no_return(document), " "))}});
  }

  const PreviewOptions& options_;
  CompiledFile file_;
  std::optional<SchemaFile> schemas_;
};

struct ShowOptions {
  std::string file;
  FormOptions form;
  bool schema = false;
};

ExitCode show(const ShowOptions& options) {
  if (options.schema) {
    print_whole(preview_schema());
    return ExitCode::Done;
  }
  ExitCode exit = ExitCode::Done;
  const SourceText source = read_source(options.file);
  if (source.problem) {
    report_unreadable(*source.problem, exit);
    return exit;
  }
  const auto saved = saved_plan_of(source.text);
  const auto plan = saved ? plan::decode(saved->plan) : std::unexpected(saved.error());
  if (!plan) {
    fmt::print(stderr,
               "mig: `{}` cannot be shown: {}\n     save it anew with `mig preview --save`\n",
               options.file, plan.error());
    return ExitCode::Refused;
  }
  print_whole(drawn(saved->preview, &*plan, options.form.form()));
  return ExitCode::Done;
}

}  // namespace

void declare_preview(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("preview", "Show what a plan would do, and do nothing");
  auto options = std::make_shared<PreviewOptions>();
  add_plan_options(*command, options->plan);
  command->add_flag("--offline", options->is_offline, "look at the plan alone, not at its stores");
  command->add_option("--schema", options->schema,
                      "look at these schemas instead, which `mig schema pull` wrote");
  command->add_option("--save", options->save,
                      "keep what is shown; `mig apply` carries out just that");
  add_duration_option(*command, "--valid", options->valid, std::chrono::minutes(1),
                      "with --save: for how long it may be applied, such as 24h");
  command->add_option("--since", options->since,
                      "an earlier preview, saved or JSON: say what is different");
  command->add_option("--verify-hash", options->verify_hash,
                      "the source hash that was approved; exit 3 where the plan's is another one");
  command->add_flag("--detailed-exitcode", options->detailed_exit,
                    "exit 2 where the plan would change something");
  add_form_options(*command, options->form);
  command->footer(
      "Examples:\n"
      "  mig preview plan.mig --env prod\n"
      "  mig preview plan.mig --env prod --save out.migplan && mig show out.migplan --md\n"
      "  mig preview plan.mig --offline --sarif > mig.sarif\n"
      "Stores are read, never written. `mig FILE` is short for `mig preview FILE`.\n"
      "Exit codes: 0 right, 1 the plan is wrong, 2 it would change something "
      "(--detailed-exitcode),\n"
      "            3 it would be refused, 6 locked, 69 a store cannot be reached");
  command->callback([options, &exit] { exit = Preview(*options).run(); });
}

void declare_show(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("show", "Show a saved plan as it was reviewed");
  auto options = std::make_shared<ShowOptions>();
  CLI::Option* file =
      command->add_option("SAVED", options->file, "what `mig preview --save` wrote");
  CLI::Option* schema =
      command->add_flag("--schema", options->schema, "the JSON Schema of previews instead");
  file->excludes(schema);
  add_form_options(*command, options->form);
  command->footer(
      "Examples:\n"
      "  mig show out.migplan\n"
      "  mig show out.migplan --md > comment.md\n"
      "Nothing but the file is read.\n"
      "Exit codes: 0 done, 3 it is no saved plan or was changed, 64 it cannot be read");
  command->callback([options, file, &exit] {
    if (file->count() == 0 && !options->schema) {
      fmt::print(stderr, "mig: which saved plan? `mig show out.migplan`\n");
      exit = ExitCode::Usage;
      return;
    }
    exit = show(*options);
  });
}

}  // namespace mig::cli
