#include "compiler/signatures.hpp"

#include <algorithm>
#include <cassert>

#include <re2/re2.h>

namespace mig::compiler {
namespace {

using plan::Base;
using plan::Expr;
using plan::Function;
using plan::Type;

using Arguments = std::vector<Expr>;
using Answer = std::expected<Type, SignatureMistake>;

constexpr std::uint8_t kMostDigits = 38;

Answer wrong(std::size_t argument, std::string wanted) {
  return std::unexpected(SignatureMistake{argument, std::move(wanted)});
}

Answer wrong_count(std::string wanted) {
  return std::unexpected(SignatureMistake{std::nullopt, std::move(wanted)});
}

bool is_text(const Expr& expr) {
  return expr.type.base == Base::Text || expr.type.base == Base::OneOf;
}

const std::string* constant_text(const Expr& expr) {
  const auto* constant = std::get_if<plan::Constant>(&expr.node);
  return constant == nullptr ? nullptr : std::get_if<std::string>(&constant->value);
}

std::optional<std::int64_t> constant_integer(const Expr& expr) {
  const auto* constant = std::get_if<plan::Constant>(&expr.node);
  if (constant == nullptr) return std::nullopt;
  const auto* value = std::get_if<std::int64_t>(&constant->value);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

// (text …) -> `result`
Answer texts(const Arguments& arguments, std::size_t count, const Type& result) {
  if (arguments.size() != count) {
    return wrong_count(count == 1 ? "one text" : std::to_string(count) + " texts");
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_text(arguments[i])) return wrong(i, "text");
  }
  return result;
}

Answer one_of_bases(const Arguments& arguments, std::initializer_list<Base> bases,
                    std::string_view wanted, const Type& result) {
  if (arguments.size() != 1) return wrong_count("one " + std::string(wanted));
  const bool fits = std::ranges::find(bases, arguments[0].type.base) != bases.end();
  return fits ? Answer(result) : wrong(0, std::string(wanted));
}

Type text_like(const Expr& expr) {
  return expr.type.base == Base::Text ? Type::text(expr.type.length) : Type::text();
}

Answer to_text(const Arguments& arguments) {
  if (arguments.size() != 1) return wrong_count("one value");
  switch (arguments[0].type.base) {
    case Base::Bool:
      return Type::text(5);
    case Base::I16:
      return Type::text(6);
    case Base::I32:
      return Type::text(11);
    case Base::I64:
      return Type::text(20);
    case Base::Decimal:
      return Type::text(40);
    case Base::Uuid:
      return Type::text(36);
    case Base::Date:
      return Type::text(10);
    case Base::Time:
      return Type::text(15);
    case Base::Timestamp:
      return Type::text(27);
    case Base::Text:
      return Type::text(arguments[0].type.length);
    case Base::OneOf:
    case Base::Json:
      return Type::text();
    case Base::F64:
    case Base::Bytes:
    case Base::List:
      return wrong(0, "a value with one spelling");
  }
  assert(false && "every base is decided");
  return wrong(0, "a value");
}

Answer decimal_of(const Arguments& arguments, bool from_text) {
  if (arguments.size() != 3) return wrong_count("a value, precision and scale");
  const bool fits = from_text
                        ? is_text(arguments[0])
                        : arguments[0].type.base == Base::Decimal || arguments[0].type.is_integer();
  if (!fits) return wrong(0, from_text ? "text" : "a decimal or an integer");
  const auto precision = constant_integer(arguments[1]);
  const auto scale = constant_integer(arguments[2]);
  if (!precision || *precision < 1 || *precision > kMostDigits) return wrong(1, "1 to 38 digits");
  if (!scale || *scale < 0 || *scale > *precision) return wrong(2, "0 to the precision");
  return Type::decimal(static_cast<std::uint8_t>(*precision), static_cast<std::uint8_t>(*scale))
      .as_optional();
}

Answer try_text(const Arguments& arguments) {
  if (arguments.size() != 2) return wrong_count("a text and a length");
  if (!is_text(arguments[0])) return wrong(0, "text");
  const auto length = constant_integer(arguments[1]);
  if (!length || *length < 1 || *length > INT32_MAX) return wrong(1, "a length of at least 1");
  return Type::text(static_cast<std::uint32_t>(*length)).as_optional();
}

Answer try_one_of(const Arguments& arguments) {
  if (arguments.size() < 2) return wrong_count("a text and the words it may be");
  Type type{.base = Base::OneOf, .optional = true};
  if (!is_text(arguments[0])) return wrong(0, "text");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string* member = constant_text(arguments[i]);
    if (member == nullptr) return wrong(i, "a text in quotes");
    type.members.push_back(*member);
  }
  return type;
}

Answer substr(const Arguments& arguments) {
  if (arguments.size() != 3) return wrong_count("a text, the first position and a count");
  if (!is_text(arguments[0])) return wrong(0, "text");
  if (!arguments[1].type.is_integer()) return wrong(1, "an integer");
  if (!arguments[2].type.is_integer()) return wrong(2, "an integer");
  const auto count = constant_integer(arguments[2]);
  if (count && *count > 0 && *count <= INT32_MAX)
    return Type::text(static_cast<std::uint32_t>(*count));
  return text_like(arguments[0]);
}

Answer concat(const Arguments& arguments) {
  if (arguments.empty()) return wrong_count("at least one text");
  std::uint64_t length = 0;
  bool limited = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!is_text(arguments[i])) return wrong(i, "text");
    limited = limited && arguments[i].type.length > 0;
    length += arguments[i].type.length;
  }
  return Type::text(limited && length <= INT32_MAX ? static_cast<std::uint32_t>(length) : 0);
}

