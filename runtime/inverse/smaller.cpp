#include "runtime/inverse/smaller.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <optional>

#include "compiler/plan/overloaded.hpp"
#include "runtime/inverse/made_up_texts.hpp"
#include "runtime/inverse/made_up_values.hpp"

namespace mig::runtime {
namespace {

// Candidates of one value, the smallest first. Each is smaller by a measure that only goes down, so
// shrinking ends: none before others, then length, then how many characters are no plain letter.
using Candidates = std::vector<FieldValue>;

std::string without(const std::vector<std::string_view>& characters, std::size_t first,
                    std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (i < first || i >= first + count) text += characters[i];
  }
  return text;
}

void add_shorter_lists(const std::vector<FieldValue>& items, Candidates& out) {
  for (std::size_t count = items.size(); count > 0; count /= 2) {
    for (std::size_t first = 0; first < items.size(); first += count) {
      std::vector<FieldValue> fewer;
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i < first || i >= first + count) fewer.push_back(items[i]);
      }
      out.push_back({std::move(fewer)});
    }
  }
}

bool is_plain(std::string_view character) {
  return character == "a" || character == " ";
}

void add_shorter_texts(const std::string& text, Candidates& out) {
  const auto characters = characters_of(text);
  for (std::size_t count = characters.size(); count > 0; count /= 2) {
    for (std::size_t first = 0; first < characters.size(); first += count)
      out.push_back({without(characters, first, count)});
  }
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (is_plain(characters[i])) continue;
    std::string plain;
    for (std::size_t j = 0; j < characters.size(); ++j)
      plain += i == j ? "a" : characters[j];
    out.push_back({std::move(plain)});
  }
}

// Forms that a rule may ask for, such as a mailbox: those that are shorter than what stands there.
void add_known_texts(const plan::Type& type, const FieldHints& hints, const std::string& text,
                     Candidates& out) {
  if (hints.forms.empty()) return;
  for (std::string& known : boundary_texts(type.length, hints)) {
    if (known.size() < text.size()) out.push_back({std::move(known)});
  }
}

template <class Number>
void add_smaller_numbers(Number number, Candidates& out) {
  if (number == 0) return;
  out.push_back({Number{0}});
  if (number < 0 && -(number + 1) >= 0) out.push_back({static_cast<Number>(-(number + 1))});
  // From far to near, so that the border is met in as few rounds as it has digits.
  for (Number step = number / 2; step != 0; step /= 2)
    out.push_back({static_cast<Number>(number - step)});
  if (number > 0) out.push_back({static_cast<Number>(number - 1)});
}

Candidates smaller_values(const FieldValue& value, const plan::Type& type,
                          const FieldHints& hints) {
  Candidates out;
  if (value.is_none()) return out;
  if (type.optional) out.push_back({});
  std::visit(
      plan::Overloaded{
          [](std::monostate) {},
          [&](std::int64_t number) { add_smaller_numbers(number, out); },
          [&](Decimal digits) { add_smaller_numbers(digits, out); },
          [&](double real) {
            for (const double one : {0.0, 1.0}) {
              if (real != 0.0 && real != one) out.push_back({one});
            }
          },
          [&](const std::string& bytes) {
            if (type.base == plan::Base::Text) {
              add_shorter_texts(bytes, out);
              add_known_texts(type, hints, bytes, out);
            } else if (plainest(type.as_optional(false)) != value) {
              out.push_back(plainest(type.as_optional(false)));
            }
          },
          [&](const std::vector<FieldValue>& items) {
            add_shorter_lists(items, out);
            for (std::size_t i = 0; i < items.size(); ++i) {
              for (FieldValue& item : smaller_values(items[i], type.element.front(), hints)) {
                std::vector<FieldValue> other = items;
                other[i] = std::move(item);
                out.push_back({std::move(other)});
              }
            }
          },
      },
      value.node);
  return out;
}

// A few at a time: a long value has many candidates, and an early one mostly does.
std::optional<FieldValue> first_failing(const Row& row, std::size_t field, const Candidates& values,
                                        const StillFails& fails) {
  constexpr std::size_t kAtOnce = 64;
  for (std::size_t begin = 0; begin < values.size(); begin += kAtOnce) {
    std::vector<Row> rows;
    for (std::size_t i = begin; i < std::min(values.size(), begin + kAtOnce); ++i) {
      rows.push_back(row);
      rows.back()[field] = values[i];
    }
    const std::vector<bool> failing = fails(rows);
    assert(failing.size() == rows.size());
    const auto first = std::ranges::find(failing, true);
    if (first == failing.end()) continue;
    return values[begin + static_cast<std::size_t>(std::distance(failing.begin(), first))];
  }
  return std::nullopt;
}

}  // namespace

Row smallest(const plan::Entity& entity, const std::vector<FieldHints>& hints, Row row,
             const StillFails& fails) {
  constexpr std::size_t kMostRounds = 2'000;  // a limit that only a mistake of ours would meet
  bool changed = true;
  for (std::size_t round = 0; changed && round < kMostRounds; ++round) {
    changed = false;
    for (std::size_t field = 0; field < row.size(); ++field) {
      const auto values = smaller_values(row[field], entity.fields[field].type, hints[field]);
      const auto found = first_failing(row, field, values, fails);
      if (!found) continue;
      row[field] = *found;
      changed = true;
    }
  }
  return row;
}

}  // namespace mig::runtime
