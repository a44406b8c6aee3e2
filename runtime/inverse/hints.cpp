#include "runtime/inverse/hints.hpp"

#include <algorithm>
#include <optional>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/overloaded.hpp"

namespace mig::runtime {
namespace {

using plan::Function;
using Fields = std::set<std::uint32_t>;

// A constant, through the widening to the type that was wanted of it.
const plan::Value* constant_of(const plan::Expr& expr) {
  if (const auto* constant = std::get_if<plan::Constant>(&expr.node)) return &constant->value;
  const auto* apply = std::get_if<plan::Apply>(&expr.node);
  const bool is_widened = apply != nullptr && apply->function == Function::Widen;
  return is_widened ? constant_of(apply->arguments.front()) : nullptr;
}

std::optional<TextForm> form_read_by(Function function) {
  switch (function) {
    case Function::MailboxName:
    case Function::MailboxAddress:
      return TextForm::Mailbox;
    case Function::ParseTimestamp:
      return TextForm::Timestamp;
    case Function::ToI64:
      return TextForm::Integer;
    case Function::ToDecimal:
      return TextForm::Fraction;
    case Function::ToBool:
      return TextForm::Truth;
    default:
      return std::nullopt;
  }
}

// A pattern's letters and blanks in a row, and each mark that is no operator of patterns.
void add_words_of_pattern(const std::string& pattern, std::set<std::string>& words) {
  constexpr std::string_view kOperators = "^$*+?\\.[]{}";
  std::string run;
  for (const char letter : pattern + "^") {
    const bool is_word = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                         (letter >= '0' && letter <= '9') || letter == ' ';
    if (is_word) {
      run += letter;
      continue;
    }
    if (!run.empty()) words.insert(run);
    run.clear();
    if (kOperators.find(letter) == std::string_view::npos) words.insert(std::string(1, letter));
  }
}

class Reader {
 public:
  explicit Reader(std::vector<FieldHints>& hints) : hints_(hints) {}

  void read(const plan::Transform& transform) {
    for (const plan::Expr& let : transform.lets)
      lets_.push_back(fields_of(let));
    for (const plan::Emit& emit : transform.emits) {
      if (emit.when) fields_of(*emit.when);
      loop_ = emit.each ? fields_of(*emit.each) : Fields{};
      for (const plan::Expr& value : emit.values)
        fields_of(value);
    }
    loop_.clear();
  }

  // The fields that the value depends on; what is said of them on the way is noted.
  Fields fields_of(const plan::Expr& expr) {
    return std::visit(
        plan::Overloaded{
            [](const plan::Constant&) { return Fields{}; },
            [](const plan::FieldOf& it) { return Fields{it.field}; },
            [&](const plan::Local& it) { return lets_.at(it.index); },
            [&](const plan::LoopElement&) { return loop_; },
            [](const plan::LoopIndex&) { return Fields{}; },
            [](const plan::LoopField& it) { return Fields{it.field}; },
            [&](const plan::Apply& it) { return read_parts(it.arguments, it.function); },
            [&](const plan::Choose& it) { return read_parts(it.parts, std::nullopt); },
            [&](const plan::Join& it) { return read_join(it); },
        },
        expr.node);
  }

 private:
  Fields read_join(const plan::Join& join) {
    const Fields outside = loop_;
    loop_ = fields_of(join.parts[0]);
    Fields fields = fields_of(join.parts[1]);
    fields.insert(loop_.begin(), loop_.end());
    loop_ = outside;
    note_constant(fields, join.parts[2], std::nullopt);
    return fields;
  }

  Fields read_parts(const std::vector<plan::Expr>& parts, std::optional<Function> function) {
    Fields fields;
    for (const plan::Expr& part : parts)
      fields.merge(fields_of(part));
    for (const plan::Expr& part : parts)
      note_constant(fields, part, function);
    const auto form = function ? form_read_by(*function) : std::nullopt;
    for (const std::uint32_t field : fields) {
      if (form && field < hints_.size()) hints_[field].forms.insert(*form);
    }
    return fields;
  }

  void note_constant(const Fields& fields, const plan::Expr& part,
                     std::optional<Function> function) {
    const plan::Value* value = constant_of(part);
    if (value == nullptr) return;
    const bool is_pattern = function == Function::RegexMatch || function == Function::RegexReplace;
    const bool is_path = function == Function::JsonGet || function == Function::JsonText;
    for (const std::uint32_t field : fields) {
      if (field >= hints_.size()) continue;
      FieldHints& hints = hints_[field];
      if (const auto* number = std::get_if<std::int64_t>(value)) hints.numbers.insert(*number);
      const auto* text = std::get_if<std::string>(value);
      if (text == nullptr || text->empty()) continue;
      if (is_path) {
        hints.json_paths.insert(*text);
      } else if (is_pattern) {
        add_words_of_pattern(*text, hints.words);
      } else {
        hints.words.insert(*text);
      }
    }
  }

  std::vector<FieldHints>& hints_;
  std::vector<Fields> lets_;
  Fields loop_;
};

// What `back` puts between the pieces of a text may stand in any text.
std::set<std::string> words_of_inverse(const plan::Plan& plan) {
  const plan::Transform back = plan::lane(plan, plan::Side::New).transform;
  std::vector<FieldHints> hints(plan::input_row(plan, back).fields.size());
  Reader(hints).read(back);
  std::set<std::string> words;
  for (const FieldHints& one : hints)
    words.insert(one.words.begin(), one.words.end());
  return words;
}

}  // namespace

std::vector<FieldHints> hints_of(const plan::Plan& plan) {
  const plan::Entity& source = plan.entity_of(plan.from);
  std::vector<FieldHints> hints(source.fields.size());
  Reader(hints).read(plan::lane(plan, plan::Side::Old).transform);
  for (const plan::Rule& rule : source.rules)
    Reader(hints).fields_of(rule.condition);
  for (const plan::Canonical& canonical : plan.at(plan.from).canonical)
    Reader(hints).fields_of(canonical.form);
  if (plan.back) {
    const auto words = words_of_inverse(plan);
    for (FieldHints& one : hints)
      one.words.insert(words.begin(), words.end());
  }
  return hints;
}

}  // namespace mig::runtime
