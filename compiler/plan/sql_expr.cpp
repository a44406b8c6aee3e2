#include "compiler/plan/sql_expr.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {
namespace {

// A parser of SQLite's has room for 100 symbols; what stands around the expression takes some.
constexpr std::size_t kDeepest = 48;
constexpr std::size_t kLongest = 20'000;
constexpr std::int64_t kLargestPosition = std::numeric_limits<std::int32_t>::max();

// How many symbols the parser holds when it reaches the part of an expression.
constexpr std::size_t kInOperator = 3;
constexpr std::size_t kInCall = 5;
constexpr std::size_t kInCase = 6;
constexpr std::size_t kInSelect = 13;
constexpr std::size_t kInField = 26;  // a timestamp, the deepest one

struct Piece {
  std::string text;
  std::size_t depth = 0;
  bool is_simple = false;  // may be written twice
};
using Translated = std::expected<Piece, Untranslatable>;

std::unexpected<Untranslatable> refuse(std::string what) {
  return std::unexpected(Untranslatable{std::move(what)});
}

bool is_held(const Type& type) {
  switch (type.base) {
    case Base::Bool:
    case Base::I16:
    case Base::I32:
    case Base::I64:
    case Base::F64:
    case Base::Text:
    case Base::Bytes:
    case Base::Uuid:
    case Base::Date:
    case Base::Time:
    case Base::Timestamp:
    case Base::OneOf:
      return true;
    case Base::Decimal:
    case Base::Json:
    case Base::List:
      return false;
  }
  return false;
}

std::unexpected<Untranslatable> refuse(const Type& type) {
  return refuse(fmt::format("a value of `{}`", print(type.as_optional(false))));
}

// Of what read_sql makes.
std::size_t depth_of_field(const std::string& field) {
  if (field.starts_with("(SELECT")) return kInField;
  return field.find('(', 1) == field.npos ? 2 : kInSelect;
}

std::string integer_sql(std::int64_t value) {
  // The digits of the least one are no integer without their sign.
  if (value == std::numeric_limits<std::int64_t>::min()) return "(-9223372036854775807 - 1)";
  return value < 0 ? fmt::format("({})", value) : fmt::format("{}", value);
}

class Translator {
 public:
  Translator(const std::vector<std::string>& fields, const std::vector<Expr>& lets)
      : fields_(fields), lets_(lets) {}

  Translated of(const Expr& expr) const {
    auto piece = std::visit(
        Overloaded{
            [&](const Constant& it) { return constant(expr.type, it.value); },
            [&](const FieldOf& it) -> Translated {
              return Piece{fields_.at(it.field), depth_of_field(fields_.at(it.field)), true};
            },
            [&](const Local& it) { return of(lets_.at(it.index)); },
            [](const LoopElement&) -> Translated { return refuse("a loop"); },
            [](const LoopIndex&) -> Translated { return refuse("a loop"); },
            [](const LoopField&) -> Translated { return refuse("a list of rows"); },
            [&](const Apply& it) { return applied(expr.type, it.function, it.arguments); },
            [&](const Choose& it) -> Translated {
              const auto parts = all(it.parts);
              if (!parts) return std::unexpected(parts.error());
              return piece_of(fmt::format("(CASE WHEN {} THEN {} ELSE {} END)", (*parts)[0].text,
                                          (*parts)[1].text, (*parts)[2].text),
                              *parts, kInCase);
            },
            [](const Join&) -> Translated { return refuse("`join`"); },
        },
        expr.node);
    if (piece && (piece->depth > kDeepest || piece->text.size() > kLongest)) {
      return refuse("an expression as deep as this one");
    }
    return piece;
  }

 private:
  using Pieces = std::vector<Piece>;

  std::expected<Pieces, Untranslatable> all(const std::vector<Expr>& exprs) const {
    Pieces pieces;
    for (const Expr& expr : exprs) {
      auto piece = of(expr);
      if (!piece) return std::unexpected(piece.error());
      pieces.push_back(std::move(*piece));
    }
    return pieces;
  }

  static Piece piece_of(std::string text, const Pieces& parts, std::size_t around) {
    std::size_t depth = 0;
    for (const Piece& part : parts)
      depth = std::max(depth, part.depth);
    return Piece{std::move(text), depth + around, false};
  }

