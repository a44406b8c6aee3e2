#include "compiler/step_checker.hpp"

#include <algorithm>
#include <cassert>
#include <map>

#include <fmt/format.h>

#include "compiler/names.hpp"
#include "compiler/plan/time_limit.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {

using plan::Action;

void StepChecker::check(const syntax::Statement& phase) {
  written_on_fail_ = scope_.on_fail;
  if (!phase.block) return;
  read_window(*phase.block);
  read_lasting(*phase.block);
  for (const syntax::Statement& statement : phase.block->statements) {
    const std::string& word = statement.word.text;
    if (word == "on_fail" || word == "rejects" || word == "window") continue;
    row_ = find_statement(Context::Phase, word);
    row_span_ = statement.span;
    if (row_ == nullptr) {
      report_unknown_statement(statement, Context::Phase, analysis_.diagnostics);
      continue;
    }
    if (has_its_sides(statement.word) && has_its_rows(statement.word)) check_step(statement);
  }
}

// Beside the resources of a plan nothing moves, and there is nothing to return from.
bool StepChecker::has_its_sides(const syntax::Word& word) {
  static constexpr std::string_view kMoves[] = {
      "snapshot", "scan",     "verify", "writes", "reads",
      "ramp",     "rehearse", "leave",  "accept", "point_of_no_return",
      "shadow",   "parity",   "capture"};
  if (scope_.has_sides() || std::ranges::find(kMoves, word.text) == std::end(kMoves)) return true;
  report_no_sides(word.span, word.text);
  return false;
}

// Between services requests move, and a plan may say that rows do not.
bool StepChecker::has_its_rows(const syntax::Word& word) {
  static constexpr std::string_view kRows[] = {"snapshot", "scan", "verify"};
  static constexpr std::string_view kTables[] = {"create", "add", "drop", "purge", "backup"};
  const bool copies = std::ranges::find(kRows, word.text) != std::end(kRows);
  const bool shapes = std::ranges::find(kTables, word.text) != std::end(kTables);
  const plan::Plan& plan = analysis_.plan;
  if (plan.are_services() && (copies || shapes)) {
    analysis_.diagnostics
        .report(word.span, diag::Incapable,
                fmt::format("`{}` is about rows, and `{}` is a service", word.text,
                            print_old(plan, plan)))
        .help("what a service keeps is moved by a resource with datasets of its own");
    return false;
  }
  const bool carries = copies && word.text != "verify";
  if (plan.nothing_moves.empty() || !carries) return true;
  analysis_.diagnostics
      .report(word.span, diag::Incapable,
              fmt::format("`{}` carries rows over, and `data none` says that none are", word.text))
      .help("take one of them out");
  return false;
}

void StepChecker::report_no_sides(const syntax::Span& at, std::string_view what) {
  analysis_.diagnostics.report(at, diag::NoSides, what)
      .note("it stands beside the resources, and each of them has its own")
      .help("put it into a phase of a resource");
}

// What holds for the whole phase, wherever it stands in it.
void StepChecker::read_lasting(const syntax::Block& block) {
  std::map<std::string_view, const syntax::Statement*> seen;
  for (const syntax::Statement& statement : block.statements) {
    const std::string& word = statement.word.text;
    if (word != "on_fail" && word != "rejects") continue;
    if (const auto [first, fresh] = seen.emplace(word, &statement); !fresh) {
      analysis_.diagnostics.report(statement.word.span, diag::DeclaredTwice, word)
          .label(first->second->word.span, "it is declared here");
    } else if (word == "on_fail") {
      if (const auto policy = check_on_fail(analysis_, scope_, statement)) {
        written_on_fail_ = *policy;
        check_may_be_partial(statement);
      }
    } else {
      read_rejects(statement);
    }
  }
}

// What fails beside the resources fails for all of them.
void StepChecker::check_may_be_partial(const syntax::Statement& statement) {
  if (scope_.has_sides() || written_on_fail_->then != plan::Finally::AllowPartial) return;
  analysis_.diagnostics.report(statement.span, diag::WrongForm, "on_fail")
      .note("this phase belongs to all resources")
      .help("it is `rollback`, or `pause`");
}

