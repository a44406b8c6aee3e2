// Stores and routers: where data lives, and who tells the application where to go.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/analysis.hpp"
#include "compiler/check_secrets.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

const std::vector<std::string> kStoreKinds = {
#define STORE(enumerator, language_name, abilities, is_opened) language_name,
#include "compiler/plan/stores.def"
#undef STORE
};
const std::vector<std::string> kRouterKinds = {
#define ROUTER(enumerator, language_name, abilities, is_opened) language_name,
#include "compiler/plan/routers.def"
#undef ROUTER
};

template <class Kinds>
bool is_among(const Kinds& kinds, std::string_view word) {
  return std::ranges::find(kinds, word) != std::end(kinds);
}

// `"app.db"` or `secret("env:APP_DB")`
std::optional<plan::Location> location(Analysis& analysis, const syntax::Expr& expr,
                                       const Module& scope) {
  if (const auto* call = std::get_if<syntax::Call>(&expr.node);
      call && name_of(*call->callee) == "secret") {
    const auto reference =
        call->arguments.size() == 1 ? text_of(call->arguments.front().value) : std::nullopt;
    if (reference && (reference->starts_with("env:") || reference->starts_with("file:"))) {
      return plan::Location{*reference, true};
    }
    const bool is_literal_secret = reference.has_value();
    if (is_literal_secret) {
      analysis.diagnostics.hide(call->arguments.front().value.span);
      analysis.diagnostics.report(call->arguments.front().value.span, diag::SecretInFile)
          .help(
              "name where it is kept: `secret(\"env:NAME\")` or "
              "`secret(\"file:/run/secrets/name\")`");
    } else {
      analysis.diagnostics.report(expr.span, diag::WrongForm, "secret")
          .help("it is written like `secret(\"env:NAME\")`");
    }
    return std::nullopt;
  }
  const auto text = analysis.constants.text(expr, scope);
  if (!text || holds_password(*text)) return std::nullopt;  // check_secrets has reported it
  return plan::Location{*text, false};
}

// The name and the kind of `store app: sqlite`; nothing after a report.
struct Head {
  const syntax::Expr* kind = nullptr;
};
std::optional<Head> head_of(Analysis& analysis, const Declaration& declaration,
                            const StatementRow& row) {
  Form form(*declaration.statement, row.form, analysis.diagnostics);
  form.name();
  Head head{form.name(syntax::Mark::Colon)};
  form.end();
  return form.ok() ? std::optional(head) : std::nullopt;
}

void report_kind(Analysis& analysis, const syntax::Expr& kind, std::string_view what,
                 const std::vector<std::string>& known) {
  const std::string word(name_of(kind));
  analysis.diagnostics.report(kind.span, diag::UnknownName, fmt::format("kind of {}", what), word)
      .instead(nearest(word, known), fmt::format("kinds are {}", fmt::join(known, ", ")));
}

// What the statement table says of every router, with what one kind of them needs.
StatementRow row_of(plan::RouterKind kind) {
  StatementRow row = *find_statement(Context::File, "router");
  switch (kind) {
    case plan::RouterKind::File:
      row.attributes = "path! attributes expect";
      break;
    case plan::RouterKind::Table:
      row.form = "router glue: table { in = app; name = \"mig_routes\" }";
      row.attributes = "in! name! attributes expect";
      break;
    case plan::RouterKind::Channel:
      row.form = "router glue: channel { in = app; name = \"mig_routes\" }";
      row.attributes = "in! name! attributes expect";
      break;
    case plan::RouterKind::Hook:
      row.form = "router glue: hook { url = \"http://127.0.0.1:8080/routes\" }";
      row.attributes = "url! attributes expect";
      break;
    case plan::RouterKind::Redis:
    case plan::RouterKind::Http:
    case plan::RouterKind::Postgres:
      row.form = "router edge: redis { listen = \"127.0.0.1:6400\"; expect = 400 req/s }";
      row.attributes = "listen! attributes expect";
      break;
  }
  return row;
}

// What the statement table says of every store, with what one kind of them needs.
StatementRow row_of(plan::StoreKind kind) {
  StatementRow row = *find_statement(Context::File, "store");
  switch (kind) {
    case plan::StoreKind::Sqlite:
      row.attributes = "path! busy_timeout caches max_changelog expect";
      break;
    case plan::StoreKind::Postgres:
      row.form = "store app: postgres { url = secret(\"env:APP_DSN\"); lock_timeout = 2s }";
      row.attributes = "url! lock_timeout caches max_changelog expect changes";
      break;
    case plan::StoreKind::Redis:
      row.form = "store cache: redis { url = secret(\"env:CACHE_URL\") }";
      row.attributes = "url! caches max_memory";
      break;
  }
  return row;
}

class RouterChecker {
 public:
  RouterChecker(Analysis& analysis, const Declaration& declaration)
      : analysis_(analysis), scope_(*declaration.module), declaration_(declaration) {}

