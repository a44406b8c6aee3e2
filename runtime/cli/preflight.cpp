#include "runtime/cli/preflight.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/hash.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/schema_findings.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/openings.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/slots.hpp"
#include "runtime/steps/strain.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/lock_holders.hpp"
#include "runtime/stores/open_transactions.hpp"
#include "runtime/stores/redis_sample.hpp"
#include "runtime/stores/redis_server_facts.hpp"
#include "runtime/stores/schema_check.hpp"
#include "runtime/stores/store_control.hpp"
#include "runtime/traffic/router.hpp"

namespace mig::cli {
namespace {

using runtime::Result;

constexpr std::int64_t kSampled = 10'000;
// Nobody waits longer for a number.
constexpr auto kLongestLook = std::chrono::seconds(5);

class Looker {
 public:
  Looker(const plan::Plan& plan, const std::filesystem::path& folder, const std::string& run,
         runtime::Stores stores)
      : plan_(plan), folder_(folder), run_(run), stores_(std::move(stores)) {}

  Result<Preflight> look() {
    look_at_windows();
    for (std::uint32_t i = 0; i < plan_.stores.size(); ++i)
      MIG_TRY(look_at_store(plan::StoreId{i}));
    for (std::uint32_t i = 0; i < plan_.datasets.size(); ++i)
      MIG_TRY(look_at_dataset(plan::DatasetId{i}));
    for (std::size_t i = 0; i < views_.size(); ++i) {
      MIG_TRY(look_at_routes(views_.at(i)));
      if (run_.empty() && is_as_planned()) MIG_TRY(look_at_following(views_.at(i)));
    }
    for (std::size_t i = 0; i < views_.size() && run_.empty(); ++i)
      MIG_TRY(look_at_strain(views_.at(i)));
    if (run_.empty()) MIG_TRY(look_at_backups());
    const bool is_sampled = run_.empty() && is_as_planned();
    for (std::size_t i = 0; i < views_.size() && is_sampled; ++i) {
      MIG_ASSIGN(sample, runtime::sample_rows(views_.at(i), stores_, clock_, kSampled));
      live_.samples.push_back(sample);
    }
    return std::move(live_);
  }

 private:
  void refuse(ExitCode exit, std::string message, std::string help) {
    live_.obstacles.push_back(Obstacle{exit, std::move(message), std::move(help)});
  }

  bool is_as_planned() const {
    return live_.obstacles.empty() && live_.differences.empty() && live_.strange_stores.empty();
  }

  // A store that only receives what the plan creates may begin as no file at all.
  bool may_be_missing(plan::StoreId store) const {
    for (std::uint32_t i = 0; i < plan_.datasets.size(); ++i) {
      const plan::DatasetId id{i};
      const bool is_used = view_with(views_, id) != nullptr;
      if (plan_.at(id).store == store && is_used && !is_created_by(plan_, id)) return false;
    }
    return true;
  }

  Result<void> look_at_store(plan::StoreId store) {
    if (!stores_.exists(store)) {
      live_.identities.emplace_back();
      live_.schemas.emplace_back();
      live_.bytes.push_back(0);
      if (!may_be_missing(store)) {
        refuse(ExitCode::Unavailable,
               fmt::format("the store `{}` is missing: there is no file {}", plan_.at(store).name,
                           stores_.shown_path(store)),
               "check the path; it is relative to the plan file");
      }
      return {};
    }
    MIG_ASSIGN(opened, stores_.reading(store));
    MIG_ASSIGN(identity, runtime::identity(opened));
    live_.identities.push_back(identity);
    if (opened.sql() != nullptr) {
      MIG_TRY(look_at_database(store, *opened.sql()));
    } else {
      MIG_TRY(look_at_server(store, *opened.redis()));
    }
    if (run_.empty()) MIG_TRY(look_at_environment(store, opened));
    MIG_ASSIGN(fences, runtime::read_fences(opened));
    const auto mine = runtime::resources_of(stores_, store);
    for (const runtime::Fence& fence : fences) {
      if (fence.run == run_ || std::ranges::find(mine, fence.resource) == mine.end()) continue;
      refuse(ExitCode::Locked,
             fmt::format("`{}` in {} is held by run {} of journal {}", fence.resource,
                         stores_.shown_path(store), fence.run, fence.journal),
             "let that run end, or take the store over with `mig unlock --take`");
    }
    MIG_ASSIGN(finished, runtime::finished_runs(opened));
    for (const runtime::FinishedRun& one : finished) {
      // Our own entry comes before the journal's last record; in between, the run has not ended.
      if (one.run == run_) continue;
      if (one.outcome != "completed" || one.plan_hash != plan_hash_) continue;
      live_.is_completed = true;
      refuse(ExitCode::Refused,
             fmt::format("this plan was completed here already, by run {} at {}", one.run, one.at),
             "a plan is used once; change the plan to move data again");
      break;
    }
    return {};
  }

