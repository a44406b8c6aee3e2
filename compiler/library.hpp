// The files of the library that a program uses, parsed; and what people may read about them.
//
// A file of the library is an input like any other, under a path that no file of a plan has.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/program.hpp"
#include "compiler/stdlib.hpp"
#include "grammar/parse.hpp"

namespace mig::compiler {

// The path under which a file of the library is an input: `std.traffic (name)`.
std::string library_path(std::string_view module, std::string_view name);

// The inputs of a program, and behind them the files of the library that they use, and those that
// these use. The trees live as long as this does; the texts are in `sources`.
class WithLibrary {
 public:
  WithLibrary(syntax::SourceSet& sources, const std::vector<Input>& inputs);
  WithLibrary(const WithLibrary&) = delete;
  WithLibrary& operator=(const WithLibrary&) = delete;

  const std::vector<Input>& inputs() const { return inputs_; }
  // Those behind the program's own.
  const std::vector<const LibraryText*>& used() const { return used_; }

 private:
  std::vector<Input> inputs_;
  std::vector<const LibraryText*> used_;
  std::deque<syntax::Parsed> parsed_;
};

// The file that declares a strategy of the library; by its name, `x`, or the whole of it,
// `std.traffic.x`.
const LibraryText* find_in_library(std::string_view name);
// What stands at its top for people: when to use it, when not, and its parameters.
std::string describe(const LibraryText& text);
// The first sentence of it.
std::string summary(const LibraryText& text);

}  // namespace mig::compiler
