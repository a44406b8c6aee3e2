// Random trees that the grammar can write, for the laws of print and parse.
#pragma once

#include <random>

#include "grammar/tree.hpp"

namespace mig::tests {

class TreeGenerator {
 public:
  explicit TreeGenerator(std::uint64_t seed) : random_(seed) {}
  syntax::File file();

 private:
  std::size_t below(std::size_t count) { return random_() % count; }
  syntax::ExprBox box(int level, int depth);
  syntax::Expr expr(int level, int depth);
  syntax::Expr binary(int level, int depth);
  syntax::Expr postfix(int depth);
  syntax::Expr primary(int depth);
  syntax::Expr literal();
  std::vector<syntax::Expr> items(std::size_t least, int depth);
  syntax::Word word();
  syntax::Statement statement(int depth);

  std::mt19937_64 random_;
};

}  // namespace mig::tests
