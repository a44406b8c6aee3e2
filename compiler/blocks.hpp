// The statement table as data: what every word means to the checker, to help texts and to
// did-you-mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::compiler {

// What kind of block a statement stands in.
enum class Context { File, Plan, Resource, Feature, Phase, Strategy, Test, Scenario };

struct StatementRow {
  Context context;
  std::string_view word;
  std::string_view form;        // an example, as help shows it
  std::string_view attributes;  // see blocks.def
  std::string_view about;
};

const std::vector<StatementRow>& statement_table();
const StatementRow* find_statement(Context context, std::string_view word);
// Every word of one context.
std::vector<std::string> words_of(Context context);
// A word of the language that this version does not carry out.
bool is_later(std::string_view word);
// The context in which a word that is unknown here would be known.
std::optional<Context> context_of(std::string_view word);

// `name = value`, a bare word, or a form that only its reader knows.
enum class AttributeShape { Value, Word, Own };

struct Attribute {
  std::string name;
  bool required = false;
  bool repeated = false;
  AttributeShape shape = AttributeShape::Value;
};
// The attributes that a statement's block may hold; absent where the block has a shape of its own.
std::optional<std::vector<Attribute>> attributes_of(const StatementRow& row);

}  // namespace mig::compiler