Answer regex(const Arguments& arguments, std::size_t count, const Type& result) {
  Answer answer = texts(arguments, count, result);
  if (!answer) return answer;
  const std::string* pattern = constant_text(arguments[1]);
  if (pattern == nullptr) return wrong(1, "a pattern in quotes");
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 compiled(*pattern, options);
  if (!compiled.ok()) return wrong(1, "a regular expression that RE2 reads");
  if (count == 3) {
    const std::string* rewrite = constant_text(arguments[2]);
    std::string mistake;
    if (rewrite == nullptr || !compiled.CheckRewriteString(*rewrite, &mistake)) {
      return wrong(2, "a replacement in quotes whose groups the pattern has");
    }
  }
  return answer;
}

// A digest or an encoding: of the bytes of a text as well.
Answer of_bytes(const Arguments& arguments, const Type& result) {
  return one_of_bases(arguments, {Base::Text, Base::OneOf, Base::Bytes}, "text or bytes", result);
}

Answer to_integer(const Arguments& arguments) {
  return one_of_bases(arguments, {Base::Text, Base::OneOf, Base::Decimal}, "text or decimal",
                      Type::of(Base::I64).as_optional());
}

Answer json_path(const Arguments& arguments, const Type& result) {
  if (arguments.size() != 2) return wrong_count("a document and a path");
  if (arguments[0].type.base != Base::Json) return wrong(0, "json");
  const std::string* path = constant_text(arguments[1]);
  if (path == nullptr || path->empty())
    return wrong(1, "a path in quotes, such as \"address.city\"");
  return result;
}

Answer integers(const Arguments& arguments, const Type& result) {
  return one_of_bases(arguments, {Base::I16, Base::I32, Base::I64, Base::Decimal},
                      "integer or decimal", result);
}

}  // namespace

std::expected<Type, SignatureMistake> result_of(Function function, const Arguments& arguments) {
  const Type text = Type::text();
  switch (function) {
    case Function::Trim:
    case Function::Lower:
    case Function::Upper:
      return texts(arguments, 1, arguments.size() == 1 ? text_like(arguments[0]) : text);
    case Function::Split:
      return texts(arguments, 2, Type::list(text));
    case Function::Count:
      return one_of_bases(arguments, {Base::List}, "list", Type::of(Base::I64));
    case Function::SplitOnceHead:
      return texts(arguments, 2, text);
    case Function::SplitOnceTail:
      return texts(arguments, 2, text.as_optional());
    case Function::MailboxName:
    case Function::MailboxAddress:
      return texts(arguments, 1, text.as_optional());
    case Function::Replace:
      return texts(arguments, 3, text);
    case Function::Substr:
      return substr(arguments);
    case Function::Length:
      return texts(arguments, 1, Type::of(Base::I64));
    case Function::Concat:
      return concat(arguments);
    case Function::RegexMatch:
      return regex(arguments, 2, Type::of(Base::Bool));
    case Function::RegexReplace:
      return regex(arguments, 3, text);
    case Function::ToText:
      return to_text(arguments);
    case Function::ToI64:
      return to_integer(arguments);
    case Function::ToBool:
      return texts(arguments, 1, Type::of(Base::Bool).as_optional());
    case Function::ToDecimal:
      return decimal_of(arguments, /*from_text=*/true);
    case Function::TryDecimal:
      return decimal_of(arguments, /*from_text=*/false);
    case Function::TryI16:
      return integers(arguments, Type::of(Base::I16).as_optional());
    case Function::TryI32:
      return integers(arguments, Type::of(Base::I32).as_optional());
    case Function::TryText:
      return try_text(arguments);
    case Function::TryOneOf:
      return try_one_of(arguments);
    case Function::FromUnixMs:
      return integers(arguments, Type::of(Base::Timestamp));
    case Function::ToUnixMs:
      return one_of_bases(arguments, {Base::Timestamp}, "timestamp", Type::of(Base::I64));
    case Function::ParseTimestamp:
      return texts(arguments, 1, Type::of(Base::Timestamp).as_optional());
    case Function::FormatTimestamp:
      return one_of_bases(arguments, {Base::Timestamp}, "timestamp", Type::text(27));
    case Function::JsonGet:
      return json_path(arguments, Type::of(Base::Json).as_optional());
    case Function::JsonText:
      return json_path(arguments, text.as_optional());
    case Function::UuidText:
      return one_of_bases(arguments, {Base::Uuid}, "uuid", Type::text(36));
    case Function::Sha256:
      return of_bytes(arguments, Type::text(64));
    case Function::Md5:
      return of_bytes(arguments, Type::text(32));
    case Function::Base64:
      return of_bytes(arguments, text);
    default:
      break;
  }
  assert(false && "operators are not called by name");
  return wrong_count("nothing");
}

std::optional<Function> function_named(std::string_view wanted) {
  struct Row {
    std::string_view name;
    Function function;
  };
  static constexpr Row kRows[] = {
#define FUNCTION(enumerator, language_name) Row{language_name, Function::enumerator},
#include "compiler/plan/functions.def"
#undef FUNCTION
  };
  if (wanted.empty()) return std::nullopt;
  const auto* found = std::ranges::find(kRows, wanted, &Row::name);
  return found == std::end(kRows) ? std::nullopt : std::optional(found->function);
}

std::vector<std::string> parts_of(std::string_view wanted) {
  if (wanted == "split_once") return {"head", "tail"};
  if (wanted == "parse_mailbox") return {"name", "address"};
  return {};
}

}  // namespace mig::compiler
