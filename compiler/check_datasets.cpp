// Datasets: which table, or which keys, of a store hold the rows of an entity.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compiler/analysis.hpp"
#include "compiler/check_expr.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

constexpr std::array<std::pair<std::string_view, plan::Codec>, 3> kCodecs = {{
    {"json", plan::Codec::Json},
    {"hash", plan::Codec::Hash},
    {"string", plan::Codec::String},
}};

// `users: User in app`
struct DatasetHead {
  const syntax::Expr* entity = nullptr;
  const syntax::Expr* store = nullptr;
};

std::optional<DatasetHead> dataset_head(Analysis& analysis, const Declaration& declaration,
                                        const StatementRow& row) {
  Form form(*declaration.statement, row.form, analysis.diagnostics);
  form.name();
  const syntax::Expr* bound = form.value(syntax::Mark::Colon);
  form.end();
  if (!form.ok()) return std::nullopt;
  const auto* in = std::get_if<syntax::Binary>(&bound->node);
  if (in == nullptr || in->op != syntax::Operator::In) {
    analysis.diagnostics.report(bound->span, diag::WrongForm, "dataset")
        .help(fmt::format("it is written like `{}`", row.form));
    return std::nullopt;
  }
  return DatasetHead{in->lhs.get(), in->rhs.get()};
}

void read_canonical(Analysis& analysis, const Declaration& declaration,
                    const syntax::Statement& statement, plan::Dataset& dataset) {
  const plan::Entity& entity = analysis.plan.at(dataset.entity);
  Form form(statement, "canonical email = lower(email)", analysis.diagnostics);
  const syntax::Expr* name = form.name();
  const syntax::Expr* value = form.value(syntax::Mark::Assign);
  form.end();
  if (!form.ok()) return;
  const auto found = std::ranges::find(entity.fields, name_of(*name), &plan::Field::name);
  if (found == entity.fields.end()) {
    analysis.report_unknown_field(name->span, entity, name_of(*name));
    return;
  }
  analysis.refer_to_field(name->span, entity,
                          static_cast<std::size_t>(found - entity.fields.begin()));
  if (found->key) {
    analysis.diagnostics.report(name->span, diag::CanonicalKey, found->name)
        .help("a key finds its row on the other side; carry it over in the transform instead");
    return;
  }
  ExprChecker checker(analysis);
  auto form_of = checker.check(*value, ExprScope{.module = declaration.module, .input = &entity});
  if (!form_of) return;
  dataset.canonical.push_back(plan::Canonical{
      static_cast<std::uint32_t>(found - entity.fields.begin()), std::move(*form_of)});
}

// The names in braces; nothing where a brace has no partner.
std::optional<std::vector<std::string>> placeholders(std::string_view pattern) {
  std::vector<std::string> names;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find_first_of("{}");
    if (open == std::string_view::npos) break;
    const std::size_t close = pattern.find_first_of("{}", open + 1);
    if (pattern[open] == '}' || close == std::string_view::npos || pattern[close] == '{')
      return std::nullopt;
    names.emplace_back(pattern.substr(open + 1, close - open - 1));
    pattern.remove_prefix(close + 1);
  }
  return names;
}

// Reads what a dataset says of its keys: `key = "sess:{id}"; codec = json; ttl = 30m`.
class KeyspaceReader {
 public:
  KeyspaceReader(Analysis& analysis, const Module& scope, const plan::Entity& entity,
                 const Attributes& attributes)
      : analysis_(analysis), scope_(scope), entity_(entity), attributes_(attributes) {}

  std::optional<plan::Keyspace> read() {
    plan::Keyspace keys;
    if (!read_pattern(*attributes_.find("key")->value, keys) ||
        !read_codec(*attributes_.find("codec")->value, keys)) {
      return std::nullopt;
    }
    if (const WrittenAttribute* ttl = attributes_.find("ttl")) {
      keys.ttl = analysis_.constants.duration(*ttl->value, scope_);
      if (!keys.ttl) return std::nullopt;
    }
    return keys;
  }

