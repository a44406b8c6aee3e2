// Copies pieces of a tree with names replaced by what they stand for: the one thing that expanding
// a strategy does to a statement.
//
// Pure but for diagnostics. A copy of a plan's own statement has no names to replace and keeps its
// places; a copy out of a strategy has its places in the file of that expansion, while what was
// handed in keeps the places at which it was written.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

// What a name stands for; without a value, for nothing: what consists of it is left out.
struct Bound {
  const syntax::Expr* value = nullptr;
  bool is_word = false;  // it may stand where a statement has its word
};
using Bindings = std::map<std::string, Bound, std::less<>>;

// How much more one plan may grow. A tree of bounded depth can stand for one of any size.
struct Room {
  std::int64_t pieces = 300'000;  // statements and expressions
  bool is_left() const { return pieces > 0; }
};

class TemplateCopy {
 public:
  // Asked for every name that stands for nothing handed in.
  using FreeName = std::function<void(const syntax::Name&, const syntax::Span&)>;

  // `file`: the expansion that the copies belong to; absent for what is no template.
  TemplateCopy(std::optional<syntax::FileId> file, const Bindings& bindings, Room& room,
               FreeName free_name, Diagnostics& diagnostics)
      : file_(file),
        bindings_(bindings),
        room_(room),
        free_name_(std::move(free_name)),
        diagnostics_(diagnostics) {}

  // The whole statement; absent where it is an attribute whose value is left out.
  std::optional<syntax::Statement> statement(const syntax::Statement& from);
  // The statement without its block.
  syntax::Statement head(const syntax::Statement& from);
  syntax::Expr expr(const syntax::Expr& from);
  syntax::Span span(syntax::Span from) const;

 private:
  const Bound* bound(const syntax::Expr& from) const;
  void operands(const syntax::Statement& from, syntax::Statement& to);
  void splice(const syntax::Operand& from, const syntax::Expr& value, syntax::Mark mark,
              syntax::Statement& to);
  syntax::Word word(const syntax::Word& from) const;
  syntax::Expr inner(const syntax::Expr& from);
  syntax::ExprBox box(const syntax::ExprBox& from);
  std::vector<syntax::Expr> all(const std::vector<syntax::Expr>& from);
  syntax::Argument argument(const syntax::Argument& from);
  syntax::Expr plain(const syntax::Expr& from);

  std::optional<syntax::FileId> file_;
  const Bindings& bindings_;
  Room& room_;
  FreeName free_name_;
  Diagnostics& diagnostics_;
  bool is_whole_ = true;  // nothing was missing in the statement that is being copied
};

// The expression as it is, in the same place.
syntax::Expr copy_of(const syntax::Expr& expr, Room& room, Diagnostics& diagnostics);

}  // namespace mig::compiler