  std::optional<plan::Router> check(plan::RouterKind kind) {
    const StatementRow row = row_of(kind);
    const Attributes attributes(*declaration_.statement, row, analysis_.diagnostics);
    plan::Router router{.name = declaration_.name, .kind = kind};
    if (!attributes.ok() || !read_place(attributes, router) ||
        !read_attributes(attributes, router) || !read_expect(attributes, router)) {
      return std::nullopt;
    }
    return router;
  }

 private:
  // Where it is, as its kind says it.
  bool read_place(const Attributes& attributes, plan::Router& router) {
    switch (router.kind) {
      case plan::RouterKind::File:
        return read_text(attributes, "path", router.path);
      case plan::RouterKind::Table:
      case plan::RouterKind::Channel:
        return read_table(attributes, router);
      case plan::RouterKind::Hook: {
        const auto where = location(analysis_, *attributes.find("url")->value, scope_);
        if (where) router.location = *where;
        return where.has_value();
      }
      case plan::RouterKind::Redis:
      case plan::RouterKind::Http:
      case plan::RouterKind::Postgres:
        return read_text(attributes, "listen", router.listen);
    }
    return false;
  }

  // `expect = 400 req/s`
  bool read_expect(const Attributes& attributes, plan::Router& router) {
    const WrittenAttribute* written = attributes.find("expect");
    if (written == nullptr) return true;
    const auto rate = analysis_.constants.wanted(*written->value, scope_, plan::Unit::RequestRate);
    if (rate) router.expect = rate->value;
    return rate.has_value();
  }

  bool read_text(const Attributes& attributes, std::string_view name, std::string& into) {
    const auto text = analysis_.constants.text(*attributes.find(name)->value, scope_);
    if (text) into = *text;
    return text.has_value();
  }

  bool read_table(const Attributes& attributes, plan::Router& router) {
    router.store = analysis_.find(*attributes.find("in")->value, scope_, DeclarationKind::Store,
                                  analysis_.stores);
    if (!read_text(attributes, "name", router.table) || !router.store) return false;
    return keeps_documents(router, attributes.find("in")->value->span);
  }

  // A table stands in a database, a key in Redis.
  bool keeps_documents(const plan::Router& router, const syntax::Span& where) {
    const plan::Store& store = analysis_.plan.at(*router.store);
    const bool is_table = router.kind == plan::RouterKind::Table;
    if (can(store.kind, is_table ? plan::StoreAbility::Schema : plan::StoreAbility::Keys))
      return true;
    analysis_.diagnostics
        .report(where, diag::Incapable,
                fmt::format("`{}` keeps its documents {}, and `{}` is a `{}` store, which has none",
                            router.name, is_table ? "in a table" : "under a key", store.name,
                            name(store.kind)))
        .help(is_table ? "write `router … : channel`, which keeps them under a key of Redis"
                       : "write `router … : table`, which keeps them in a table");
    return false;
  }

  // `attributes = [region, segment]`
  bool read_attributes(const Attributes& attributes, plan::Router& router) {
    const WrittenAttribute* written = attributes.find("attributes");
    if (written == nullptr) return true;
    const auto* list = std::get_if<syntax::List>(&written->value->node);
    const bool is_form = list != nullptr && !list->items.empty() &&
                         std::ranges::none_of(list->items, [](const syntax::Expr& item) {
                           return name_of(item).empty();
                         });
    if (!is_form) {
      analysis_.diagnostics.report(written->value->span, diag::WrongForm, "attributes")
          .help("it is written like `attributes = [region, segment]`");
      return false;
    }
    for (const syntax::Expr& item : list->items) {
      const std::string name(name_of(item));
      if (is_among(router.attributes, name)) {
        analysis_.diagnostics.report(item.span, diag::DeclaredTwice, name);
        return false;
      }
      router.attributes.push_back(name);
    }
    return true;
  }

  Analysis& analysis_;
  const Module& scope_;
  const Declaration& declaration_;
};

bool read_duration(Analysis& analysis, const Module& scope, const WrittenAttribute* written,
                   plan::Duration& into) {
  const auto length = analysis.constants.duration(*written->value, scope);
  if (length) into = *length;
  return length.has_value();
}

// `max_changelog = 2_000_000 rows; expect = 50 rows/s`: each says nothing without the other.
bool read_changelog(Analysis& analysis, const Module& scope, const Attributes& attributes,
                    plan::Store& store) {
  const WrittenAttribute* most = attributes.find("max_changelog");
  const WrittenAttribute* rate = attributes.find("expect");
  if (most == nullptr && rate == nullptr) return true;
  if (most == nullptr || rate == nullptr) {
    const WrittenAttribute* written = most == nullptr ? rate : most;
    analysis.diagnostics
        .report(written->statement->word.span, diag::MissingPart, "store",
                most == nullptr ? "max_changelog" : "expect")
        .help(
            "how long a changelog lasts is said by both: `max_changelog = 2_000_000 rows`, "
            "`expect = 50 rows/s`");
    return false;
  }
  const auto rows = analysis.constants.wanted(*most->value, scope, plan::Unit::Rows);
  const auto written = analysis.constants.wanted(*rate->value, scope, plan::Unit::RowRate);
  if (!rows || !written) return false;
  store.max_changelog = plan::RowCount{rows->value};
  store.expect = written->value;
  return true;
}

