#include "compiler/library.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "grammar/print.hpp"

namespace mig::compiler {
namespace {

syntax::Parsed parse_text(syntax::SourceSet& sources, const LibraryText& text) {
  return syntax::parse(sources, sources.add_embedded(std::string(text.path), text.text));
}

// The declaration of a file of the library; it holds one.
const syntax::Statement& declaration_in(const syntax::File& file) {
  const auto found = std::ranges::find_if(file.statements, [](const syntax::Statement& statement) {
    return statement.word.text == "strategy";
  });
  assert(found != file.statements.end());
  return *found;
}

}  // namespace

std::string library_path(std::string_view module, std::string_view name) {
  return fmt::format("{} ({})", module, name);
}

WithLibrary::WithLibrary(syntax::SourceSet& sources, const std::vector<Input>& inputs)
    : inputs_(inputs) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    for (const auto& [module, name] : library_uses_of(*inputs_[i].tree)) {
      const auto& library = standard_library();
      const auto text = std::ranges::find_if(library, [&](const LibraryText& one) {
        return one.module == module && one.name == name;
      });
      if (text == library.end()) continue;  // Program says so, where it is used
      const std::string path = library_path(module, name);
      if (std::ranges::find(inputs_, path, &Input::path) != inputs_.end()) continue;
      parsed_.push_back(parse_text(sources, *text));
      assert(parsed_.back().mistakes.empty());
      inputs_.push_back(Input{path, &parsed_.back().file});
      used_.push_back(&*text);
    }
  }
}

const LibraryText* find_in_library(std::string_view name) {
  const auto& library = standard_library();
  const auto found = std::ranges::find_if(library, [&](const LibraryText& text) {
    return text.name == name || fmt::format("{}.{}", text.module, text.name) == name;
  });
  return found == library.end() ? nullptr : &*found;
}

std::string describe(const LibraryText& text) {
  syntax::SourceSet sources;
  const syntax::Parsed parsed = parse_text(sources, text);
  const syntax::Statement& declaration = declaration_in(parsed.file);
  std::string out = fmt::format("use {} ({})\n\n", text.module, text.name);
  for (const syntax::Doc& doc : declaration.docs)
    out += doc.text + '\n';
  assert(declaration.block.has_value());
  const auto& body = declaration.block->span;
  out += fmt::format("\n{}\n",
                     sources.text(syntax::Span{body.file, declaration.span.begin, body.end}));
  return out;
}

std::string summary(const LibraryText& text) {
  syntax::SourceSet sources;
  const syntax::Parsed parsed = parse_text(sources, text);
  const auto& docs = declaration_in(parsed.file).docs;
  return docs.empty() ? std::string() : docs.front().text;
}

}  // namespace mig::compiler