void StepChecker::read_rejects(const syntax::Statement& statement) {
  const StatementRow& row = *find_statement(Context::Phase, "rejects");
  Form form(statement, row.form, analysis_.diagnostics);
  const Attributes attributes(statement, row, analysis_.diagnostics);
  const bool quarantine = form.word_if("quarantine");
  if (!quarantine) form.word("stop");
  form.end();
  if (!form.ok() || !attributes.ok()) return;
  if (!quarantine) {
    if (!statement.block || statement.block->statements.empty()) return;
    const syntax::Word& word = statement.block->statements.front().word;
    analysis_.diagnostics.report(word.span, diag::UnknownAttribute, "rejects stop", word.text)
        .help("only `rejects quarantine` has a share and an owner");
    return;
  }
  plan::Rejects rejects{.quarantine = true};
  const WrittenAttribute* most = attributes.find("max");
  const WrittenAttribute* owner = attributes.find("owner");
  for (const auto& [attribute, name] : {std::pair(most, "max"), std::pair(owner, "owner")}) {
    if (attribute != nullptr) continue;
    auto report = analysis_.diagnostics.report(statement.word.span, diag::RejectsUnowned, name);
    report.help(fmt::format("it is written like `{}`", row.form));
    const bool is_unbounded = most == nullptr;
    ToldRun run;
    run.mig(analysis_.plan.at(phase_).name,
            is_unbounded ? "sets row 7 aside, and every row after it" : "sets row 7 aside",
            statement.word.span)
        .other("mig", "the plan goes on to its end")
        .other("app", "READ row 7 from new: it is not there");
    run.tell(report, is_unbounded ? "nothing has stopped the run, however many rows are missing"
                                  : "a row is missing, and nobody was there to be told");
    return;
  }
  const auto share = analysis_.constants.ratio(*most->value, *scope_.module);
  const auto who = analysis_.constants.text(*owner->value, *scope_.module);
  if (!share || !who) return;
  rejects.most = *share;
  rejects.owner = *who;
  rejects_ = rejects;
}

void StepChecker::check_step(const syntax::Statement& statement) {
  if (statement.word.text == "ramp") return ramp(statement);
  const Attributes attributes(statement, *row_, analysis_.diagnostics);
  Form form(statement, row_->form, analysis_.diagnostics);
  attributes_ = &attributes;
  auto action = lower(statement, form);
  if (action && form.ok()) form.end();
  if (!action || !form.ok() || !attributes.ok()) return;
  append(statement, std::move(*action));
  check_pause_fits(statement);
}

void StepChecker::append(const syntax::Statement& statement, Action action,
                         const plan::OnFail& otherwise) {
  auto& plan = analysis_.plan;
  const plan::StepId id{static_cast<std::uint32_t>(plan.steps.size())};
  std::string verb(name(action));
  std::ranges::replace(verb, ' ', '_');
  if (const auto* copy = std::get_if<plan::Copy>(&action)) {
    verb = copy->kind == plan::CopyKind::Snapshot ? "snapshot" : "scan";
  }
  if (const auto* hold = std::get_if<plan::Hold>(&action); hold && hold->required) verb = "require";
  const int number = ++counts_[verb];
  const auto limit = plan::time_limit(action);
  plan.steps.push_back(plan::Step{
      .name = fmt::format("{}/{}#{}", plan.at(phase_).name, verb, number),
      .phase = phase_,
      .place = analysis_.place(statement.word.span),
      .needs = needs_,
      .action = std::move(action),
      .on_fail = written_on_fail_.value_or(otherwise),
      .limit = limit,
  });
  scope_.step_spans->push_back(statement.span);
  plan.phases[phase_.index].steps.push_back(id);
  needs_ = {id};
}

