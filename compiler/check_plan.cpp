#include "compiler/check_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/check_inverse.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

// The text of the doc lines above a statement.
std::string about(const syntax::Statement& statement) {
  std::string text;
  for (const syntax::Doc& doc : statement.docs) {
    if (!text.empty()) text += '\n';
    text += doc.text;
  }
  return text;
}

class PlanChecker {
 public:
  PlanChecker(Analysis& analysis, const Declaration& declaration,
              std::vector<syntax::Span>& step_spans)
      : analysis_(analysis), declaration_(declaration) {
    scope_.module = declaration.module;
    scope_.step_spans = &step_spans;
  }

  void check() {
    analysis_.plan.name = declaration_.name;
    analysis_.plan.about = about(*declaration_.statement);
    Form form(*declaration_.statement, find_statement(Context::File, "plan")->form,
              analysis_.diagnostics);
    form.name();
    form.end();
    if (!form.ok()) return;
    read_sides();
    read_gates();
    read_policy();
    read_phases();
  }

 private:
  std::vector<const syntax::Statement*> statements(std::string_view word) const {
    std::vector<const syntax::Statement*> found;
    if (!declaration_.statement->block) return found;
    for (const syntax::Statement& statement : declaration_.statement->block->statements) {
      if (statement.word.text == word) found.push_back(&statement);
    }
    return found;
  }

  // The one statement with that word; more than one is a mistake.
  const syntax::Statement* only(std::string_view word) {
    const auto found = statements(word);
    for (std::size_t i = 1; i < found.size(); ++i) {
      analysis_.diagnostics.report(found[i]->word.span, diag::DeclaredTwice, word)
          .label(found[0]->word.span, "it is declared here");
    }
    return found.empty() ? nullptr : found.front();
  }

  // Notes that a statement is not there, unless one that is misspelled stands in its place.
  void missing(std::string_view word) {
    const auto words = words_of(Context::Plan);
    const auto stands_for = [&](const syntax::Statement& statement) {
      const std::string& written = statement.word.text;
      return find_statement(Context::Plan, written) == nullptr && nearest(written, words) == word;
    };
    const auto& block = declaration_.statement->block;
    if (block && std::ranges::any_of(block->statements, stands_for)) return;
    missing_.emplace_back(word);
  }

  void report_missing() {
    if (missing_.empty() || !declaration_.statement->is_intact) return;
    const std::string words = fmt::format("{}", fmt::join(missing_, "`, `"));
    analysis_.diagnostics.report(declaration_.span, diag::MissingPart, "plan", words)
        .help(fmt::format("it is written like `{}`", find_statement(Context::File, "plan")->form));
  }

  // The one name of a statement; more than one is a mistake.
  const syntax::Expr* only_name(const syntax::Statement& statement, std::string_view help) {
    const auto names = names_of(statement);
    if (names.size() > 1) {
      analysis_.diagnostics.report(names[1]->span, diag::WrongForm, statement.word.text)
          .help(std::string(help));
    }
    return names.empty() ? nullptr : names.front();
  }

  std::vector<const syntax::Expr*> names_of(const syntax::Statement& statement) {
    Form form(statement, find_statement(Context::Plan, statement.word.text)->form,
              analysis_.diagnostics);
    auto names = form.list();
    form.end();
    return form.ok() ? names : std::vector<const syntax::Expr*>();
  }

  std::optional<plan::DatasetId> dataset(const syntax::Expr& name) {
    return analysis_.find(name, *scope_.module, DeclarationKind::Dataset, analysis_.datasets);
  }