  Result<void> look_at_database(plan::StoreId store, const runtime::Database& database) {
    MIG_ASSIGN(schema, runtime::schema_text(database));
    live_.schemas.push_back(schema);
    MIG_ASSIGN(bytes, bytes_of(store, database));
    live_.bytes.push_back(bytes);
    MIG_ASSIGN(open, runtime::long_open_transactions(database));
    for (std::string& one : open) {
      const bool is_known = std::ranges::find(live_.warnings, one) != live_.warnings.end();
      if (!is_known) live_.warnings.push_back(std::move(one));  // two stores may be on one server
    }
    return run_.empty() ? look_at_users(store, database) : Result<void>();
  }

  // Redis has no schema; what stands for it is what decides whether rows may be moved there.
  Result<void> look_at_server(plan::StoreId store, runtime::RedisConnection& redis) {
    MIG_ASSIGN(facts, runtime::read_server_facts(redis));
    live_.schemas.push_back(fmt::format("redis {}", facts.version));
    live_.bytes.push_back(facts.used_memory);
    auto fits = runtime::check_source(facts, stores_.shown_path(store));
    if (fits && target_in(store)) {
      const auto eviction =
          copies_rows() ? runtime::Eviction::Refused : runtime::Eviction::Expected;
      fits = runtime::check_target(facts, stores_.shown_path(store), eviction);
    }
    if (!fits) refuse(ExitCode::Refused, fits.error().message, fits.error().help);
    return {};
  }

  // Rows that no step copies are filled in by whoever misses them.
  bool copies_rows() const {
    return std::ranges::any_of(plan_.steps, [](const plan::Step& step) {
      return std::holds_alternative<plan::Copy>(step.action);
    });
  }

  Result<void> look_at_environment(plan::StoreId store, const runtime::OpenStore& opened) {
    MIG_ASSIGN(environment, runtime::recorded_environment(opened));
    const bool is_named = plan_.env != plan::kDefaultEnvironment;
    if (environment && is_named && *environment != plan_.env)
      live_.strange_stores.push_back({store, *environment});
    return {};
  }

  Result<std::int64_t> bytes_of(plan::StoreId store, const runtime::Database& database) const {
    if (database.dialect() == runtime::Dialect::Postgres) {
      MIG_ASSIGN(rows, database.prepare("SELECT pg_database_size(current_database())"));
      MIG_ASSIGN(has_row, rows.step());
      return has_row ? rows.integer(0) : 0;
    }
    std::error_code error;
    const auto bytes = std::filesystem::file_size(stores_.path(store), error);
    return error ? 0 : static_cast<std::int64_t>(bytes);
  }

  // Who else writes to it, and who uses what the plan drops.
  Result<void> look_at_users(plan::StoreId store, const runtime::Database& database) {
    const auto files = runtime::files_of(stores_);
    if (std::ranges::find(files, store) == files.end()) return {};  // the same file was looked at
    MIG_ASSIGN(schema, runtime::read_schema(database));
    check_drops(
        plan_, [&](plan::StoreId other) { return stores_.is_one_file(other, store); }, schema,
        live_);
    const auto target = target_in(store);
    // Of a server's writers its catalog tells nothing but that they are connected.
    if (!target || database.dialect() != runtime::Dialect::Sqlite) return {};
    for (const auto process : runtime::writers_of(stores_.path(store))) {
      live_.other_writers.push_back(
          {*target, fmt::format("{} has the store `{}` open and may write to it",
                                runtime::describe_process(process), plan_.at(store).name)});
    }
    return {};
  }

  // The first dataset of a new side that stands there.
  std::optional<plan::DatasetId> target_in(plan::StoreId store) const {
    for (std::size_t i = 0; i < views_.size(); ++i) {
      for (const plan::DatasetId id : views_.at(i).to) {
        if (stores_.is_one_file(plan_.at(id).store, store)) return id;
      }
    }
    return std::nullopt;
  }

