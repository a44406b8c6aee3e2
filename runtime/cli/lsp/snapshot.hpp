// One plan file as it is at one moment, compiled with everything it imports: what every answer
// about it is read from.
//
// Made anew when a text changes that it was read from; never changed after. One thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/insight.hpp"
#include "compiler/library.hpp"
#include "compiler/program.hpp"
#include "runtime/cli/compilation.hpp"

namespace mig::cli::lsp {

class Snapshot {
 public:
  // `path` is absolute and plain.
  Snapshot(const std::string& path, const ReadSource& read_text);

  const std::string& path() const { return path_; }
  // Why the file is no source; absent for every text that can be parsed.
  const std::optional<std::string>& problem() const { return problem_; }
  bool is_readable() const { return file_.is_readable(); }
  // Whether the text of that file went into it, or would have if it could have been read.
  bool has_read(const std::string& path) const { return read_.contains(path); }

  // REQUIRES of all below: is_readable().
  const syntax::SourceSet& sources() const { return file_.sources(); }
  const syntax::File& tree() const { return file_.tree(); }
  std::string_view text() const { return sources().text(tree().id); }
  const compiler::Diagnostics& diagnostics() const { return file_.diagnostics(); }
  const compiler::Insight& insight() const { return insight_; }
  const compiler::Program& program() const { return *program_; }
  const compiler::Module& module() const { return program_->root(); }
  const std::vector<compiler::Compilation>& compilations() const { return *compilations_; }

  const std::vector<compiler::Occurrence>& names() const { return names_; }
  // The name of the root file at that place, or that ends there; null where none stands.
  const compiler::Occurrence* name_at(std::uint32_t offset) const;

  // The trees of all files, the library's too. Null for one that is no input.
  const syntax::File* tree_of(syntax::FileId file) const;
  // A file that comes with the program and stands on no disk.
  bool is_library(syntax::FileId file) const;

 private:
  std::string path_;
  std::optional<std::string> problem_;
  std::set<std::string> read_;
  CompiledFile file_;
  compiler::Insight insight_;
  const std::vector<compiler::Compilation>* compilations_ = nullptr;
  std::vector<compiler::Occurrence> names_;
  std::unique_ptr<compiler::WithLibrary> whole_;
  std::unique_ptr<compiler::Program> program_;
};

}  // namespace mig::cli::lsp
