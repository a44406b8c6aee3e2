// What a plan or a resource moves: `from`, `to`, `through`, `via` and `back`.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/check_inverse.hpp"
#include "compiler/check_plan.hpp"
#include "compiler/form.hpp"

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
    read_data();
    if (old_service_ || new_service_) return check_services();
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

  bool is_service(const syntax::Expr& name) const {
    const auto found = scope_.module->names.find(std::string(name_of(name)));
    return found != scope_.module->names.end() && found->second->kind == DeclarationKind::Service;
  }
  std::optional<plan::ServiceId> service(const syntax::Expr& name) {
    return analysis_.find(name, *scope_.module, DeclarationKind::Service, analysis_.services);
  }

  // Requests move between services, and rows between datasets.
  void check_services() {
    const syntax::Expr* other = old_service_ ? new_dataset_ : old_dataset_;
    if (other != nullptr) {
      const syntax::Expr& one = old_service_ ? *old_service_ : *new_service_;
      analysis_.diagnostics
          .report(other->span, diag::Incapable,
                  fmt::format("`{}` holds rows, and `{}` answers requests", name_of(*other),
                              name_of(one)))
          .label(one.span, "a service")
          .help("name two services, or two datasets");
      return;
    }
    for (const char* word : {"via", "back", "data"}) {
      for (const syntax::Statement* statement : body_.all(word)) {
        analysis_.diagnostics
            .report(statement->span, diag::Incapable,
                    fmt::format("`{}` is about rows, and a service has none", word))
            .help("take it out");
      }
    }
    if (!analysis_.plan.through) {
      if (!scope_.names.has_router) body_.missing("through");
      return;
    }
    if (old_service_ != nullptr) check_protocol("http", name_of(*old_service_), "a service");
  }

  // Requests that pass through a router are those of its sides; a switch has no protocol.
  void check_protocol(std::string_view wanted, std::string_view side, std::string_view what) {
    const plan::Router& router = analysis_.plan.at(*analysis_.plan.through);
    if (!can(router.kind, plan::RouterAbility::Requests) || name(router.kind) == wanted) return;
    analysis_.diagnostics
        .report(body_.all("through").front()->span, diag::Incapable,
                fmt::format("`{}` passes on requests of another protocol: it is of kind `{}`, and "
                            "`{}` is {}",
                            router.name, name(router.kind), side, what))
        .help(fmt::format("declare a router of kind `{}`", wanted));
  }

  // `data none { because = "…" }`
  void read_data() {
    const auto* data = body_.only("data");
    if (data == nullptr) return;
    const StatementRow& row = *find_statement(body_.context(), "data");
    Form form(*data, row.form, analysis_.diagnostics);
    form.word("none");
    form.end();
    const Attributes attributes(*data, row, analysis_.diagnostics);
    if (!form.ok() || !attributes.ok()) return;
    const syntax::Expr& because = *attributes.find("because")->value;
    const auto reason = analysis_.constants.text(because, *scope_.module);
    if (!reason) return;
    analysis_.plan.nothing_moves = *reason;
    if (!reason->empty()) return;
    analysis_.diagnostics.report(because.span, diag::WrongForm, "data")
        .help(fmt::format("it is written like `{}`", row.form));
  }

  void read_from() {
    const auto* from = body_.only("from");
    if (from == nullptr) return body_.missing("from");
    const auto* name = body_.only_name(*from, one("one dataset on its old side"));
    if (name == nullptr) return;
    if (is_service(*name)) {
      old_service_ = name;
      analysis_.plan.old_service = service(*name);
      return;
    }
    old_dataset_ = name;
    const auto id = dataset(*name);
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
      if (is_service(*name)) {
        if (new_service_ != nullptr) {
          analysis_.diagnostics.report(name->span, diag::WrongForm, "to")
              .help(one("one service on its new side"));
        }
        new_service_ = name;
        analysis_.plan.new_service = service(*name);
        continue;
      }
      new_dataset_ = name;
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
    const plan::Store& store = plan.at(plan.at(plan.from).store);
    if (plan.through && store.kind != plan::StoreKind::Sqlite)
      check_protocol(name(store.kind), plan.at(plan.from).name,
                     fmt::format("in a `{}` store", name(store.kind)));
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
  const syntax::Expr* old_service_ = nullptr;
  const syntax::Expr* new_service_ = nullptr;
  const syntax::Expr* old_dataset_ = nullptr;
  const syntax::Expr* new_dataset_ = nullptr;
};

}  // namespace

void check_sides(Analysis& analysis, PlanScope& scope, PlanBody& body) {
  SidesChecker(analysis, scope, body).check();
}

}  // namespace mig::compiler
