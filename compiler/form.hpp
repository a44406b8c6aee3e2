// Reads the operands of a statement one by one, and says at the first that does not fit how the
// statement is written.
//
// Used by every check of a statement. The first mistake is reported; after it `ok()` is false and
// every further read answers nothing, so a statement never has two messages about its form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/blocks.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

class Form {
 public:
  // `example` is how the statement is written. A statement that did not parse is not ok from the
  // start.
  Form(const syntax::Statement& statement, std::string_view example, Diagnostics& diagnostics);

  bool ok() const { return ok_; }
  bool at_end() const { return next_ == statement_.operands.size(); }

  // The next operand, if it has that mark; required.
  const syntax::Expr* value(syntax::Mark mark = syntax::Mark::None);
  // The next operand, if it is there and has that mark.
  const syntax::Expr* value_if(syntax::Mark mark);
  // A bare word that must or may come next, such as `then`.
  bool word(std::string_view text);
  bool word_if(std::string_view text);
  // A name that must come next.
  const syntax::Expr* name(syntax::Mark mark = syntax::Mark::None);
  // `a, b, c`: at least one.
  std::vector<const syntax::Expr*> list();
  // Nothing may follow.
  void end();
  // Complains about the operand that was read last, or about the statement.
  void misfit();

 private:
  const syntax::Operand* peek() const;

  const syntax::Statement& statement_;
  std::string example_;
  Diagnostics& diagnostics_;
  std::size_t next_ = 0;
  bool ok_ = true;
};

// The text of an expression that is a bare name; empty otherwise.
std::string_view name_of(const syntax::Expr& expr);
// The text of a literal that is a text; absent otherwise.
std::optional<std::string> text_of(const syntax::Expr& expr);

// One attribute of a block as it was written.
struct WrittenAttribute {
  const syntax::Statement* statement = nullptr;
  const syntax::Expr* value = nullptr;  // of `name = value`; null for a bare word
};

// Reads a statement's block against the statement table: unknown, repeated, missing and malformed
// attributes are reported. The form of those with a shape of their own (`require …`) is left to
// whoever knows them.
class Attributes {
 public:
  Attributes(const syntax::Statement& statement, const StatementRow& row, Diagnostics& diagnostics);

  const WrittenAttribute* find(std::string_view name) const;
  // Every statement with that word, in order.
  std::vector<const syntax::Statement*> all(std::string_view name) const;
  // It was written, or misspelled so that a report has named it already.
  bool mentions(std::string_view name) const;
  bool ok() const { return ok_; }

 private:
  void add(const syntax::Statement& inner, const Attribute& attribute, Diagnostics& diagnostics);
  void report_unknown(const syntax::Statement& inner, const StatementRow& row,
                      const std::vector<Attribute>& known, Diagnostics& diagnostics);

  std::vector<WrittenAttribute> written_;
  std::vector<std::string> misspelled_;  // what they were probably meant to be
  bool ok_ = true;
};

// Reports a word that its context does not know: as unknown with a near name, or as one for later.
void report_unknown_statement(const syntax::Statement& statement, Context context,
                              Diagnostics& diagnostics);

}  // namespace mig::compiler
