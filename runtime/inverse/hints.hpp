// What the expressions of a plan say about the values that a field can meet: the texts they split
// by, compare with and replace, the numbers they know, and what they read texts as.
//
// Used to make up rows that reach the branches of a transform, and that its rules let through.
// Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace mig::runtime {

// What a text is read as.
enum class TextForm : std::uint8_t { Mailbox, Timestamp, Integer, Fraction, Truth };

struct FieldHints {
  std::set<std::string> words;
  std::set<std::string> json_paths;  // `a.b`
  std::set<std::int64_t> numbers;
  std::set<TextForm> forms;
};

// One for each field of the old side's entity: of `via`, `back`, its rules and canonical forms.
// REQUIRES: a view with sides.
std::vector<FieldHints> hints_of(const plan::Plan& plan);

}  // namespace mig::runtime