  Result<void> look_at_dataset(plan::DatasetId id) {
    const plan::Dataset& dataset = plan_.at(id);
    LiveDataset seen{.id = id};
    if (dataset.keys) {
      seen.exists = true;
      MIG_ASSIGN(opened, stores_.reading(dataset.store));
      MIG_ASSIGN(counted, runtime::guess_keys(*opened.redis(), plan_, id));
      seen.counted = counted;
    } else if (stores_.exists(dataset.store)) {
      MIG_ASSIGN(database, stores_.reader(dataset.store));
      MIG_ASSIGN(schema, runtime::read_schema(*database));
      seen.exists = schema.table(dataset.table) != nullptr;
      if (seen.exists) {
        MIG_ASSIGN(table, runtime::quote_identifier(dataset.table));
        MIG_ASSIGN(counted, runtime::count_rows(*database, table, clock_, kLongestLook));
        seen.counted = counted;
        MIG_ASSIGN(greatest, greatest_key(id, *database, schema));
        seen.greatest_key = greatest;
      }
      if (run_.empty()) check_shape(views_, plan_, id, schema, live_);
    }
    live_.datasets.push_back(seen);
    return {};
  }

  // A key that comes near the end of its type is news; a table that has no such column is told of
  // elsewhere.
  Result<std::optional<std::int64_t>> greatest_key(plan::DatasetId id,
                                                   const runtime::Database& database,
                                                   const runtime::LiveSchema& schema) const {
    const plan::Entity& entity = plan_.entity_of(id);
    const auto key = entity.key();
    const plan::Field& field = entity.fields[key.front()];
    if (key.size() != 1 || !field.type.is_integer()) return std::nullopt;
    const runtime::LiveTable* const there = schema.table(plan_.at(id).table);
    if (there == nullptr || there->column(field.column) == nullptr) return std::nullopt;
    MIG_ASSIGN(table, runtime::quote_identifier(there->name));
    MIG_ASSIGN(column, runtime::quote_identifier(field.column));
    return runtime::integer_within(database, fmt::format("SELECT max({}) FROM {}", column, table),
                                   clock_, kLongestLook);
  }

  void look_at_windows() {
    const runtime::Instant now = clock_.now();
    for (std::uint32_t i = 0; i < plan_.phases.size(); ++i) {
      const plan::Phase& phase = plan_.phases[i];
      if (!phase.window) continue;
      const auto use = runtime::next_use(*phase.window, now, runtime::Duration::zero());
      if (!use) return refuse(ExitCode::Unavailable, use.error().message, use.error().help);
      const std::optional<runtime::Instant>& opens = *use;
      if (opens && *opens > now) live_.opens.emplace(plan::PhaseId{i}, *opens);
      if (opens || !run_.empty()) continue;
      refuse(ExitCode::Refused,
             fmt::format("the window of `{}` does not open again: {}", phase.name,
                         plan::print(*phase.window)),
             "give the phase a window that is still to come");
    }
  }

  Result<void> look_at_routes(const plan::Plan& view) {
    if (!view.through || !run_.empty()) return {};
    MIG_ASSIGN(routes, runtime::open_router(view, stores_, folder_)->read());
    if (routes.is_all_old()) return {};
    refuse(ExitCode::Refused,
           fmt::format("the routes of `{}` do not send everything to the old side",
                       plan_.at(*view.through).name),
           "a plan begins with reads and writes on the old side");
    return {};
  }

  // A copy that waits for servers has to see how they are.
  Result<void> look_at_strain(const plan::Plan& view) {
    for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
      const auto* copy = std::get_if<plan::Copy>(&view.steps[i].action);
      if (copy == nullptr || !view.sees(plan::StepId{i})) continue;
      auto looked = runtime::check_strain(view, *copy, stores_);
      if (looked) {
        if (*looked) live_.warnings.push_back(std::move(**looked));
        continue;
      }
      if (looked.error().kind != runtime::ErrorKind::Permanent)
        return std::unexpected(looked.error());
      refuse(ExitCode::Refused, fmt::format("`{}`: {}", view.steps[i].name, looked.error().message),
             looked.error().help);
    }
    return {};
  }

