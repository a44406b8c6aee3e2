// Random expressions, computed column by column and by a small interpreter row by row.
#include "runtime/data/transform.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"
#include "tests/support/random_transform.hpp"

namespace {

using namespace mig;
using namespace mig::tests;
using plan::Base;
using plan::Expr;
using plan::Function;
using plan::Type;

using Cell = plan::Value;
struct Rejected {
  std::string reason;
};

struct Interpreter {
  std::vector<Cell> row;
  const std::vector<Expr>* lets = nullptr;
  std::string element = {};
  std::int64_t index = 0;

  std::int64_t number(const Expr& e) const { return std::get<std::int64_t>(value(e)); }
  std::string words(const Expr& e) const { return std::get<std::string>(value(e)); }
  bool holds(const Expr& e) const { return std::get<bool>(value(e)); }

  Cell value(const Expr& expr) const {
    return std::visit(
        plan::Overloaded{
            [](const plan::Constant& it) { return it.value; },
            [&](const plan::FieldOf& it) { return row.at(it.field); },
            [&](const plan::Local& it) { return value(lets->at(it.index)); },
            [&](const plan::LoopElement&) { return Cell(element); },
            [&](const plan::LoopIndex&) { return Cell(index); },
            [](const plan::LoopField&) {
              assert(false && "no list of rows goes into these transforms");
              return Cell(plan::Null{});
            },
            [&](const plan::Join& it) { return joined(it.parts); },
            [&](const plan::Choose& it) { return value(it.parts[holds(it.parts[0]) ? 1 : 2]); },
            [&](const plan::Apply& it) { return applied(it.function, it.arguments); },
        },
        expr.node);
  }

  static std::int64_t checked(bool overflows, std::int64_t result, const char* sign) {
    if (overflows) throw Rejected{std::string("integer overflow in `") + sign + "`"};
    return result;
  }

  Cell joined(const std::vector<Expr>& parts) const;

  Cell applied(Function function, const std::vector<Expr>& a) const {
    switch (function) {
      case Function::And:
        return holds(a[0]) && holds(a[1]);
      case Function::Or:
        return holds(a[0]) || holds(a[1]);
      case Function::Not:
        return !holds(a[0]);
      case Function::Coalesce: {
        const Cell first = value(a[0]);
        return std::holds_alternative<plan::Null>(first) ? value(a[1]) : first;
      }
      case Function::Present:
        return !std::holds_alternative<plan::Null>(value(a[0]));
      case Function::Widen:
        return value(a[0]);
      case Function::Add:
      case Function::Subtract:
      case Function::Multiply:
      case Function::Divide:
      case Function::Negate:
        return computed(function, a);
      case Function::Length: {
        const std::string text = words(a[0]);
        return std::int64_t{std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; })};
      }
      case Function::ToI64: {
        const std::string text = words(a[0]);
        std::int64_t parsed = 0;
        const auto result = std::from_chars(text.data(), text.data() + text.size(), parsed);
        const bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
        return whole ? Cell(parsed) : Cell(plan::Null{});
      }
      case Function::ToText:
        return std::to_string(number(a[0]));
      case Function::Equal:
      case Function::NotEqual: {
        const Cell x = value(a[0]);
        return (x == value(a[1])) == (function == Function::Equal);
      }
      case Function::Less:
      case Function::LessOrEqual:
      case Function::Greater:
      case Function::GreaterOrEqual: {
        const Cell x = value(a[0]);
        const Cell y = value(a[1]);
        int order = 0;
        if (const auto* left = std::get_if<std::string>(&x)) {
          order = left->compare(std::get<std::string>(y));
        } else {
          const std::int64_t number_of_y = std::get<std::int64_t>(y);
          order = std::get<std::int64_t>(x) < number_of_y   ? -1
                  : std::get<std::int64_t>(x) > number_of_y ? 1
                                                            : 0;
        }
        if (function == Function::Less) return order < 0;
        if (function == Function::LessOrEqual) return order <= 0;
        return function == Function::Greater ? order > 0 : order >= 0;
      }
      default:
        return written(function, a);
    }
  }

  Cell computed(Function function, const std::vector<Expr>& a) const {
    const std::int64_t x = number(a[0]);
    if (function == Function::Negate) return checked(x == INT64_MIN, x == INT64_MIN ? 0 : -x, "-");
    const std::int64_t y = number(a[1]);
    const __int128 wide_x = x;
    __int128 exact = 0;
    const char* sign = "/";
    if (function == Function::Add) exact = wide_x + y, sign = "+";
    if (function == Function::Subtract) exact = wide_x - y, sign = "-";
    if (function == Function::Multiply) exact = wide_x * y, sign = "*";
    if (function == Function::Divide) {
      if (y == 0) throw Rejected{"division by zero in `/`"};
      exact = wide_x / y;
    }
    return checked(exact < INT64_MIN || exact > INT64_MAX, static_cast<std::int64_t>(exact), sign);
  }

  Cell written(Function function, const std::vector<Expr>& a) const {
    std::string text = words(a[0]);
    switch (function) {
      case Function::Concat:
        return text + words(a[1]);
      case Function::Trim: {
        const auto first = text.find_first_not_of(" \t\n\v\f\r");
        if (first == std::string::npos) return std::string();
        return text.substr(first, text.find_last_not_of(" \t\n\v\f\r") + 1 - first);
      }
      case Function::Lower:
      case Function::Upper: {
        const bool lower = function == Function::Lower;
        for (char& c : text) {
          if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
          if (!lower && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        }
        return text;
      }
      case Function::SplitOnceHead:
        return text.substr(0, text.find(','));
      default: {
        REQUIRE(function == Function::SplitOnceTail);
        const auto at = text.find(',');
        return at == std::string::npos ? Cell(plan::Null{}) : Cell(text.substr(at + 1));
      }
    }
  }
};

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (std::size_t from = 0;;) {
    const auto at = text.find(',', from);
    parts.push_back(text.substr(from, at - from));
    if (at == std::string::npos) return parts;
    from = at + 1;
  }
}