  static Translated constant(const Type& type, const Value& value) {
    const auto simple = [](std::string text) { return Piece{std::move(text), 1, true}; };
    return std::visit(Overloaded{
                          [&](const Null&) -> Translated { return simple("NULL"); },
                          [&](bool it) -> Translated { return simple(it ? "1" : "0"); },
                          [&](std::int64_t it) -> Translated {
                            if (!type.is_integer()) return refuse(type);
                            return simple(integer_sql(it));
                          },
                          [&](const Decimal&) -> Translated { return refuse(type); },
                          [&](double) -> Translated { return refuse("a constant of `f64`"); },
                          [&](const std::string& it) -> Translated {
                            const bool is_text =
                                type.base == Base::Text || type.base == Base::OneOf;
                            if (!is_text)
                              return refuse(fmt::format("a constant of `{}`", print(type)));
                            if (it.find('\0') != it.npos) return refuse("a text with a NUL in it");
                            return simple(text_sql(it));
                          },
                      },
                      value);
  }

  static std::string joined(const Pieces& pieces, std::string_view by, std::size_t from = 0) {
    std::string text;
    for (std::size_t i = from; i < pieces.size(); ++i)
      text += fmt::format("{}{}", i == from ? std::string_view() : by, pieces[i].text);
    return text;
  }

  // `body` reads the piece under the name that it is given; a long piece is written once.
  template <class Body>
  static Piece bound(const Piece& piece, Body body) {
    if (piece.is_simple) return Piece{body(piece.text), piece.depth + kInCase, false};
    return Piece{fmt::format("(SELECT {} FROM (SELECT {} AS mig_v))", body("mig_v"), piece.text),
                 piece.depth + kInSelect, false};
  }

  Translated applied(const Type& type, Function function,
                     const std::vector<Expr>& arguments) const {
    for (const Expr& argument : arguments) {
      if (!is_held(argument.type)) return refuse(argument.type);
    }
    if (!is_held(type)) return refuse(type);
    const auto parts = all(arguments);
    if (!parts) return std::unexpected(parts.error());
    const Pieces& a = *parts;
    const auto infix = [&](std::string_view sign) -> Translated {
      return piece_of(fmt::format("({})", joined(a, sign)), a, kInOperator);
    };
    // The collation of a column never decides: texts are compared byte by byte.
    const auto compare = [&](std::string_view sign) -> Translated {
      return piece_of(fmt::format("({} COLLATE BINARY {} {})", a[0].text, sign, a[1].text), a,
                      kInOperator);
    };
    const auto call = [&](std::string_view name) -> Translated {
      return piece_of(fmt::format("{}({})", name, joined(a, ", ")), a, kInCall);
    };
    switch (function) {
      case Function::Concat:
        return infix(" || ");
      case Function::And:
        return infix(" AND ");
      case Function::Or:
        return infix(" OR ");
      case Function::Not:
        return piece_of(fmt::format("(NOT {})", a[0].text), a, kInOperator);
      case Function::Present:
        return piece_of(fmt::format("({} IS NOT NULL)", a[0].text), a, kInOperator);
      case Function::Equal:
        return compare("IS");
      case Function::NotEqual:
        return compare("IS NOT");
      case Function::Less:
        return compare("<");
      case Function::LessOrEqual:
        return compare("<=");
      case Function::Greater:
        return compare(">");
      case Function::GreaterOrEqual:
        return compare(">=");
      case Function::Within:
        return piece_of(
            fmt::format("({} COLLATE BINARY BETWEEN {} AND {})", a[0].text, a[1].text, a[2].text),
            a, kInCall);
      case Function::OneOfList:
        return listed(arguments, a);
      case Function::Coalesce:
        return call("coalesce");
      case Function::Widen:
        return widened(arguments[0].type, type, a[0]);
      case Function::Trim:
        return piece_of(fmt::format("trim({}, char(9, 10, 11, 12, 13, 32))", a[0].text), a,
                        kInCall);
      case Function::Lower:
        return call("lower");
      case Function::Upper:
        return call("upper");
      case Function::Length:
        return call("length");
      default:
        return converted(type, function, arguments, a);
    }
  }

  Translated converted(const Type& type, Function function, const std::vector<Expr>& arguments,
                       const Pieces& a) const {
    switch (function) {
      case Function::SplitOnceHead:
      case Function::SplitOnceTail:
        return split_once(function, arguments, a);
      case Function::Substr:
        return substr(arguments, a);
      case Function::Replace:
        // SQLite looks at the third text only where it finds the second.
        for (const Expr& argument : arguments) {
          if (argument.type.optional) return refuse("`replace` of what may be absent");
        }
        return piece_of(fmt::format("replace({})", joined(a, ", ")), a, kInCall);
      case Function::ToText:
      case Function::UuidText:
        return spelled(arguments[0].type, a[0]);
      case Function::TryText:
        return bound(a[0], [&](std::string_view v) {
          return fmt::format("CASE WHEN length({0}) <= {1} THEN {0} END", v, type.length);
        });
      case Function::TryI16:
      case Function::TryI32: {
        if (!arguments[0].type.is_integer()) return refuse("a number out of a text");
        const bool is_short = function == Function::TryI16;
        return bound(a[0], [&](std::string_view v) {
          return fmt::format("CASE WHEN {0} BETWEEN {1} AND {2} THEN {0} END", v,
                             is_short ? "-32768" : "-2147483648",
                             is_short ? "32767" : "2147483647");
        });
      }
      default: {
        const std::string_view known = name(function);
        return refuse(known.empty() ? "arithmetic" : fmt::format("`{}`", known));
      }
    }
  }

