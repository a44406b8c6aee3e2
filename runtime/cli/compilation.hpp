// Reads a plan file with everything it imports, and compiles it. Shared by every command that takes
// a plan.
//
// Owns the texts, so diagnostics and plans can be shown as long as it lives.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/diagnostics/render.hpp"
#include "compiler/expanded_text.hpp"
#include "grammar/parse.hpp"
#include "grammar/source.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/sources.hpp"

namespace mig::cli {

// How diagnostics are shown.
struct ReportOptions {
  bool is_json = false;
  std::string color = "auto";
};

// For diagnostics on standard error; `wish` is auto, always or never.
compiler::Color chosen_color(const std::string& wish);

class CompiledFile {
 public:
  // Reads `path` and its imports. What cannot be read is reported, and `exit()` says why.
  explicit CompiledFile(const std::string& path, const ReadSource& read_text = read_source);
  // Of texts that were kept: path, text, path, text, …, the plan's own first (source_texts). They
  // are parsed and never compiled: a place in them can be shown.
  CompiledFile(const std::string& path, const std::vector<std::string>& texts);

  bool is_readable() const { return is_readable_; }
  // For `mig check`: every environment.
  const std::vector<compiler::Compilation>& compile_everywhere(
      compiler::Insight* insight = nullptr);
  // `sets` are the `NAME=VALUE` of `--set`.
  void compile(const std::string& env, const std::vector<std::string>& sets);

  const syntax::SourceSet& sources() const { return sources_; }
  // For who reads more texts into them.
  syntax::SourceSet& sources() { return sources_; }
  const compiler::Diagnostics& diagnostics() const { return diagnostics_; }
  const compiler::Compilation& result() const { return result_; }
  const syntax::File& tree() const { return parsed_.front().file; }
  // Every file of the compilation, the plan's own first.
  const std::vector<compiler::Input>& inputs() const { return inputs_; }
  std::vector<std::string> environments() const;
  bool declares_plan(const std::string& name) const;
  // The file without strategies; REQUIRES: it compiles. `plan`: only that one; empty for all.
  compiler::ExpandedText expanded(const std::string& plan);
  // path, text, path, text, … as the journal keeps them for people.
  std::vector<std::string> source_texts() const;

  // What was found about it elsewhere is reported with its own.
  void add(const compiler::Diagnostics& found) { diagnostics_.take(found); }
  // Prints what was reported, with secrets masked; counts the mistakes. The exit code that follows.
  ExitCode report(const ReportOptions& options);

 private:
  void read(const std::string& path, const std::string& key, const ReadSource& read_text);
  void parse(const std::string& path, const std::string& key, std::string text);

  syntax::SourceSet sources_;
  compiler::Diagnostics diagnostics_;
  std::deque<syntax::Parsed> parsed_;
  std::vector<compiler::Input> inputs_;
  compiler::Compilation result_;
  std::vector<compiler::Compilation> results_;
  ExitCode exit_ = ExitCode::Done;
  bool is_readable_ = true;
  std::string folder_;
};

}  // namespace mig::cli
