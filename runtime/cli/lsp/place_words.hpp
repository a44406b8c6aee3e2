// The words that may stand behind other words: what the statement table does not say.
//
// Used by completion; tests/editors compiles every one of them. Pure data.
#pragma once

#include <string_view>
#include <vector>

namespace mig::cli::lsp {

// What may stand at a place beside, or instead of, words: names of things.
enum class NameKind {
  Sides,  // `old` and `new`, and datasets
  Datasets,
  Services,
  Stores,
  Routers,
  Entities,
  Transforms,
  Metrics,
  Gates,
  Phases,
  Params,
  KeyFields,  // of the old side
};

struct PlaceWords {
  std::vector<std::string_view> words;
  std::vector<NameKind> names;
};

// Behind `before` in a statement that begins with `word`; `before` is the word itself at its first
// operand. Null where nothing is known.
const PlaceWords* words_behind(std::string_view word, std::string_view before);

// The value of an attribute in the block of a statement; `owner` and `attribute` are words.
const PlaceWords* values_of(std::string_view owner, std::string_view attribute);

// Types: of a param or a metric, of an entity's field, of a strategy's parameter.
const std::vector<std::string_view>& unit_types();
const std::vector<std::string_view>& field_types();
const std::vector<std::string_view>& strategy_types();
// Behind a number.
const std::vector<std::string_view>& counted_units();
// The names of what gates measure, and what they measure it of.
const std::vector<std::string_view>& measured_names();
const std::vector<std::string_view>& arm_names();

}  // namespace mig::cli::lsp