  // A backup is of one moment, and not every store shows one while others write.
  Result<void> look_at_backups() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const auto* backup = std::get_if<plan::Backup>(&plan_.steps[i].action);
      if (backup == nullptr) continue;
      for (const plan::DatasetId id : backup->datasets) {
        const plan::Dataset& dataset = plan_.at(id);
        if (!stores_.exists(dataset.store) || !is_written(id, plan::StepId{i})) continue;
        if (!dataset.keys) {
          MIG_ASSIGN(database, stores_.reader(dataset.store));
          if (database->dialect() == runtime::Dialect::Postgres || is_wal(*database)) continue;
        }
        refuse(ExitCode::Refused,
               fmt::format("`{}`: the application writes `{}` meanwhile, and the store `{}` has no "
                           "{} a moment stands still",
                           plan_.steps[i].name, dataset.name, plan_.at(dataset.store).name,
                           dataset.keys ? "way in which" : "write-ahead log in which"),
               dataset.keys ? "let the backup come when nobody writes there any more"
                            : "let the backup come when nobody writes there any more, or say "
                              "`PRAGMA journal_mode = wal` in the file");
        return {};
      }
    }
    return {};
  }

  // By the application, as far as the plan says: by routes, or by what comes in its transactions.
  bool is_written(plan::DatasetId id, plan::StepId when) const {
    const plan::Plan* const view = view_with(views_, id);
    if (view == nullptr) return false;
    const plan::WritesState writes = plan::writes_before(*view, when);
    if (!writes.follows()) return false;
    const plan::Side side = id == view->from ? plan::Side::Old : plan::Side::New;
    return side == writes.authority || writes.mirror == plan::WriteMode::Transaction ||
           writes.mirror == plan::WriteMode::App;
  }

  // What triggers could not keep would be found when they are installed: on the way, and for the
  // way back only where the writes move.
  Result<void> look_at_following(const plan::Plan& view) {
    for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
      const plan::StepId step{i};
      const bool is_writes = std::holds_alternative<plan::RouteWrites>(view.at(step).action);
      if (!is_writes || !view.sees(step)) continue;
      const auto before = plan::writes_before(view, step);
      const auto after = plan::after_writes(view, step, before);
      if (after.forward && !before.forward) MIG_TRY(look_at_following(view, step, plan::Side::Old));
      if (after.reverse && !before.reverse) MIG_TRY(look_at_following(view, step, plan::Side::New));
    }
    return {};
  }

  Result<void> look_at_following(const plan::Plan& view, plan::StepId step, plan::Side leads) {
    const auto& side = leads == plan::Side::Old ? view.from : view.to.front();
    if (!stores_.exists(plan_.at(side).store)) return {};
    const auto looked = runtime::check_following(view, stores_, step, leads);
    if (looked && !runtime::leads_through_slot(view, leads)) return {};
    if (looked) {
      MIG_ASSIGN(notice, runtime::slot_notice(view, stores_, leads));
      live_.warnings.push_back(std::move(notice));
      return {};
    }
    if (looked.error().kind != runtime::ErrorKind::Permanent)
      return std::unexpected(looked.error());
    std::string message = fmt::format("`{}`: {}", plan_.at(step).name, looked.error().message);
    // A statement of the plan's own may see to it before.
    const auto end = plan_.steps.begin() + step.index;
    const bool may_be_mended = std::any_of(plan_.steps.begin(), end, [](const plan::Step& one) {
      return std::holds_alternative<plan::Sql>(one.action);
    });
    if (may_be_mended) {
      live_.warnings.push_back(std::move(message));
    } else {
      refuse(ExitCode::Refused, std::move(message), looked.error().help);
    }
    return {};
  }

  const plan::Plan& plan_;
  const plan::Views views_{plan_};
  const std::filesystem::path& folder_;
  const std::string& run_;
  const std::string plan_hash_ = print(plan_hash(plan_));
  const runtime::SystemClock clock_;
  runtime::Stores stores_;
  Preflight live_;
};

}  // namespace

runtime::Result<Preflight> look_at(const plan::Plan& plan, const std::filesystem::path& folder,
                                   const std::string& run) {
  MIG_ASSIGN(stores, runtime::Stores::find(plan, folder, environment));
  return Looker(plan, folder, run, std::move(stores)).look();
}

std::string review_hash(const plan::Plan& plan, const Preflight& live) {
  std::string text = print(plan_hash(plan));
  for (const std::string& identity : live.identities)
    text += "\n" + identity;
  text += "\n";
  for (const std::string& schema : live.schemas)
    text += schema;
  return print(plan::sha256(text));
}

}  // namespace mig::cli
