// What a plan or a resource moves: `from`, `to`, `through`, `via` and `back`.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/check_inverse.hpp"
#include "compiler/check_plan.hpp"

namespace mig::compiler {
namespace {

class SidesChecker {
 public:
  SidesChecker(Analysis& analysis, PlanScope& scope, PlanBody& body)
      : analysis_(analysis), scope_(scope), body_(body) {}

  void check() {
    read_from();
    read_to();
    read_through();
    const syntax::Statement* via = read_transform("via", "one transform", analysis_.plan.via);
    const syntax::Statement* back = read_transform("back", "one way back", analysis_.plan.back);
    check_via(via);
    if (back != nullptr && analysis_.plan.back && !analysis_.diagnostics.has_errors()) {
      check_back(analysis_, back->span);
    }
  }

 private:
  std::string one(std::string_view what) const {
    return fmt::format("a {} has {}", body_.statement().word.text, what);
  }

  std::optional<plan::DatasetId> dataset(const syntax::Expr& name) {
    return analysis_.find(name, *scope_.module, DeclarationKind::Dataset, analysis_.datasets);
  }

  void read_from() {
    const auto* from = body_.only("from");
    if (from == nullptr) return body_.missing("from");
    const auto* name = body_.only_name(*from, one("one dataset on its old side"));
    const auto id = name == nullptr ? std::nullopt : dataset(*name);
    if (!id) return;
    analysis_.plan.from = *id;
    // Both names mean the same comparison: what the authority holds against the other side.
    scope_.names.old_side = *id;
    scope_.names.new_side = *id;
  }

  void read_to() {
    const auto* to = body_.only("to");
    if (to == nullptr) return body_.missing("to");
    for (const syntax::Expr* name : body_.names_of(*to)) {
      if (const auto id = dataset(*name)) analysis_.plan.to.push_back(*id);
    }
  }

  void read_through() {
    const auto* through = body_.only("through");
    if (through == nullptr) return;
    scope_.names.has_router = true;
    if (const auto* name = body_.only_name(*through, one("one router"))) {
      analysis_.plan.through =
          analysis_.find(*name, *scope_.module, DeclarationKind::Router, analysis_.routers);
    }
  }

  const syntax::Statement* read_transform(std::string_view word, std::string_view what,
                                          std::optional<plan::TransformId>& into) {
    const auto* statement = body_.only(word);
    if (statement == nullptr) return nullptr;
    if (const auto* name = body_.only_name(*statement, one(what))) {
      into =
          analysis_.find(*name, *scope_.module, DeclarationKind::Transform, analysis_.transforms);
    }
    return statement;
  }

  // The transform takes rows of the old side and gives rows of every dataset of the new one.
  void check_via(const syntax::Statement* via) {
    const plan::Plan& plan = analysis_.plan;
    if (analysis_.diagnostics.has_errors() || !scope_.names.old_side || plan.to.empty()) return;
    const syntax::Span at = via != nullptr ? via->span : body_.name();
    const plan::EntityId source = plan.at(plan.from).entity;
    if (!plan.via) {
      const bool same = plan.to.size() == 1 && plan.at(plan.to.front()).entity == source;
      if (same) return;
      analysis_.diagnostics
          .report(body_.name(), diag::NoTransform, plan.at(source).name,
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
    check_places(transform, at);
  }

  void check_places(const plan::Transform& transform, const syntax::Span& at) {
    const plan::Plan& plan = analysis_.plan;
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

  Analysis& analysis_;
  PlanScope& scope_;
  PlanBody& body_;
};

}  // namespace

void check_sides(Analysis& analysis, PlanScope& scope, PlanBody& body) {
  SidesChecker(analysis, scope, body).check();
}

}  // namespace mig::compiler
