// The files of one compilation and the names they declare.
//
// Every file has a scope of its own: its declarations, and what its `use` lines bring in. A name
// with an error is known to be broken, so that nothing else complains about it again.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/name_index.hpp"
#include "grammar/source.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

enum class DeclarationKind {
  Param,
  Env,
  Store,
  Router,
  Service,
  Entity,
  Dataset,
  Transform,
  Metric,
  Gate,
  Strategy,
  Plan
};
// `store`, `gate`, …: the word that declares it.
std::string_view name(DeclarationKind kind);

struct Module;

struct Declaration {
  DeclarationKind kind;
  std::string name;
  syntax::Span span;  // of the name
  const syntax::Statement* statement = nullptr;
  const Module* module = nullptr;
};

struct Module {
  const syntax::File* tree = nullptr;
  std::string path;                                 // relative to the root file's folder
  std::map<std::string, const Declaration*> names;  // declared here or brought in
  std::set<std::string> functions;                  // library functions brought in
  // Only its strategies are used: what else it declares is no part of the program.
  bool is_templates = false;
};

// A parsed file and the path by which `use` finds it: relative to the root file's folder, with `/`.
struct Input {
  std::string path;
  const syntax::File* tree = nullptr;
};

// A `use`, taken apart. Only program.cpp looks inside.
struct UseParts;

class Program {
 public:
  // The first input is the root. Reports duplicate names, wrong imports and import cycles.
  Program(const std::vector<Input>& inputs, Diagnostics& diagnostics, NameIndex* index = nullptr);

  const Module& root() const { return modules_.front(); }
  const std::deque<Module>& modules() const { return modules_; }
  // All declarations of a kind, in the order of the files. A file of which only strategies are used
  // declares nothing else.
  std::vector<const Declaration*> declarations(DeclarationKind kind) const;

 private:
  void declare(Module& module, Diagnostics& diagnostics);
  void import(Module& module, Diagnostics& diagnostics);
  void import_file(Module& module, const UseParts& parts, Diagnostics& diagnostics);
  void import_library(Module& module, const UseParts& parts, Diagnostics& diagnostics);
  void import_strategies(Module& module, const UseParts& parts, Diagnostics& diagnostics);
  void bring_in(Module& module, const syntax::Span& at, const Declaration& declaration,
                Diagnostics& diagnostics);
  void find_templates();

  std::deque<Module> modules_;
  std::deque<Declaration> declarations_;
  NameIndex* index_;  // null: nobody asks
};

// The name that a declaration declares: its first operand, or that operand's callee (`split(u:
// User)`); null where there is none.
const syntax::Expr* declared_name(const syntax::Statement& statement);

// The paths that a file's `use "…"` lines name, relative to the folder of `path`, made plain (no
// `..`). A path that leaves the root's folder tree keeps its `..` and is refused by Program.
std::vector<std::string> imports_of(const std::string& path, const syntax::File& file);

// The strategies of the library that a file's `use std.…` lines name, as module and name.
std::vector<std::pair<std::string, std::string>> library_uses_of(const syntax::File& file);

// The modules of the library and their functions: `std.text` has `trim`, …
const std::map<std::string, std::vector<std::string>>& library_modules();

}  // namespace mig::compiler