// `changes = slot`
bool read_changes(Analysis& analysis, const Attributes& attributes, plan::Store& store) {
  const WrittenAttribute* written = attributes.find("changes");
  if (written == nullptr) return true;
  const std::string_view word = name_of(*written->value);
  if (word == "triggers" || word == "slot") {
    store.changes = word == "slot" ? plan::ChangeSource::Slot : plan::ChangeSource::Triggers;
    return true;
  }
  const std::string near = did_you_mean(word, {"triggers", "slot"});
  analysis.diagnostics
      .report(written->value->span, diag::UnknownName, "source of changes",
              analysis.sources.text(written->value->span))
      .help(near.empty() ? "it is `triggers`, or `slot`" : near);
  return false;
}

bool read_store(Analysis& analysis, const Declaration& declaration, const Attributes& attributes,
                plan::Store& store) {
  const Module& scope = *declaration.module;
  const bool is_file = store.kind == plan::StoreKind::Sqlite;
  const auto where = location(analysis, *attributes.find(is_file ? "path" : "url")->value, scope);
  if (!where) return false;
  store.location = *where;
  const WrittenAttribute* wait = attributes.find("busy_timeout");
  if (wait != nullptr && !read_duration(analysis, scope, wait, store.busy_timeout)) return false;
  const WrittenAttribute* lock = attributes.find("lock_timeout");
  if (lock != nullptr && !read_duration(analysis, scope, lock, store.lock_timeout.emplace()))
    return false;
  if (const WrittenAttribute* memory = attributes.find("max_memory")) {
    const auto size = analysis.constants.wanted(*memory->value, scope, plan::Unit::Size);
    if (!size) return false;
    store.max_memory = size->value;
  }
  return read_changes(analysis, attributes, store) &&
         read_changelog(analysis, scope, attributes, store);
}

}  // namespace

void check_stores(Analysis& analysis) {
  const StatementRow& row = *find_statement(Context::File, "store");
  std::vector<std::pair<const Declaration*, const syntax::Expr*>> caches;
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Store)) {
    const auto head = head_of(analysis, *declaration, row);
    if (!head) continue;
    const auto kind = plan::store_kind_named(name_of(*head->kind));
    if (!kind) {
      report_kind(analysis, *head->kind, "store", kStoreKinds);
      continue;
    }
    const Attributes attributes(*declaration->statement, row_of(*kind), analysis.diagnostics);
    if (!attributes.ok()) continue;
    plan::Store store{.name = declaration->name, .kind = *kind};
    if (!read_store(analysis, *declaration, attributes, store)) continue;
    if (const WrittenAttribute* of = attributes.find("caches"))
      caches.emplace_back(declaration, of->value);
    analysis.stores[declaration] =
        plan::StoreId{static_cast<std::uint32_t>(analysis.plan.stores.size())};
    analysis.plan.stores.push_back(std::move(store));
  }
  // The other store may be declared below.
  for (const auto& [declaration, of] : caches) {
    analysis.plan.stores[analysis.stores.at(declaration).index].caches =
        analysis.find(*of, *declaration->module, DeclarationKind::Store, analysis.stores);
  }
}

void check_services(Analysis& analysis) {
  const StatementRow& row = *find_statement(Context::File, "service");
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Service)) {
    const auto head = head_of(analysis, *declaration, row);
    if (!head) continue;
    if (name_of(*head->kind) != "http") {
      report_kind(analysis, *head->kind, "service", {"http"});
      continue;
    }
    const Attributes attributes(*declaration->statement, row, analysis.diagnostics);
    if (!attributes.ok()) continue;
    const auto where = location(analysis, *attributes.find("url")->value, *declaration->module);
    if (!where) continue;
    analysis.services[declaration] =
        plan::ServiceId{static_cast<std::uint32_t>(analysis.plan.services.size())};
    analysis.plan.services.push_back(plan::Service{declaration->name, *where});
  }
}

void check_routers(Analysis& analysis) {
  const StatementRow& row = *find_statement(Context::File, "router");
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Router)) {
    const auto head = head_of(analysis, *declaration, row);
    if (!head) continue;
    const auto kind = plan::router_kind_named(name_of(*head->kind));
    if (!kind) {
      report_kind(analysis, *head->kind, "router", kRouterKinds);
      continue;
    }
    auto router = RouterChecker(analysis, *declaration).check(*kind);
    if (!router) continue;
    analysis.routers[declaration] =
        plan::RouterId{static_cast<std::uint32_t>(analysis.plan.routers.size())};
    analysis.plan.routers.push_back(std::move(*router));
  }
}

}  // namespace mig::compiler
