#include "runtime/cli/lsp/snapshot.hpp"

#include <algorithm>

namespace mig::cli::lsp {

Snapshot::Snapshot(const std::string& path, const ReadSource& read_text)
    : path_(path),
      file_(path,
            [&](const std::string& wanted) {
              read_.insert(wanted);
              SourceText source = read_text(wanted);
              if (source.problem && wanted == path_) problem_ = source.problem->message;
              return source;
            }),
      insight_(file_.sources()) {
  if (!is_readable()) return;
  compilations_ = &file_.compile_everywhere(&insight_);
  names_ = insight_.names.all();
  compiler::Diagnostics reported;  // by the compilations
  whole_ = std::make_unique<compiler::WithLibrary>(file_.sources(), file_.inputs());
  program_ = std::make_unique<compiler::Program>(whole_->inputs(), reported);
}

const compiler::Occurrence* Snapshot::name_at(std::uint32_t offset) const {
  const auto stands_at = [&](const compiler::Occurrence& one) {
    return one.at.file == tree().id && one.at.begin <= offset && offset <= one.at.end;
  };
  const auto found = std::ranges::find_if(names_, stands_at);
  return found == names_.end() ? nullptr : &*found;
}

const syntax::File* Snapshot::tree_of(syntax::FileId file) const {
  const auto& inputs = whole_->inputs();
  const auto found = std::ranges::find_if(
      inputs, [&](const compiler::Input& input) { return input.tree->id == file; });
  return found == inputs.end() ? nullptr : found->tree;
}

bool Snapshot::is_library(syntax::FileId file) const {
  return !sources().path(file).starts_with('/');
}

}  // namespace mig::cli::lsp