  static Translated listed(const std::vector<Expr>& arguments, const Pieces& a) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      if (arguments[i].type.optional) return refuse("a list with an absent value");
    }
    return piece_of(fmt::format("({} COLLATE BINARY IN ({}))", a[0].text, joined(a, ", ", 1)), a,
                    kInCall);
  }

  static Translated widened(const Type& from, const Type& to, const Piece& piece) {
    const bool is_same = from.base == to.base || (from.is_integer() && to.is_integer()) ||
                         (from.base == Base::OneOf && to.base == Base::Text);
    if (!is_same) return refuse(to);
    return piece;
  }

  static Translated spelled(const Type& from, const Piece& piece) {
    switch (from.base) {
      case Base::I16:
      case Base::I32:
      case Base::I64:
        return Piece{fmt::format("CAST({} AS TEXT)", piece.text), piece.depth + kInCall, false};
      case Base::Bool:
        return Piece{
            fmt::format("(CASE {} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)", piece.text),
            piece.depth + kInCase, false};
      case Base::Text:
      case Base::Uuid:
      case Base::Date:
      case Base::Time:
      case Base::Timestamp:
        return piece;
      default:
        return refuse(from);
    }
  }

  static Translated split_once(Function function, const std::vector<Expr>& arguments,
                               const Pieces& a) {
    const auto* constant = std::get_if<Constant>(&arguments[1].node);
    const auto* separator =
        constant == nullptr ? nullptr : std::get_if<std::string>(&constant->value);
    if (separator == nullptr || separator->empty()) {
      return refuse("`split_once` by what is no constant");
    }
    const std::string& by = a[1].text;
    return bound(a[0], [&](std::string_view v) {
      if (function == Function::SplitOnceHead) {
        return fmt::format(
            "(CASE WHEN instr({0}, {1}) > 0 THEN substr({0}, 1, instr({0}, {1}) - 1) ELSE {0} END)",
            v, by);
      }
      return fmt::format(
          "(CASE WHEN instr({0}, {1}) > 0 THEN substr({0}, instr({0}, {1}) + length({1})) END)", v,
          by);
    });
  }

  // Positions before the first hold nothing, where SQLite would count from the end.
  static Translated substr(const std::vector<Expr>& arguments, const Pieces& a) {
    std::int64_t places[2] = {};
    for (std::size_t i = 0; i < 2; ++i) {
      const auto* constant = std::get_if<Constant>(&arguments[i + 1].node);
      const auto* value =
          constant == nullptr ? nullptr : std::get_if<std::int64_t>(&constant->value);
      if (value == nullptr) return refuse("`substr` at what is no constant");
      places[i] = std::clamp(*value, -kLargestPosition, kLargestPosition);
    }
    const std::int64_t end = places[0] + std::max<std::int64_t>(places[1], 0);
    const std::int64_t first = std::max<std::int64_t>(places[0], 1);
    return piece_of(fmt::format("substr({}, {}, {})", a[0].text, first,
                                std::clamp<std::int64_t>(end - first, 0, kLargestPosition)),
                    {a[0]}, kInCall);
  }

  const std::vector<std::string>& fields_;
  const std::vector<Expr>& lets_;
};

}  // namespace

const std::string_view kAsciiCaseSql =
    "lower('AZ' || char(201, 304)) = 'az' || char(201, 304) AND "
    "upper('az' || char(233, 223)) = 'AZ' || char(233, 223)";

std::expected<std::string, Untranslatable> sql_of(const Expr& expr,
                                                  const std::vector<std::string>& fields,
                                                  const std::vector<Expr>& lets) {
  auto piece = Translator(fields, lets).of(expr);
  if (!piece) return std::unexpected(piece.error());
  return std::move(piece->text);
}

std::string identifier_sql(std::string_view name) {
  std::string quoted = "\"";
  for (const char letter : name) {
    if (letter == '"') quoted += '"';
    quoted += letter;
  }
  return quoted + '"';
}

std::string text_sql(std::string_view text) {
  std::string literal = "'";
  for (const char letter : text) {
    assert(letter != '\0');
    if (letter == '\'') literal += '\'';
    literal += letter;
  }
  return literal + '\'';
}

}  // namespace mig::plan