  void read_sides() {
    if (const auto* from = only("from")) {
      const auto* name = only_name(*from, "a plan has one dataset on its old side");
      if (const auto id = name == nullptr ? std::nullopt : dataset(*name)) {
        analysis_.plan.from = *id;
        // Both names mean the same comparison: what the authority holds against the other side.
        scope_.names.old_side = *id;
        scope_.names.new_side = *id;
      }
    } else {
      missing("from");
    }
    if (const auto* to = only("to")) {
      for (const syntax::Expr* name : names_of(*to)) {
        if (const auto id = dataset(*name)) analysis_.plan.to.push_back(*id);
      }
    } else {
      missing("to");
    }
    if (const auto* through = only("through")) {
      scope_.names.has_router = true;
      if (const auto* name = only_name(*through, "a plan has one router")) {
        analysis_.plan.through =
            analysis_.find(*name, *scope_.module, DeclarationKind::Router, analysis_.routers);
      }
    }
    const auto* via = only("via");
    if (via != nullptr) {
      if (const auto* name = only_name(*via, "a plan has one transform")) {
        analysis_.plan.via =
            analysis_.find(*name, *scope_.module, DeclarationKind::Transform, analysis_.transforms);
      }
    }
    const auto* back = only("back");
    if (back != nullptr) {
      if (const auto* name = only_name(*back, "a plan has one way back")) {
        analysis_.plan.back =
            analysis_.find(*name, *scope_.module, DeclarationKind::Transform, analysis_.transforms);
      }
    }
    check_sides(via);
    if (back != nullptr && analysis_.plan.back && !analysis_.diagnostics.has_errors()) {
      check_back(analysis_, back->span);
    }
  }

  // The transform takes rows of the old side and gives rows of every dataset of the new one.
  void check_sides(const syntax::Statement* via) {
    const plan::Plan& plan = analysis_.plan;
    if (analysis_.diagnostics.has_errors() || !scope_.names.old_side || plan.to.empty()) return;
    const syntax::Span at = via != nullptr ? via->span : declaration_.span;
    const plan::EntityId source = plan.at(plan.from).entity;
    if (!plan.via) {
      const bool same = plan.to.size() == 1 && plan.at(plan.to.front()).entity == source;
      if (same) return;
      analysis_.diagnostics
          .report(declaration_.span, diag::NoTransform, plan.at(source).name,
                  plan.entity_of(plan.to.front()).name)
          .help("declare a transform and name it with `via`");
      return;
    }
    const plan::Transform& transform = plan.at(*plan.via);
    if (!transform.companions.empty()) {
      analysis_.diagnostics.report(at, diag::TakesSeveral, transform.name)
          .help(fmt::format("name it with `back`: only an inverse takes several rows"));
      return;
    }
    if (transform.input != source) {
      analysis_.diagnostics.report(at, diag::OtherEntity, transform.name,
                                   plan.at(transform.input).name, plan.at(source).name);
      return;
    }
    for (const plan::Emit& emit : transform.emits) {
      const bool has_place = std::ranges::any_of(
          plan.to, [&](plan::DatasetId id) { return plan.at(id).entity == emit.entity; });
      if (has_place) continue;
      analysis_.diagnostics.report(at, diag::NoPlaceFor, transform.name, plan.at(emit.entity).name)
          .help("name a dataset of that entity behind `to`");
      return;
    }
    for (const plan::DatasetId id : plan.to) {
      const bool is_filled = std::ranges::any_of(transform.emits, [&](const plan::Emit& emit) {
        return emit.entity == plan.at(id).entity;
      });
      if (is_filled) continue;
      analysis_.diagnostics.report(at, diag::NothingFor, transform.name, plan.at(id).name);
      return;
    }
  }

