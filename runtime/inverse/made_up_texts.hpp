// Texts to try transforms with. Pure; the same dice give the same texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/dice.hpp"
#include "runtime/inverse/hints.hpp"

namespace mig::runtime {

// The characters of a text that is UTF-8.
std::vector<std::string_view> characters_of(std::string_view text);
// The first `length` characters; 0: all.
std::string cut(std::string_view text, std::size_t length);

// Empty and long ones, blanks at both ends, marks that fall together with a letter, letters whose
// other case is longer, separators that the plan knows, forms that it reads. None is longer than
// `length`, which is 0 where there is no limit.
std::vector<std::string> boundary_texts(std::size_t length, const FieldHints& hints);
std::string random_text(std::size_t length, const FieldHints& hints, Dice& dice);

std::vector<std::string> boundary_documents(const FieldHints& hints);  // JSON
std::string random_document(const FieldHints& hints, Dice& dice);

}  // namespace mig::runtime
