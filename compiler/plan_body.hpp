// The statements of a plan, or of a resource in it, found by their word.
//
// Used by the passes that read a plan; they look for different words of one block.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/analysis.hpp"
#include "compiler/blocks.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

class PlanBody {
 public:
  // `context` says which words may stand in the block of `statement`, `name` is the span of what it
  // declares.
  PlanBody(Analysis& analysis, const syntax::Statement& statement, syntax::Span name,
           Context context)
      : analysis_(analysis), statement_(statement), name_(name), context_(context) {}

  const syntax::Statement& statement() const { return statement_; }
  syntax::Span name() const { return name_; }
  Context context() const { return context_; }
  const std::vector<syntax::Statement>& statements() const;

  std::vector<const syntax::Statement*> all(std::string_view word) const;
  // The one statement with that word; more than one is a mistake.
  const syntax::Statement* only(std::string_view word);

  // The names behind the word of a statement; empty after a report.
  std::vector<const syntax::Expr*> names_of(const syntax::Statement& statement);
  // The one name of a statement; more than one is a mistake.
  const syntax::Expr* only_name(const syntax::Statement& statement, std::string_view help);

  // Notes that a statement is not there, unless one that is misspelled stands in its place.
  void missing(std::string_view word);
  // One report for all that is missing.
  void report_missing();

 private:
  Analysis& analysis_;
  const syntax::Statement& statement_;
  syntax::Span name_;
  Context context_;
  std::vector<std::string> missing_;
};

// The text of the doc lines above a statement.
std::string about(const syntax::Statement& statement);

}  // namespace mig::compiler