  void read_gates() {
    scope_.gates = analysis_.gates;
    for (const syntax::Statement* statement : statements("gate")) {
      const bool has_name =
          !statement->operands.empty() && !name_of(statement->operands.front().value).empty();
      if (!has_name) {
        Form(*statement, find_statement(Context::Plan, "gate")->form, analysis_.diagnostics)
            .misfit();
        continue;
      }
      const syntax::Expr& name = statement->operands.front().value;
      own_.push_back(Declaration{DeclarationKind::Gate, std::string(name_of(name)), name.span,
                                 statement, scope_.module});
      const Declaration& declaration = own_.back();
      if (const auto [place, fresh] = scope_.own_gates.emplace(declaration.name, &declaration);
          !fresh) {
        analysis_.diagnostics.report(name.span, diag::DeclaredTwice, declaration.name)
            .label(place->second->span, "it is declared here");
        continue;
      }
      auto gate = check_gate(analysis_, declaration, &scope_.names);
      if (!gate) continue;
      scope_.gates[&declaration] =
          plan::GateId{static_cast<std::uint32_t>(analysis_.plan.gates.size())};
      analysis_.plan.gates.push_back(std::move(*gate));
    }
  }

  void read_policy() {
    // It may name any phase, and those are known only after all were read.
    policy_ = only("on_fail");
  }

  void read_phases() {
    // Names first: a policy may lead back to any phase, and an order may name a later one by
    // mistake.
    static const syntax::Block kNothing;
    const syntax::Block& block =
        declaration_.statement->block ? *declaration_.statement->block : kNothing;
    collect_phases(block.statements, false);
    if (!has_phases_) missing("phase");
    report_missing();
    if (policy_ != nullptr) {
      if (const auto policy = check_on_fail(analysis_, scope_, *policy_)) scope_.on_fail = policy;
    }
    std::vector<plan::PhaseId> frontier;
    check_phases(block.statements, frontier, false);
  }

  void collect_phases(const std::vector<syntax::Statement>& statements, bool in_parallel) {
    for (const syntax::Statement& statement : statements) {
      const std::string& word = statement.word.text;
      if (word == "phase") {
        collect_phase(statement);
      } else if (word == "parallel" && !in_parallel) {
        collect_parallel(statement);
      } else if (in_parallel || find_statement(Context::Plan, word) == nullptr) {
        report_unknown_statement(statement, in_parallel ? Context::Phase : Context::Plan,
                                 analysis_.diagnostics);
      }
    }
  }

  void collect_parallel(const syntax::Statement& statement) {
    Form form(statement, find_statement(Context::Plan, "parallel")->form, analysis_.diagnostics);
    form.end();
    if (statement.block) {
      collect_phases(statement.block->statements, true);
    } else {
      form.misfit();
    }
  }

  void collect_phase(const syntax::Statement& statement) {
    has_phases_ = true;
    const bool has_name =
        !statement.operands.empty() && !name_of(statement.operands.front().value).empty();
    if (!has_name) {
      Form(statement, find_statement(Context::Plan, "phase")->form, analysis_.diagnostics).misfit();
      return;
    }
    const syntax::Expr& name = statement.operands.front().value;
    const plan::PhaseId id{static_cast<std::uint32_t>(spans_.size())};
    const auto [place, fresh] = scope_.phases.emplace(std::string(name_of(name)), id);
    if (!fresh) {
      analysis_.diagnostics.report(name.span, diag::DeclaredTwice, name_of(name))
          .label(spans_[place->second.index], "it is declared here");
      return;
    }
    positions_.emplace(&statement, id);
    spans_.push_back(name.span);
    analysis_.plan.phases.push_back(plan::Phase{.name = std::string(name_of(name)),
                                                .about = about(statement),
                                                .place = analysis_.place(statement.word.span)});
  }

  // A phase waits for every phase above it in its block, or for those it names. `frontier` is the
  // fewest phases that stand for all above: whoever waits for them waits for everything.
  void check_phases(const std::vector<syntax::Statement>& statements,
                    std::vector<plan::PhaseId>& frontier, bool in_parallel) {
    const std::vector<plan::PhaseId> outside = frontier;
    for (const syntax::Statement& statement : statements) {
      if (statement.word.text == "parallel" && !in_parallel && statement.block) {
        check_phases(statement.block->statements, frontier, true);
      } else if (statement.word.text == "phase" && positions_.contains(&statement)) {
        const plan::PhaseId id = positions_.at(&statement);
        check_phase(statement, id, in_parallel ? outside : frontier);
        const auto& after = analysis_.plan.at(id).after;
        std::erase_if(frontier, [&](plan::PhaseId earlier) {
          return std::ranges::find(after, earlier) != after.end();
        });
        frontier.push_back(id);
      }
    }
  }

