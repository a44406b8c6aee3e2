// Steps that move and compare rows: snapshot, scan, verify.
#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/names.hpp"
#include "compiler/step_checker.hpp"

namespace mig::compiler {

using plan::Action;

namespace {
constexpr std::int64_t kLargestChunk = 100'000;
constexpr std::int64_t kMostSessions = 100'000;
constexpr plan::Duration kLeastLag = std::chrono::seconds(1);
constexpr std::int64_t kPerSecond = 1'000'000'000;  // rates are stored per second, times this
}  // namespace

std::optional<Action> StepChecker::copy(Form& form, plan::CopyKind kind) {
  const bool from_old = form.word("old");
  const syntax::Expr* to = form.name(syntax::Mark::Arrow);
  if (!from_old || to == nullptr) return std::nullopt;
  if (name_of(*to) != "new") {
    form.misfit();
    return std::nullopt;
  }
  plan::Copy action{.kind = kind, .rejects = rejects_};
  if (!read_by() || !read_chunk(action) || !read_rate(action.pace) || !read_conflict(action) ||
      !read_strain(action)) {
    return std::nullopt;
  }
  return action;
}

// `by = id`: the migration key, which is the entity's; another one would not be unique.
bool StepChecker::read_by() {
  const syntax::Expr* by = attribute("by");
  if (by == nullptr || !scope_.names.old_side) return true;
  const plan::Entity& entity = analysis_.plan.entity_of(*scope_.names.old_side);
  const auto keys = entity.key();
  const bool fits = keys.size() == 1 && entity.fields[keys.front()].name == name_of(*by);
  if (fits) analysis_.refer_to_field(by->span, entity, keys.front());
  if (!fits) {
    analysis_.diagnostics
        .report(by->span, diag::UnknownName, "key",
                fmt::format("{}.{}", entity.name, analysis_.sources.text(by->span)))
        .help(fmt::format("rows are read by their key, `{}`", entity.fields[keys.front()].name));
  }
  return fits;
}

bool StepChecker::read_chunk(plan::Copy& action) {
  const syntax::Expr* chunk = attribute("chunk");
  if (chunk == nullptr) {
    // On a server a transaction takes the rows that fit its time; in a file others wait for it.
    const plan::Plan& plan = analysis_.plan;
    const bool adapts =
        !plan.to.empty() && plan.at(plan.at(plan.to.front()).store).kind != plan::StoreKind::Sqlite;
    if (adapts) action.chunk = plan::RowCount{0};
    return true;
  }
  const auto rows = analysis_.constants.wanted(*chunk, *scope_.module, plan::Unit::Rows);
  if (!rows) return false;
  if (rows->value < 1 || rows->value > kLargestChunk) {
    analysis_.diagnostics.report(chunk->span, diag::OutOfRange, print(rows->quantity()),
                                 "1 row..100000 rows");
    return false;
  }
  action.chunk = plan::RowCount{rows->value};
  return true;
}

// `rate = full`, `rate = 5_000 rows/s`, `rate = 20MB/s`, or a list of both kinds, which both hold.
bool StepChecker::read_rate(plan::Pace& pace) {
  const syntax::Expr* written = attribute("rate");
  if (written == nullptr) return true;
  if (name_of(*written) == "full") {
    pace.kind = plan::PaceKind::Full;
    return true;
  }
  pace.kind = plan::PaceKind::Limited;
  const auto* list = std::get_if<syntax::List>(&written->node);
  if (list == nullptr) return read_one_rate(*written, pace);
  if (list->items.empty()) {
    analysis_.diagnostics.report(written->span, diag::WrongForm, "rate")
        .help("it is written like `rate = [5_000 rows/s, 20MB/s]`");
    return false;
  }
  return std::ranges::all_of(list->items,
                             [&](const syntax::Expr& item) { return read_one_rate(item, pace); });
}

bool StepChecker::read_one_rate(const syntax::Expr& rate, plan::Pace& pace) {
  const auto value = analysis_.constants.evaluate(rate, *scope_.module);
  if (!value) return false;
  const bool is_bytes = value->unit == plan::Unit::ByteRate;
  if (!is_bytes && value->unit != plan::Unit::RowRate) {
    auto report = analysis_.diagnostics.report(
        rate.span, diag::WrongUnit, "a rate in rows/s or size/s", with_article(value->unit));
    if (value->unit == plan::Unit::Number || value->unit == plan::Unit::Rows)
      report.help("write it like `5_000 rows/s`");
    if (value->unit == plan::Unit::Size) report.help("write it like `20MB/s`");
    return false;
  }
  if (value->value < kPerSecond) {
    analysis_.diagnostics
        .report(rate.span, diag::OutOfRange, print(value->quantity()), "what a copy can keep")
        .help(is_bytes ? "at least 1B/s, or `full`" : "at least 1 rows/s, or `full`");
    return false;
  }
  if (is_bytes ? pace.bytes.has_value() : pace.rate.rows != 0) {
    analysis_.diagnostics
        .report(rate.span, diag::DeclaredTwice, is_bytes ? "rate in size/s" : "rate in rows/s")
        .help("a list has one of each kind: `rate = [5_000 rows/s, 20MB/s]`");
    return false;
  }
  if (is_bytes) {
    pace.bytes = plan::ByteRate{value->value / kPerSecond};
  } else {
    pace.rate = plan::RowRate{value->value / kPerSecond, std::chrono::seconds(1)};
  }
  return true;
}

// `max_lag` and `max_active`: what the servers bear. Only those have it that can be asked.
bool StepChecker::read_strain(plan::Copy& action) {
  const auto kind = [&](plan::DatasetId id) {
    return analysis_.plan.at(analysis_.plan.at(id).store).kind;
  };
  const std::vector<plan::DatasetId>& to = analysis_.plan.to;
  const auto is_file = [&](plan::DatasetId id) { return kind(id) == plan::StoreKind::Sqlite; };
  const auto is_postgres = [&](plan::DatasetId id) {
    return kind(id) == plan::StoreKind::Postgres;
  };
  if (const syntax::Expr* lag = attribute("max_lag")) {
    if (std::ranges::any_of(to, is_file)) {
      analysis_.diagnostics
          .report(lag->span, diag::Incapable,
                  "`max_lag` waits for replicas of the new side, and a file has none")
          .help("leave it out, or say how fast the copy may be: `rate = 5_000 rows/s`");
      return false;
    }
    if (!read_duration("max_lag", action.max_lag)) return false;
    if (*action.max_lag < kLeastLag) {
      analysis_.diagnostics
          .report(lag->span, diag::OutOfRange, plan::print(*action.max_lag),
                  "what can be seen of a lag")
          .help("at least 1s");
      return false;
    }
  }
  const syntax::Expr* active = attribute("max_active");
  if (active == nullptr) return true;
  const bool asks_old = scope_.names.old_side && is_postgres(*scope_.names.old_side);
  if (!asks_old && std::ranges::none_of(to, is_postgres)) {
    analysis_.diagnostics
        .report(active->span, diag::Incapable,
                "`max_active` counts sessions of a PostgreSQL, and neither side is one")
        .help("leave it out, or say how fast the copy may be: `rate = 5_000 rows/s`");
    return false;
  }
  const auto most = analysis_.constants.wanted(*active, *scope_.module, plan::Unit::Number);
  if (!most) return false;
  if (most->value < 1 || most->value > kMostSessions) {
    analysis_.diagnostics.report(active->span, diag::OutOfRange, print(most->quantity()),
                                 "1..100000");
    return false;
  }
  action.max_active = static_cast<std::uint32_t>(most->value);
  return true;
}

bool StepChecker::read_conflict(plan::Copy& action) {
  const syntax::Expr* written = attribute("on_conflict");
  if (written == nullptr) return true;
  const syntax::Expr& expr = *written;
  const std::string_view word = name_of(expr);
  if (word == "keep") return true;
  if (word == "replace") {
    action.on_conflict = plan::OnConflict::Replace;
    return true;
  }
  if (word == "newer") {
    action.on_conflict = plan::OnConflict::Newer;
    for (const plan::DatasetId id : analysis_.plan.to) {
      if (analysis_.plan.entity_of(id).version_field()) continue;
      analysis_.diagnostics.report(expr.span, diag::NoVersion, analysis_.plan.entity_of(id).name)
          .help("mark the field that grows with every change: `version updated_at: timestamp`");
      return false;
    }
    return true;
  }
  const auto* call = std::get_if<syntax::Call>(&expr.node);
  if (word == "merge" || (call != nullptr && name_of(*call->callee) == "merge"))
    return read_merge(expr, call, action);
  analysis_.diagnostics
      .report(expr.span, diag::UnknownName, "conflict rule", analysis_.sources.text(expr.span))
      .help("rules are keep, replace, newer and merge(FIELD, …)");
  return false;
}

// `merge(email, zip)`: fields of rows of the new side, in whichever of its datasets they are.
bool StepChecker::read_merge(const syntax::Expr& expr, const syntax::Call* call,
                             plan::Copy& action) {
  if (call == nullptr || call->arguments.empty()) {
    analysis_.diagnostics.report(expr.span, diag::WrongForm, "merge")
        .help("name the fields that rows which are there take over: `merge(FIELD, …)`");
    return false;
  }
  action.on_conflict = plan::OnConflict::Merge;
  std::vector<std::string_view> named;
  for (const syntax::Argument& argument : call->arguments) {
    const std::string_view name = name_of(argument.value);
    if (name.empty() || argument.name || argument.loop) {
      analysis_.diagnostics.report(argument.value.span, diag::NameWanted, "a field");
      return false;
    }
    if (std::ranges::find(named, name) != named.end()) {
      analysis_.diagnostics.report(argument.value.span, diag::NotMerged, name,
                                   "it stands here already");
      return false;
    }
    named.push_back(name);
    if (!merge_field(argument.value.span, name, action)) return false;
  }
  return true;
}

bool StepChecker::merge_field(const syntax::Span& at, std::string_view name, plan::Copy& action) {
  const plan::Plan& plan = analysis_.plan;
  bool is_known = false;
  for (const plan::DatasetId id : plan.to) {
    const plan::Entity& entity = plan.entity_of(id);
    const auto found = std::ranges::find(entity.fields, name, &plan::Field::name);
    if (found == entity.fields.end()) continue;
    const auto field = static_cast<std::uint32_t>(found - entity.fields.begin());
    analysis_.refer_to_field(at, entity, field);
    is_known = true;
    if (found->key) {
      analysis_.diagnostics.report(at, diag::NotMerged, name,
                                   found->generated
                                       ? "the store hands it out"
                                       : "it is part of the key, which says which row it is");
      return false;
    }
    const auto& keys = plan.at(id).keys;
    if (keys && keys->codec != plan::Codec::Hash) {
      analysis_.diagnostics
          .report(at, diag::NotMerged, name,
                  fmt::format("`{}` keeps a row as one text, which is written as a whole",
                              plan.at(id).name))
          .help(fmt::format("keep it as a hash: `codec = hash` in `dataset {}`", plan.at(id).name))
          .help("or write `on_conflict = keep`");
      return false;
    }
    action.merged.push_back({id, field});
  }
  if (!is_known && !plan.to.empty())
    analysis_.report_unknown_field(at, plan.entity_of(plan.to.front()), name);
  return is_known;
}

// The side that was written last knows; whoever names another one would undo writes.
bool StepChecker::read_repair(plan::Verify& action) {
  const syntax::Expr* repair = attribute("repair");
  if (repair == nullptr) return true;
  const std::string_view from = name_of(*repair);
  if (from != "from_authority" && from != "from_old") {
    analysis_.diagnostics
        .report(repair->span, diag::UnknownName, "source of a repair",
                analysis_.sources.text(repair->span))
        .instead(nearest(from, {"from_authority", "from_old"}), "write `repair = from_authority`");
    return false;
  }
  action.repair = true;
  const plan::WritesState writes = writes_before();
  if (from == "from_authority" || (writes.authority != plan::Side::New && !writes.share))
    return true;
  analysis_.diagnostics
      .report(repair->span, diag::Incapable,
              "`old` is not the authority here, so rows of `new` would be overwritten with older "
              "ones")
      .help("write `repair = from_authority`");
  return false;
}

std::optional<Action> StepChecker::verify(Form& form) {
  const bool sides = form.word("old") && form.value(syntax::Mark::Comma) != nullptr;
  if (!sides) return std::nullopt;
  plan::Verify action;
  if (const syntax::Expr* rows = attribute("rows"); rows && name_of(*rows) != "all") {
    action.sample = analysis_.constants.ratio(*rows, *scope_.module);
    if (!action.sample) return std::nullopt;
  }
  if (!read_repair(action)) return std::nullopt;
  if (const syntax::Expr* most = attribute("max_delete")) {
    const auto share = analysis_.constants.ratio(*most, *scope_.module);
    if (!share) return std::nullopt;
    action.most_deletes = *share;
  }
  return action;
}

}  // namespace mig::compiler
