#include "compiler/check_plan.hpp"

#include <algorithm>
#include <deque>
#include <iterator>

#include <fmt/format.h>

#include "compiler/check_phases.hpp"
#include "compiler/check_resources.hpp"
#include "compiler/check_way_back.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

using Statements = std::vector<const syntax::Statement*>;

class PlanChecker {
 public:
  PlanChecker(Analysis& analysis, const Declaration& declaration,
              std::vector<syntax::Span>& step_spans)
      : analysis_(analysis),
        body_(analysis, *declaration.statement, declaration.span, Context::Plan) {
    scope_.module = declaration.module;
    scope_.step_spans = &step_spans;
    analysis_.plan.name = declaration.name;
    analysis_.plan.about = about(*declaration.statement);
  }

  void check() {
    Form form(body_.statement(), find_statement(Context::File, "plan")->form,
              analysis_.diagnostics);
    form.name();
    form.end();
    if (!form.ok()) return;
    const std::size_t errors = analysis_.diagnostics.error_count();
    const auto* promise = read_promise();
    check_body();
    if (promise == nullptr || analysis_.diagnostics.error_count() != errors) return;
    check_way_back(analysis_.plan, promise->span, analysis_.diagnostics);
  }

 private:
  void check_body() {
    scope_.gates = analysis_.gates;
    read_part_names();
    scope_.has_resources = !parts_.empty();
    scope_.names.has_sides = scope_.has_sides();
    if (scope_.has_resources) return check_parts();
    check_sides(analysis_, scope_, body_);
    read_gates(scope_, body_);
    PhaseChecker phases(analysis_, scope_, Context::Plan);
    phases.collect(all_of(body_));
    if (!phases.has_phases()) body_.missing("phase");
    body_.report_missing();
    read_policy(scope_, body_);
    phases.check({});
  }

  // `rollback_within 2h`
  const syntax::Statement* read_promise() {
    const auto* written = body_.only("rollback_within");
    if (written == nullptr) return nullptr;
    Form form(*written, find_statement(Context::Plan, "rollback_within")->form,
              analysis_.diagnostics);
    const syntax::Expr* length = form.value();
    form.end();
    if (!form.ok()) return nullptr;
    analysis_.plan.rollback_within = analysis_.constants.duration(*length, *scope_.module);
    return analysis_.plan.rollback_within ? written : nullptr;
  }

  // A part of the plan that moves on its own, while it is read.
  struct Part {
    Part(Analysis& analysis, const PlanScope& outside, const syntax::Statement& statement,
         const syntax::Expr& name, Context context)
        : scope(outside),
          body(analysis, statement, name.span, context),
          phases(analysis, scope, context) {}
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    PlanScope scope;
    PlanBody body;
    PhaseChecker phases;
    plan::Resource resource;
  };

  static Statements all_of(const PlanBody& body) {
    Statements all;
    for (const syntax::Statement& statement : body.statements())
      all.push_back(&statement);
    return all;
  }

  void read_gates(PlanScope& scope, PlanBody& body) {
    for (const syntax::Statement* statement : body.all("gate")) {
      const bool has_name =
          !statement->operands.empty() && !name_of(statement->operands.front().value).empty();
      if (!has_name) {
        Form(*statement, find_statement(Context::Plan, "gate")->form, analysis_.diagnostics)
            .misfit();
        continue;
      }
      const syntax::Expr& name = statement->operands.front().value;
      own_.push_back(Declaration{DeclarationKind::Gate, std::string(name_of(name)), name.span,
                                 statement, scope.module});
      const Declaration& declaration = own_.back();
      analysis_.names.declare(name.span);
      const auto [place, fresh] = scope.own_gates.emplace(declaration.name, &declaration);
      if (!fresh) {
        analysis_.diagnostics.report(name.span, diag::DeclaredTwice, declaration.name)
            .label(place->second->span, "it is declared here");
        continue;
      }
      auto gate = check_gate(analysis_, declaration, &scope.names);
      if (!gate) continue;
      gate->name = scope.qualified(gate->name);
      scope.gates[&declaration] =
          plan::GateId{static_cast<std::uint32_t>(analysis_.plan.gates.size())};
      analysis_.plan.gates.push_back(std::move(*gate));
    }
  }

  static bool is_part(const syntax::Statement& statement) {
    return statement.word.text == "resource" || statement.word.text == "feature";
  }

  // Gates may ask for the arms of any part, wherever it stands.
  void read_part_names() {
    for (const syntax::Statement& statement : body_.statements()) {
      if (!is_part(statement)) continue;
      parts_.push_back(&statement);
      if (const syntax::Expr* name = declared_name(statement)) add_part(*name);
    }
  }

  void add_part(const syntax::Expr& name) {
    analysis_.names.declare(name.span);
    scope_.names.parts.emplace_back(name_of(name));
    scope_.names.part_spans.push_back(name.span);
  }

  // Features divide the requests of two services, which are sides of the plan.
  void read_service_sides() {
    check_sides(analysis_, scope_, body_);
    body_.report_missing();
    services_ = analysis_.plan;
    if (!services_.are_services() && !analysis_.diagnostics.has_errors()) {
      analysis_.diagnostics
          .report(body_.all("feature").front()->word.span, diag::Incapable,
                  "a feature is made of requests, and the sides of this plan are no services")
          .help("declare them: `service users_api: http { url = \"…\" }`")
          .help("what holds rows moves as a `resource`");
    }
    look_as_plan();
  }