  void check_phase(const syntax::Statement& statement, plan::PhaseId id,
                   const std::vector<plan::PhaseId>& frontier) {
    std::vector<plan::PhaseId> after = frontier;
    const bool names_others = statement.operands.size() > 1;
    Form form(statement,
              names_others ? std::string_view("phase cleanup after soak { … }")
                           : find_statement(Context::Plan, "phase")->form,
              analysis_.diagnostics);
    form.name();
    if (form.word_if("after")) {
      after.clear();
      for (const syntax::Expr* name : form.list()) {
        const auto earlier = find_phase(*name, id);
        if (earlier) after.push_back(*earlier);
      }
    }
    form.end();
    if (!statement.block) form.misfit();
    analysis_.plan.phases[id.index].after = after;
    std::vector<plan::StepId> entry;
    for (const plan::PhaseId earlier : after) {
      const auto ends = ends_of(earlier);
      entry.insert(entry.end(), ends.begin(), ends.end());
    }
    std::ranges::sort(entry);
    entry.erase(std::unique(entry.begin(), entry.end()), entry.end());
    check_steps(analysis_, scope_, statement, id, entry);
  }

  std::optional<plan::PhaseId> find_phase(const syntax::Expr& name, plan::PhaseId self) {
    if (name_of(name).empty()) {
      analysis_.diagnostics.report(name.span, diag::NameWanted, "a phase");
      return std::nullopt;
    }
    const auto found = scope_.phases.find(name_of(name));
    if (found == scope_.phases.end()) {
      std::vector<std::string> known;
      for (const auto& [text, id] : scope_.phases) {
        if (id < self) known.push_back(text);
      }
      analysis_.diagnostics.report(name.span, diag::UnknownName, "phase", name_of(name))
          .help(did_you_mean(name_of(name), known));
      return std::nullopt;
    }
    if (found->second >= self) {
      const std::string& own = analysis_.plan.phases[self.index].name;
      const std::string text = found->second == self
                                   ? fmt::format("{} -> {}", own, own)
                                   : fmt::format("{} -> {} -> {}", own, name_of(name), own);
      analysis_.diagnostics.report(name.span, diag::Cycle, own)
          .note(fmt::format("the cycle is {}", text))
          .help("a phase waits for phases that stand above it");
      return std::nullopt;
    }
    return found->second;
  }

  // The steps that a phase ends with: its last one, or, where it has none, those it would have
  // needed.
  std::vector<plan::StepId> ends_of(plan::PhaseId id) const {
    const plan::Phase& phase = analysis_.plan.at(id);
    if (!phase.steps.empty()) return {phase.steps.back()};
    std::vector<plan::StepId> ends;
    for (const plan::PhaseId earlier : phase.after) {
      const auto more = ends_of(earlier);
      ends.insert(ends.end(), more.begin(), more.end());
    }
    return ends;
  }

  Analysis& analysis_;
  const Declaration& declaration_;
  PlanScope scope_;
  std::deque<Declaration> own_;
  const syntax::Statement* policy_ = nullptr;
  std::map<const syntax::Statement*, plan::PhaseId> positions_;
  std::vector<syntax::Span> spans_;
  std::vector<std::string> missing_;
  bool has_phases_ = false;
};

}  // namespace

void check_plan(Analysis& analysis, const Declaration& declaration,
                std::vector<syntax::Span>& step_spans) {
  PlanChecker(analysis, declaration, step_spans).check();
}

}  // namespace mig::compiler
