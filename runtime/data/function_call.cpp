#include "runtime/data/function_call.hpp"

#include <cassert>

#include <re2/re2.h>

#include "runtime/data/column_program.hpp"

namespace mig::runtime {
namespace {

using plan::Function;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t from = 0;;) {
    const std::size_t point = path.find('.', from);
    segments.emplace_back(path.substr(from, point - from));
    if (point == std::string_view::npos) return segments;
    from = point + 1;
  }
}

}  // namespace

Prepared::Prepared() = default;
Prepared::Prepared(Prepared&&) noexcept = default;
Prepared& Prepared::operator=(Prepared&&) noexcept = default;
Prepared::~Prepared() = default;

Prepared prepare(Function function, std::span<const Cells* const> arguments) {
  Prepared prepared;
  if (function == Function::RegexMatch || function == Function::RegexReplace) {
    assert(arguments[1]->mask == 0 && "the compiler takes constant patterns only");
    prepared.regex = std::make_unique<re2::RE2>(arguments[1]->text(0), re2::RE2::Quiet);
    assert(prepared.regex->ok());
  }
  if (function == Function::JsonGet || function == Function::JsonText) {
    assert(arguments[1]->mask == 0 && "the compiler takes constant paths only");
    prepared.path = split_path(arguments[1]->text(0));
  }
  return prepared;
}

void Call::reject(std::size_t row, std::string_view reason) const {
  program.reject(domain, row, reason);
}

bool can_be_absent(Function function) {
  switch (function) {
    case Function::SplitOnceTail:
    case Function::MailboxName:
    case Function::MailboxAddress:
    case Function::ToI64:
    case Function::ToDecimal:
    case Function::ToBool:
    case Function::TryI16:
    case Function::TryI32:
    case Function::TryText:
    case Function::TryDecimal:
    case Function::TryOneOf:
    case Function::ParseTimestamp:
    case Function::JsonGet:
    case Function::JsonText:
      return true;
    default:
      return false;
  }
}

void apply_function(const Call& call) {
  switch (call.function) {
    case Function::Add:
    case Function::Subtract:
    case Function::Multiply:
    case Function::Divide:
    case Function::Negate:
      return apply_arithmetic(call);
    case Function::Equal:
    case Function::NotEqual:
    case Function::Less:
    case Function::LessOrEqual:
    case Function::Greater:
    case Function::GreaterOrEqual:
    case Function::Within:
    case Function::OneOfList:
    case Function::Not:
    case Function::Present:
      return apply_comparison(call);
    case Function::Widen:
      return apply_widening(call);
    case Function::Concat:
    case Function::Count:
    case Function::Trim:
    case Function::Lower:
    case Function::Upper:
    case Function::Split:
    case Function::SplitOnceHead:
    case Function::SplitOnceTail:
    case Function::Replace:
    case Function::Substr:
    case Function::Length:
      return apply_text(call);
    case Function::MailboxName:
    case Function::MailboxAddress:
      return apply_mailbox(call);
    case Function::RegexMatch:
    case Function::RegexReplace:
      return apply_pattern(call);
    case Function::ToText:
    case Function::ToI64:
    case Function::ToDecimal:
    case Function::ToBool:
    case Function::TryI16:
    case Function::TryI32:
    case Function::TryText:
    case Function::TryDecimal:
    case Function::TryOneOf:
    case Function::UuidText:
      return apply_conversion(call);
    case Function::FromUnixMs:
    case Function::ToUnixMs:
    case Function::ParseTimestamp:
    case Function::FormatTimestamp:
      return apply_time(call);
    case Function::JsonGet:
    case Function::JsonText:
      return apply_document(call);
    case Function::Sha256:
    case Function::Md5:
    case Function::Base64:
      return apply_digest(call);
    case Function::And:
    case Function::Or:
    case Function::Coalesce:
      break;
  }
  assert(false && "lazy functions are not called");
}

}  // namespace mig::runtime