  void read_policy(PlanScope& scope, PlanBody& body) {
    const auto* written = body.only("on_fail");
    if (written == nullptr) return;
    if (const auto policy = check_on_fail(analysis_, scope, *written)) scope.on_fail = policy;
  }

  // Phases above the first resource, the resources, and phases below the last.
  void check_parts() {
    if (body_.all("feature").empty()) {
      for (const char* word : {"from", "to", "through", "via", "back", "data"}) {
        for (const syntax::Statement* statement : body_.all(word)) {
          analysis_.diagnostics.report(statement->word.span, diag::WrongForm, word)
              .help("a plan has two sides, or resources that have them: put it into a resource");
        }
      }
    } else {
      read_service_sides();
    }
    read_gates(scope_, body_);
    Statements above;
    Statements below;
    split(above, below);
    PhaseChecker first(analysis_, scope_, Context::Plan);
    PhaseChecker last(analysis_, scope_, Context::Plan);
    first.collect(above);
    std::deque<Part> parts;
    for (const syntax::Statement* statement : parts_)
      collect(*statement, parts);
    last.collect(below);
    read_policy(scope_, body_);
    for (Part& part : parts) {
      if (!part.scope.on_fail) part.scope.on_fail = scope_.on_fail;
    }
    // The plan's own phases belong to all resources.
    if (scope_.on_fail && scope_.on_fail->then == plan::Finally::AllowPartial)
      scope_.on_fail->then = plan::Finally::Rollback;
    const Frontier begin = first.check({});
    Frontier end;
    for (Part& part : parts) {
      look_as(part);
      std::ranges::copy(part.phases.check(begin), std::back_inserter(end));
      look_as_plan();
    }
    last.check(parts.empty() ? begin : end);
    if (analysis_.diagnostics.has_errors()) return;
    std::vector<syntax::Span> names;
    names.reserve(parts.size());
    for (const Part& part : parts)
      names.push_back(part.body.name());
    check_resources(analysis_.plan, names, *scope_.step_spans, analysis_.diagnostics);
  }

  void split(Statements& above, Statements& below) {
    const syntax::Statement* const newest = parts_.back();
    bool is_above = true;
    bool is_below = false;
    for (const syntax::Statement& statement : body_.statements()) {
      const std::string& word = statement.word.text;
      if (is_part(statement)) {
        is_above = false;
        is_below = is_below || &statement == newest;
        continue;
      }
      const bool has_order = word == "phase" || word == "parallel";
      if (has_order && !is_above && !is_below) {
        analysis_.diagnostics.report(statement.word.span, diag::WrongForm, word)
            .note("resources move at the same time, so nothing comes between them")
            .help("put it above the first resource, or below the last");
        continue;
      }
      (is_below ? below : above).push_back(&statement);
    }
  }

  void collect(const syntax::Statement& statement, std::deque<Part>& parts) {
    const bool is_feature = statement.word.text == "feature";
    Form form(statement, find_statement(Context::Plan, statement.word.text)->form,
              analysis_.diagnostics);
    const syntax::Expr* name = form.name();
    form.end();
    if (form.ok() && !statement.block) form.misfit();
    if (!form.ok()) return;
    for (const Part& other : parts) {
      if (other.resource.name != name_of(*name)) continue;
      analysis_.diagnostics.report(name->span, diag::DeclaredTwice, name_of(*name))
          .label(other.body.name(), "it is declared here");
      return;
    }
    Part& part = parts.emplace_back(analysis_, scope_, statement, *name,
                                    is_feature ? Context::Feature : Context::Resource);
    part.scope.names.has_sides = true;
    part.scope.resource = plan::ResourceId{static_cast<std::uint32_t>(parts.size() - 1)};
    part.scope.resource_name = name_of(*name);
    part.scope.phases.clear();
    part.resource.name = name_of(*name);
    part.resource.about = about(statement);
    part.resource.place = analysis_.place(statement.word.span);
    if (is_feature) {
      static_cast<plan::Sides&>(part.resource) = services_;
      part.resource.requests = check_requests(analysis_, part.scope, part.body);
    } else {
      part.scope.names =
          PlanNames{.parts = scope_.names.parts, .part_spans = scope_.names.part_spans};
    }
    analysis_.plan.resources.push_back(part.resource);
    look_as(part);
    if (!is_feature) check_sides(analysis_, part.scope, part.body);
    const plan::Sides& own = analysis_.plan;
    static_cast<plan::Sides&>(part.resource) = own;
    analysis_.plan.resources.back() = part.resource;
    read_gates(part.scope, part.body);
    part.phases.collect(all_of(part.body));
    if (!part.phases.has_phases()) part.body.missing("phase");
    part.body.report_missing();
    read_policy(part.scope, part.body);
    look_as_plan();
  }

  // The plan as this resource sees it, while its statements are read.
  void look_as(const Part& part) {
    const plan::Sides& own = part.resource;
    static_cast<plan::Sides&>(analysis_.plan) = own;
    analysis_.plan.seen_by = part.scope.resource;
  }
  void look_as_plan() {
    static_cast<plan::Sides&>(analysis_.plan) = plan::Sides{};
    analysis_.plan.seen_by.reset();
  }

  Analysis& analysis_;
  PlanBody body_;
  PlanScope scope_;
  std::deque<Declaration> own_;
  Statements parts_;      // the resources and features, in written order
  plan::Sides services_;  // of the features
};

}  // namespace

void check_plan(Analysis& analysis, const Declaration& declaration,
                std::vector<syntax::Span>& step_spans) {
  PlanChecker(analysis, declaration, step_spans).check();
}

}  // namespace mig::compiler
