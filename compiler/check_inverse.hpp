// Inverses: transforms of several rows, and what makes one a way back.
//
// The first parameter drives. The others are found by their key, which refers to the first one's:
// `a: Address?` at most one row, `ds: [Dependency]` any number.
#pragma once

#include "compiler/analysis.hpp"
#include "compiler/check_expr.hpp"

namespace mig::compiler {

// The parameters behind the first one, into `transform.companions` and `scope.beside`; false after
// a report. `scope` knows the first one.
bool check_companions(Analysis& analysis, const syntax::Call& head, plan::Transform& transform,
                      ExprScope& scope);

// Whether the plan's `back` leads from its new side to its old one: it takes rows that are there,
// and gives every driving row exactly one row of the old side, whose key is its own. `at`: the
// statement.
void check_back(Analysis& analysis, const syntax::Span& at);

}  // namespace mig::compiler
