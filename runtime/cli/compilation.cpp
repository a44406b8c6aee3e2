#include "runtime/cli/compilation.hpp"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "compiler/diagnostics/render.hpp"
#include "compiler/diagnostics/syntax_mistakes.hpp"
#include "compiler/form.hpp"

namespace mig::cli {

compiler::Color chosen_color(const std::string& wish) {
  const bool is_wanted = wish == "always" || (wish == "auto" && ::isatty(STDERR_FILENO) == 1);
  return is_wanted ? compiler::Color::Always : compiler::Color::Never;
}

CompiledFile::CompiledFile(const std::string& path, const ReadSource& read_text)
    : folder_(std::filesystem::path(path).parent_path().generic_string()) {
  read(path, std::filesystem::path(path).filename().generic_string(), read_text);
  // Imports of imports, until nothing new turns up. A file that cannot be read is left out; the
  // compiler says so at the `use` that names it.
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    for (const std::string& key : compiler::imports_of(inputs_[i].path, *inputs_[i].tree)) {
      const bool is_known =
          std::ranges::find(inputs_, key, &compiler::Input::path) != inputs_.end();
      const bool leaves = key.starts_with("..") || key.starts_with('/');
      if (!is_known && !leaves)
        read((std::filesystem::path(folder_) / key).generic_string(), key, read_text);
    }
  }
}

void CompiledFile::read(const std::string& path, const std::string& key,
                        const ReadSource& read_text) {
  SourceText source = read_text(path);
  if (source.problem) {
    if (!inputs_.empty()) return;
    report_unreadable(*source.problem, exit_);
    is_readable_ = false;
    return;
  }
  parse(path, key, std::move(source.text));
}

CompiledFile::CompiledFile(const std::string& path, const std::vector<std::string>& texts)
    : folder_(std::filesystem::path(path).parent_path().generic_string()) {
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    const auto shown = (std::filesystem::path(folder_) / texts[i]).generic_string();
    parse(i == 0 ? path : shown, texts[i], texts[i + 1]);
  }
}

void CompiledFile::parse(const std::string& path, const std::string& key, std::string text) {
  const syntax::FileId file = sources_.add(path, std::move(text));
  parsed_.push_back(syntax::parse(sources_, file));
  compiler::report_syntax_mistakes(parsed_.back(), diagnostics_);
  inputs_.push_back(compiler::Input{key, &parsed_.back().file});
}

const std::vector<compiler::Compilation>& CompiledFile::compile_everywhere(
    compiler::Insight* insight) {
  if (is_readable_) {
    results_ = compiler::compile_everywhere(sources_, inputs_, diagnostics_, insight);
  }
  return results_;
}

void CompiledFile::compile(const std::string& env, const std::vector<std::string>& sets) {
  if (!is_readable_) return;
  compiler::Settings settings{.env = env};
  std::string lines;
  for (const std::string& set : sets) {
    const std::size_t equals = set.find('=');
    lines += equals == std::string::npos
                 ? set + "\n"
                 : fmt::format("{} = {}\n", set.substr(0, equals), set.substr(equals + 1));
  }
  if (!sets.empty()) {
    const syntax::FileId file = sources_.add("--set", std::move(lines));
    parsed_.push_back(syntax::parse(sources_, file));
    compiler::report_syntax_mistakes(parsed_.back(), diagnostics_);
    settings.sets = &parsed_.back().file;
  }
  result_ = compiler::compile(sources_, inputs_, settings, diagnostics_);
  if (!result_.settings_ok) exit_ = ExitCode::Usage;
}

std::vector<std::string> CompiledFile::environments() const {
  return result_.environments;
}

std::vector<std::string> CompiledFile::source_texts() const {
  std::vector<std::string> texts;
  for (const compiler::Input& input : inputs_) {
    texts.push_back(input.path);
    texts.emplace_back(sources_.text(input.tree->id));
  }
  for (const compiler::LibraryText* text : result_.library) {
    texts.emplace_back(text->path);
    texts.emplace_back(text->text);
  }
  return texts;
}

bool CompiledFile::declares_plan(const std::string& name) const {
  return std::ranges::any_of(tree().statements, [&](const syntax::Statement& statement) {
    const auto* declared = compiler::declared_name(statement);
    return statement.word.text == "plan" && declared != nullptr &&
           compiler::name_of(*declared) == name;
  });
}

compiler::ExpandedText CompiledFile::expanded(const std::string& plan) {
  return compiler::expanded_text(sources_, inputs_, plan);
}

ExitCode CompiledFile::report(const ReportOptions& options) {
  for (const syntax::Span& secret : diagnostics_.hidden())
    sources_.mask(secret);
  if (options.is_json) {
    fmt::print("{}", compiler::render_json(sources_, diagnostics_));
  } else {
    fmt::print(stderr, "{}", render_all(sources_, diagnostics_, chosen_color(options.color)));
  }
  if (!diagnostics_.has_errors()) return exit_;
  if (exit_ == ExitCode::Done) exit_ = ExitCode::PlanWrong;
  const std::size_t count = diagnostics_.error_count();
  if (!options.is_json) {
    fmt::print(stderr, "\nmig: {} {} found\n", count, count == 1 ? "mistake" : "mistakes");
  }
  return exit_;
}

}  // namespace mig::cli
