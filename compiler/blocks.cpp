#include "compiler/blocks.hpp"

#include <algorithm>
#include <array>

namespace mig::compiler {
namespace {

constexpr std::array kLater = {
#define STATEMENT(context, word, form, attributes, about)
#define LATER(word) std::string_view(word),
#include "compiler/blocks.def"
#undef STATEMENT
#undef LATER
};

}  // namespace

const std::vector<StatementRow>& statement_table() {
  static const std::vector<StatementRow> kRows = {
#define STATEMENT(context, word, form, attributes, about) \
  StatementRow{Context::context, word, form, attributes, about},
#define LATER(word)
#include "compiler/blocks.def"
#undef STATEMENT
#undef LATER
  };
  return kRows;
}

const StatementRow* find_statement(Context context, std::string_view word) {
  const auto& rows = statement_table();
  const auto found = std::ranges::find_if(
      rows, [&](const StatementRow& row) { return row.context == context && row.word == word; });
  return found == rows.end() ? nullptr : &*found;
}

std::vector<std::string> words_of(Context context) {
  std::vector<std::string> words;
  for (const StatementRow& row : statement_table()) {
    if (row.context == context) words.emplace_back(row.word);
  }
  return words;
}

bool is_later(std::string_view word) {
  return std::ranges::find(kLater, word) != kLater.end();
}

std::optional<Context> context_of(std::string_view word) {
  for (const StatementRow& row : statement_table()) {
    if (row.word == word) return row.context;
  }
  return std::nullopt;
}

std::optional<std::vector<Attribute>> attributes_of(const StatementRow& row) {
  if (row.attributes == "*") return std::nullopt;
  std::vector<Attribute> attributes;
  std::string_view rest = row.attributes;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool required = word.ends_with('!');
    const bool repeated = word.ends_with('*');
    const bool bare = word.ends_with('?');
    const bool own = word.ends_with('+') || repeated;
    if (required || bare || own) word.remove_suffix(1);
    const AttributeShape shape = own    ? AttributeShape::Own
                                 : bare ? AttributeShape::Word
                                        : AttributeShape::Value;
    attributes.push_back(Attribute{std::string(word), required, repeated, shape});
  }
  return attributes;
}

}  // namespace mig::compiler