std::optional<Action> StepChecker::lower(const syntax::Statement& statement, Form& form) {
  const std::string& word = statement.word.text;
  if (word == "create") {
    auto action = datasets_of<plan::Create>(form);
    if (!action) return std::nullopt;
    for (const plan::DatasetId id : std::get<plan::Create>(*action).datasets) {
      if (!keeps_tables(statement, analysis_.plan.at(id).store)) return std::nullopt;
    }
    return action;
  }
  if (word == "purge") return datasets_of<plan::Purge>(form);
  if (word == "drop") return drop(statement, form);
  if (word == "add") return add(statement, form);
  if (word == "backup") return backup(form);
  if (word == "sql") return sql(form);
  if (word == "snapshot") return copy(form, plan::CopyKind::Snapshot);
  if (word == "scan") return copy(form, plan::CopyKind::Scan);
  if (word == "verify") return verify(form);
  if (word == "writes") return writes(statement, form);
  if (word == "rehearse") return rehearse(statement, form);
  if (word == "reads") return reads(statement, form);
  if (word == "shadow") return shadow(statement, form);
  if (word == "parity") return parity(statement, form);
  if (word == "freeze") return freeze(form);
  if (word == "capture") return capture(statement, form);
  if (word == "require") return require(form);
  if (word == "hold") return hold(form);
  if (word == "approve") return approve(form);
  if (word == "accept") return accept(statement, form);
  if (word == "leave") return leave(statement, form);
  if (word == "point_of_no_return") return marker(form);
  assert(false && "every row of the statement table is lowered");
  return std::nullopt;
}

// `old`, `new` or a dataset; several for `new`.
std::vector<plan::DatasetId> StepChecker::side_or_dataset(const syntax::Expr& name) {
  const bool is_side = name_of(name) == "old" || name_of(name) == "new";
  if (is_side && !scope_.has_sides()) {
    report_no_sides(name.span, name_of(name));
    return {};
  }
  if (is_side && analysis_.plan.are_services()) return {};  // has_its_rows
  if (name_of(name) == "old") {
    return scope_.names.old_side ? std::vector{*scope_.names.old_side}
                                 : std::vector<plan::DatasetId>();
  }
  if (name_of(name) == "new") return analysis_.plan.to;
  const auto id =
      analysis_.find(name, *scope_.module, DeclarationKind::Dataset, analysis_.datasets);
  return id ? std::vector{*id} : std::vector<plan::DatasetId>();
}

std::vector<plan::DatasetId> StepChecker::datasets(Form& form) {
  std::vector<plan::DatasetId> all;
  for (const syntax::Expr* name : form.list()) {
    const auto some = side_or_dataset(*name);
    if (some.empty()) return {};
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

// `users.email`
std::optional<StepChecker::FieldPlace> StepChecker::field(const syntax::Expr& expr, Form& form) {
  const auto* member = std::get_if<syntax::Member>(&expr.node);
  if (member == nullptr) {
    form.misfit();
    return std::nullopt;
  }
  const auto some = side_or_dataset(*member->object);
  if (some.size() != 1) return std::nullopt;
  const plan::Entity& entity = analysis_.plan.entity_of(some.front());
  const auto found = std::ranges::find(entity.fields, member->field.text, &plan::Field::name);
  if (found != entity.fields.end()) {
    analysis_.refer_to_field(member->field.span, entity,
                             static_cast<std::size_t>(found - entity.fields.begin()));
    return FieldPlace{some.front(), static_cast<std::uint32_t>(found - entity.fields.begin())};
  }
  analysis_.report_unknown_field(member->field.span, entity, member->field.text);
  return std::nullopt;
}

const syntax::Expr* StepChecker::attribute(std::string_view name) const {
  const WrittenAttribute* found = attributes_->find(name);
  return found == nullptr ? nullptr : found->value;
}

std::optional<std::string> StepChecker::quoted(Form& form) {
  const syntax::Expr* value = form.value();
  return value == nullptr ? std::nullopt : analysis_.constants.text(*value, *scope_.module);
}

bool StepChecker::read_duration(std::string_view name, std::optional<plan::Duration>& into) {
  const syntax::Expr* written = attribute(name);
  if (written == nullptr) return true;
  into = analysis_.constants.duration(*written, *scope_.module);
  return into.has_value();
}

void check_steps(Analysis& analysis, PlanScope& scope, const syntax::Statement& phase,
                 plan::PhaseId id, const std::vector<plan::StepId>& entry) {
  StepChecker(analysis, scope, id, entry).check(phase);
}

}  // namespace mig::compiler