void append(runtime::Column& column, const Cell& cell) {
  std::visit(plan::Overloaded{
                 [&](const plan::Null&) { column.append_null(); },
                 [&](bool it) { column.append_integer(it ? 1 : 0); },
                 [&](std::int64_t it) { column.append_integer(it); },
                 [&](const std::string& it) { column.append_bytes(it); },
                 [](const auto&) { FAIL("not made here"); },
             },
             cell);
}

Cell Interpreter::joined(const std::vector<Expr>& parts) const {
  const auto& split = std::get<plan::Apply>(parts[0].node);
  Interpreter turn = *this;
  turn.index = 0;
  std::vector<std::string> texts;
  for (const std::string& item : split_at_commas(words(split.arguments[0]))) {
    turn.element = item;
    texts.push_back(turn.words(parts[1]));
    ++turn.index;
  }
  return fmt::format("{}", fmt::join(texts, words(parts[2])));
}

Cell cell_of(const runtime::Column& column, std::size_t row) {
  if (column.is_null(row)) return plan::Null{};
  if (column.type().base == Base::Bool) return column.integer(row) != 0;
  if (column.type().base == Base::Text) return std::string(column.bytes(row));
  return column.integer(row);
}

struct Expected {
  std::vector<std::vector<std::vector<Cell>>> emitted;  // by emit, then row
  std::map<std::size_t, std::string> rejected;          // field by row
};

void interpret_row(const plan::Transform& transform, const plan::Plan& plan, Interpreter at,
                   std::size_t row, Expected& expected) {
  std::vector<std::vector<std::vector<Cell>>> emitted(transform.emits.size());
  std::string name;
  try {
    for (std::size_t e = 0; e < transform.emits.size(); ++e) {
      const plan::Emit& emit = transform.emits[e];
      name = plan.at(emit.entity).name;
      if (emit.when && !at.holds(*emit.when)) continue;
      std::vector<std::string> turns = {""};
      if (emit.each) {
        const auto& split = std::get<plan::Apply>(emit.each->node);
        turns = split_at_commas(at.words(split.arguments[0]));
      }
      emitted[e].resize(turns.size());
      for (std::size_t v = 0; v < emit.values.size(); ++v) {
        name = plan.at(emit.entity).name + ".f" + std::to_string(v);
        for (std::size_t turn = 0; turn < turns.size(); ++turn) {
          at.element = turns[turn];
          at.index = static_cast<std::int64_t>(turn);
          emitted[e][turn].push_back(at.value(emit.values[v]));
        }
      }
    }
  } catch (const Rejected&) {
    expected.rejected[row] = name;
    return;
  }
  for (std::size_t e = 0; e < emitted.size(); ++e) {
    auto& all = expected.emitted[e];
    all.insert(all.end(), emitted[e].begin(), emitted[e].end());
  }
}

}  // namespace

TEST_CASE("a transform computes column by column what its expressions say row by row") {
  const char* chosen = std::getenv("MIG_SEED");
  const std::uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  std::size_t rejected = 0;
  std::size_t emitted = 0;
  for (std::uint64_t seed = first; seed < first + 400; ++seed) {
    INFO("MIG_SEED=" << seed);
    Generator make{.random = std::mt19937_64(seed)};
    const plan::Plan plan = random_transform(make);
    runtime::Batch batch = runtime::Batch::of(kRowFields);
    Expected expected;
    expected.emitted.resize(2);
    for (std::size_t row = 0; row < 40; ++row, ++batch.rows) {
      Interpreter at{.lets = &plan.transforms[0].lets};
      for (std::size_t i = 0; i < kRowFields.size(); ++i) {
        const bool is_narrow = kRowFields[i].base == Base::I16;
        at.row.push_back(is_narrow
                             ? Cell(std::int64_t(make.below(7)) - 3)
                             : std::get<plan::Constant>(make.literal(kRowFields[i]).node).value);
        append(batch.columns[i], at.row.back());
      }
      interpret_row(plan.transforms[0], plan, at, row, expected);
    }
    std::vector<runtime::Emitted> out;
    std::vector<runtime::RowReject> rejects;
    runtime::Transformer(plan, plan.transforms[0]).run(batch, out, rejects);
    std::map<std::size_t, std::string> found;
    for (const runtime::RowReject& reject : rejects)
      REQUIRE(found.emplace(reject.row, reject.field).second);
    REQUIRE(found == expected.rejected);
    for (std::size_t e = 0; e < out.size(); ++e) {
      REQUIRE(out[e].rows.rows == expected.emitted[e].size());
      REQUIRE(std::ranges::is_sorted(out[e].source));
      for (std::size_t row = 0; row < out[e].rows.rows; ++row) {
        for (std::size_t i = 0; i < out[e].rows.columns.size(); ++i) {
          REQUIRE(cell_of(out[e].rows.columns[i], row) == expected.emitted[e][row][i]);
        }
      }
      emitted += out[e].rows.rows;
    }
    rejected += rejects.size();
  }
  CHECK(rejected > 500);
  CHECK(emitted > 5000);
}