 private:
  // Each row has one key, and each key one row: the pattern names the entity's key, and all of it.
  bool read_pattern(const syntax::Expr& written, plan::Keyspace& keys) {
    const auto text = analysis_.constants.text(written, scope_);
    if (!text) return false;
    keys.pattern = *text;
    const auto names = placeholders(*text);
    if (!names) {
      analysis_.diagnostics.report(written.span, diag::WrongForm, "key")
          .help("a field of the key stands in braces: `key = \"sess:{id}\"`");
      return false;
    }
    for (const std::string& name : *names) {
      const auto field = std::ranges::find(entity_.fields, name, &plan::Field::name);
      if (field == entity_.fields.end()) {
        analysis_.report_unknown_field(written.span, entity_, name);
        return false;
      }
      if (field->key) continue;
      analysis_.diagnostics
          .report(written.span, diag::Incapable,
                  fmt::format("`{}` is no part of the key of `{}`, so it finds no row", name,
                              entity_.name))
          .help(fmt::format("the key is `{}`", key_names()));
      return false;
    }
    for (const std::uint32_t index : entity_.key()) {
      const std::string& name = entity_.fields[index].name;
      if (std::ranges::find(*names, name) != names->end()) continue;
      analysis_.diagnostics
          .report(written.span, diag::MissingPart, "key", fmt::format("{{{}}}", name))
          .note(fmt::format("two rows that differ in `{}` would meet under one key", name));
      return false;
    }
    return true;
  }

  std::string key_names() const {
    std::vector<std::string> names;
    for (const std::uint32_t index : entity_.key())
      names.push_back(entity_.fields[index].name);
    return fmt::format("{}", fmt::join(names, "`, `"));
  }

  bool read_codec(const syntax::Expr& written, plan::Keyspace& keys) {
    const auto found = std::ranges::find(kCodecs, name_of(written),
                                         &std::pair<std::string_view, plan::Codec>::first);
    if (found == kCodecs.end()) {
      const std::string near = did_you_mean(name_of(written), {"json", "hash", "string"});
      analysis_.diagnostics
          .report(written.span, diag::UnknownName, "codec", analysis_.sources.text(written.span))
          .help(near.empty() ? "codecs are json, hash and string" : near);
      return false;
    }
    keys.codec = found->second;
    const std::size_t values = entity_.fields.size() - entity_.key().size();
    if (keys.codec != plan::Codec::String || values == 1) return true;
    analysis_.diagnostics
        .report(written.span, diag::Incapable,
                fmt::format("`codec = string` keeps one value, and `{}` has {} beside its key",
                            entity_.name, values))
        .help("write `codec = json`, or `codec = hash`");
    return false;
  }

  Analysis& analysis_;
  const Module& scope_;
  const plan::Entity& entity_;
  const Attributes& attributes_;
};

StatementRow row_of(plan::StoreKind kind) {
  StatementRow row = *find_statement(Context::File, "dataset");
  row.attributes = "table! canonical*";
  if (can(kind, plan::StoreAbility::Keys)) {
    row.form = "dataset sess: Session in cache { key = \"sess:{id}\"; codec = json; ttl = 30m }";
    row.attributes = "key! codec! ttl canonical*";
  }
  return row;
}

// The table, or the keys.
bool read_place(Analysis& analysis, const Module& scope, const Attributes& attributes,
                plan::Dataset& dataset) {
  const WrittenAttribute* table = attributes.find("table");
  if (table == nullptr) {
    dataset.keys =
        KeyspaceReader(analysis, scope, analysis.plan.at(dataset.entity), attributes).read();
    return dataset.keys.has_value();
  }
  const auto name = analysis.constants.text(*table->value, scope);
  if (name) dataset.table = *name;
  return name.has_value();
}

}  // namespace

void check_datasets(Analysis& analysis) {
  const StatementRow& row = *find_statement(Context::File, "dataset");
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Dataset)) {
    const auto head = dataset_head(analysis, *declaration, row);
    if (!head) continue;
    const Module& scope = *declaration->module;
    const auto entity =
        analysis.find(*head->entity, scope, DeclarationKind::Entity, analysis.entities);
    const auto store = analysis.find(*head->store, scope, DeclarationKind::Store, analysis.stores);
    // Of a store that is not known nobody can say what a dataset in it has to say.
    if (!store) continue;
    const Attributes attributes(*declaration->statement, row_of(analysis.plan.at(*store).kind),
                                analysis.diagnostics);
    if (!attributes.ok() || !entity) continue;
    plan::Dataset dataset{.name = declaration->name, .entity = *entity, .store = *store};
    if (!read_place(analysis, scope, attributes, dataset)) continue;
    for (const syntax::Statement* canonical : attributes.all("canonical")) {
      read_canonical(analysis, *declaration, *canonical, dataset);
    }
    analysis.datasets[declaration] =
        plan::DatasetId{static_cast<std::uint32_t>(analysis.plan.datasets.size())};
    analysis.plan.datasets.push_back(std::move(dataset));
  }
}

}  // namespace mig::compiler
