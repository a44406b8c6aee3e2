#include "tests/scenarios/scenario.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/render.hpp"
#include "compiler/plan/codec.hpp"
#include "compiler/plan/hash.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/overloaded.hpp"
#include "compiler/plan/views.hpp"
#include "grammar/parse.hpp"
#include "runtime/engine/requests.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/traffic/router.hpp"
#include "tests/scenarios/counting_journal.hpp"
#include "tests/support/test_stores.hpp"

namespace mig::test {
namespace fs = std::filesystem;
namespace {

// The run reached the step that a test wants to stop at.
struct Reached {};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

plan::Plan compile(const fs::path& path) {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto file = sources.add(path.filename(), read(path));
  const auto parsed = syntax::parse(sources, file);
  const auto result = compiler::compile(sources, {compiler::Input{"plan.mig", &parsed.file}},
                                        compiler::Settings{}, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(parsed.mistakes.empty());
  REQUIRE(result.plans.size() == 1);
  return result.plans.front();
}

// Tells what steps say of themselves on the way.
class ProgressObserver final : public runtime::Observer {
 public:
  using Heard = std::function<void(const std::string& step, const std::string& said)>;
  explicit ProgressObserver(Heard heard) : heard_(std::move(heard)) {}
  void on_entry(const plan::Plan&, const plan::RunState&, const plan::Entry&) override {}
  void on_progress(const plan::Step& step, const runtime::More& more) override {
    heard_(step.name, more.cursor);
  }
  void on_wait(const plan::Step&, const runtime::WaitUntil&) override {}
  void on_follow(const runtime::Followed&) override {}
  void on_follow_failure(const runtime::Error&) override {}

 private:
  Heard heard_;
};

// Every row of every table of the user's, each value as SQL writes it.
std::string dump(const runtime::Database& database) {
  std::string text = *runtime::schema_text(database);
  const auto schema = runtime::read_schema(database);
  REQUIRE(schema);
  for (const runtime::LiveTable& table : schema->tables) {
    // They say which run wrote them, and when.
    if (table.name == "mig_backup" || table.name == "mig_routes") continue;
    std::vector<std::string> columns;
    for (const auto& column : table.columns) {
      columns.push_back(fmt::format("quote({})", *runtime::quote_identifier(column.name)));
    }
    auto rows = database.prepare(fmt::format("SELECT {} FROM {} ORDER BY 1, 2",
                                             fmt::join(columns, " || ', ' || "),
                                             *runtime::quote_identifier(table.name)));
    if (!rows) {
      rows = database.prepare(fmt::format("SELECT {} FROM {} ORDER BY 1",
                                          fmt::join(columns, " || ', ' || "),
                                          *runtime::quote_identifier(table.name)));
    }
    REQUIRE(rows);
    while (*rows->step())
      text += fmt::format("\n{}: {}", table.name, rows->text(0));
  }
  return text + "\n";
}

}  // namespace

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> scenarios;
  const char* const asked = std::getenv("MIG_SCENARIO");
  const std::string only = asked == nullptr ? "" : asked;
  for (const auto& entry : fs::directory_iterator(fs::path(MIG_ROOT) / "tests" / "scenarios")) {
    if (!fs::exists(entry.path() / "plan.mig")) continue;
    if (!only.empty() && entry.path().filename() != only) continue;
    Scenario scenario{.name = entry.path().filename(), .plan = compile(entry.path() / "plan.mig")};
    for (const auto& file : fs::directory_iterator(entry.path())) {
      if (file.path().extension() != ".sql") continue;
      scenario.setup[file.path().stem().string() + ".db"] = read(file.path());
    }
    scenario.app = read_application(entry.path() / "app");
    for (const Write& write : scenario.app) {
      const auto names_it = [&](const plan::Step& step) { return step.name == write.after; };
      INFO(scenario.name << " has no step " << write.after);
      REQUIRE(std::ranges::any_of(scenario.plan.steps, names_it));
    }
    if (fs::exists(entry.path() / "expect")) {
      const std::string word = read(entry.path() / "expect");
      REQUIRE((word == "rolled_back\n" || word == "paused\n"));
      scenario.expected =
          word == "paused\n" ? runtime::EndKind::Paused : runtime::EndKind::RolledBack;
    }
    scenarios.push_back(std::move(scenario));
  }
  std::ranges::sort(scenarios, {}, &Scenario::name);
  REQUIRE(!scenarios.empty());
  return scenarios;
}

ScenarioRun::ScenarioRun(const Scenario& scenario)
    : scenario_(scenario), written_(scenario.app.size()) {
  // In memory where there is such a place: a scenario commits thousands of times.
  const fs::path place =
      ::access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string pattern = place / "mig-scenario-XXXXXX";
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  for (const auto& [file, sql] : scenario.setup) {
    auto database = runtime::open_sqlite(folder_ / file, runtime::Mode::Create);
    REQUIRE(database);
    REQUIRE(database->execute(sql));
  }
}

ScenarioRun::~ScenarioRun() {
  fs::remove_all(folder_);
}

std::unique_ptr<runtime::SqliteJournal> ScenarioRun::open_journal() {
  const fs::path path = folder_ / ".mig" / "journal.db";
  runtime::JournalOptions options{
      .mode = fs::exists(path) ? runtime::Mode::ReadWrite : runtime::Mode::Create,
      .reserve_bytes = 0};
  auto journal = runtime::SqliteJournal::open(path, clock_, options);
  REQUIRE(journal);
  return std::move(*journal);
}

void ScenarioRun::execute(const std::string& file, const std::string& sql, bool is_refused) const {
  auto database = runtime::open_sqlite(folder_ / file, runtime::Mode::ReadWrite);
  REQUIRE(database);
  const auto done = database->execute("BEGIN; " + sql + "; COMMIT;");
  INFO(sql << (done ? std::string() : done.error().message));
  CHECK(done.has_value() != is_refused);
}

void ScenarioRun::write_after(const std::string& step, const std::string& when) {
  for (std::size_t i = 0; i < scenario_.app.size(); ++i) {
    const Write& write = scenario_.app[i];
    if (write.after != step || write.when != when || written_[i]) continue;
    execute(write.file, write.sql, write.is_refused);
    written_[i] = true;
  }
}

void ScenarioRun::write_as(const ScenarioRun& other) {
  for (std::size_t i = 0; i < scenario_.app.size(); ++i) {
    const Write& write = scenario_.app[i];
    if (!other.written_[i] || write.is_refused) continue;
    const bool is_as_written = write.old_file.empty();
    execute(is_as_written ? write.file : write.old_file, is_as_written ? write.sql : write.old_sql);
  }
}

std::string ScenarioRun::approval_wanted(const plan::RunState& state) const {
  for (const plan::StepId id : ready(scenario_.plan, state)) {
    if (const auto* step = std::get_if<plan::Approve>(&scenario_.plan.at(id).action))
      return step->who;
  }
  return {};
}

// Who follows does not leave to ask for an approval: it is given beside the run, once.
void ScenarioRun::approve_beside(runtime::Journal& journal, const plan::RunState& state,
                                 plan::StepId step) {
  const auto* approve = std::get_if<plan::Approve>(&scenario_.plan.at(step).action);
  const bool follows = scenario_.plan.resources.empty() && stream(scenario_.plan, state);
  if (approve == nullptr || !follows || !approved_.insert(step).second) return;
  const std::string want = std::string(runtime::kWantApprove) + approve->who;
  REQUIRE(journal.add_request({run_id_, want, "tester@test", "asked by a test"}));
}

std::optional<runtime::RunEnd> ScenarioRun::run_once(CrashPoint crash, const std::string& want) {
  const auto real = open_journal();
  CountingJournal journal(*real, crash, appends_, [this] { overtake(); });
  auto lease = real->take("run/" + scenario_.plan.name, "test");
  REQUIRE(lease);
  std::optional<runtime::RunLog> log;
  auto known = runtime::RunLog::open(journal, run_id_);
  if (known) {
    log.emplace(std::move(*known));
  } else {
    plan::RunCreated created{.run = run_id_,
                             .plan_name = scenario_.plan.name,
                             .env = "default",
                             .plan_hash = print(plan_hash(scenario_.plan)),
                             .plan = encode(scenario_.plan),
                             .plan_folder = folder_.string()};
    auto fresh = runtime::RunLog::create(journal, *lease, created, "test", clock_);
    REQUIRE(fresh);
    approved_.clear();
    log.emplace(std::move(*fresh));
  }
  if (log->state().status == plan::RunStatus::Pending) {
    const plan::RunReady live{std::vector<std::string>(scenario_.plan.stores.size()), {}};
    const auto ready = log->append(*lease, {live}, "test", clock_);  // a crash may come out of it
    REQUIRE(ready);
  }
  if (!want.empty()) REQUIRE(real->add_request({run_id_, want, "tester@test", "asked by a test"}));
  runtime::Stores stores = tests::stores_of(log->plan(), folder_);
  LeapingWaiter waiter(clock_);
  ProgressObserver observer([this](const std::string& step, const std::string& said) {
    if (said.empty()) return;
    write_after(step, said);
    if (stop_at_ == step && said == stop_when_said_) throw Reached{};
  });
  const std::atomic<bool> is_stopping{false};
  runtime::Executor executor(*log, *lease, stores, clock_, waiter, observer, is_stopping,
                             real->uuid(), folder_);
  // A crash right after a record hid it from the application, which is no part of the run.
  for (std::uint32_t i = 0; i < log->plan().steps.size(); ++i) {
    if (log->state().steps[i].status == plan::StepStatus::Done)
      write_after(log->plan().steps[i].name);
    if (log->state().steps[i].status == plan::StepStatus::Running)
      approve_beside(*real, log->state(), plan::StepId{i});
  }
  if (stop_at_ || !scenario_.app.empty()) {
    log->observe([&](const plan::Entry& entry) {
      if (const auto* done = std::get_if<plan::StepDone>(&entry.record);
          done && done->direction == plan::Direction::Forward) {
        write_after(log->plan().at(done->step).name);
      }
      std::optional<plan::StepId> reached;
      if (const auto* started = std::get_if<plan::StepStarted>(&entry.record);
          started && !stop_when_done_) {
        reached = started->step;
      }
      if (const auto* done = std::get_if<plan::StepDone>(&entry.record); done && stop_when_done_) {
        reached = done->step;
      }
      if (stop_at_ && stop_when_said_.empty() && reached &&
          log->plan().at(*reached).name == *stop_at_)
        throw Reached{};
      if (const auto* started = std::get_if<plan::StepStarted>(&entry.record);
          started && started->direction == plan::Direction::Forward) {
        approve_beside(*real, log->state(), started->step);
      }
    });
  }
  auto end = executor.run(
      runtime::Limits{.until_blocked = true, .max_wait = std::chrono::hours(24 * 365)});
  INFO((end ? std::string() : end.error().message));
  REQUIRE(end);
  if (crash.is_overtaken && appends_ >= crash.append) {
    overtaken_ = end->kind;
    return *end;  // what it knows of the run is not what became of it
  }
  const auto replayed = runtime::RunLog::open(*real, run_id_);
  REQUIRE(replayed);
  CHECK(replayed->state() == log->state());  // what its records add up to, and nothing else
  return *end;
}

std::optional<runtime::RunEnd> ScenarioRun::run(CrashPoint crash) {
  appends_ = 0;
  std::string want;
  try {
    // Each turn may ask for one more approval; a plan has only so many.
    for (int turns = 0; turns < 20; ++turns) {
      auto end = run_once(crash, want);
      if (end->kind != runtime::EndKind::Waiting) return end;
      const std::string who = approval_wanted(state());
      if (who.empty()) return end;
      want = std::string(runtime::kWantApprove) + who;
    }
  } catch (const Crash&) {
    return std::nullopt;
  }
  FAIL("the run asks for approvals without end");
  return std::nullopt;
}

// Its lease is over, so another runner takes the run, and goes on with it to the end.
void ScenarioRun::overtake() {
  clock_.leap_to(clock_.now() + std::chrono::hours(1));
  const int counted = appends_;
  run();
  when_overtaken_ = picture();
  appends_ = counted;
}

void ScenarioRun::run_until(const std::string& step, bool is_done) {
  stop_at_ = step;
  stop_when_done_ = is_done;
  bool reached = false;
  try {
    run();
  } catch (const Reached&) {
    reached = true;
  }
  stop_at_.reset();
  CHECK(reached);
}

void ScenarioRun::run_amid(const std::string& step, const std::string& when) {
  stop_when_said_ = when;
  run_until(step, false);
  stop_when_said_.clear();
}

runtime::RunEnd ScenarioRun::roll_back() {
  auto end = run_once({}, std::string(runtime::kWantRollback));
  run_id_ = fmt::format("run-{}", ++runs_);  // what comes next is another run
  return *end;
}

plan::RunState ScenarioRun::state() const {
  const auto journal = const_cast<ScenarioRun*>(this)->open_journal();
  auto log = runtime::RunLog::open(*journal, run_id_);
  REQUIRE(log);
  return log->state();
}

Picture ScenarioRun::picture() const {
  Picture picture;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == ".db" || entry.path().extension() == ".backup")
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    auto database = runtime::open_sqlite(file, runtime::Mode::ReadOnly);
    REQUIRE(database);
    const std::string text = dump(*database);
    // A file that holds nothing of the user's is as good as none.
    if (text != "\n") picture.stores += fmt::format("== {}\n{}", file.filename().string(), text);
  }
  const plan::Views views(scenario_.plan);
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (!views.at(i).through) continue;
    auto stores = runtime::Stores::find(scenario_.plan, folder_, {});
    REQUIRE(stores);
    const auto routes = runtime::open_router(views.at(i), *stores, folder_)->read();
    REQUIRE(routes);
    picture.routes +=
        fmt::format("reads {} writes {}{}\n", routes->reads.share.parts(),
                    static_cast<int>(routes->writes.authority), routes->version > 0 ? " said" : "");
  }
  const auto journal = const_cast<ScenarioRun*>(this)->open_journal();
  // Resources move side by side: only within one of them is there an order.
  std::map<std::optional<plan::ResourceId>, std::string> logs;
  std::int64_t seq = 0;
  while (true) {
    const auto page = journal->read(seq, 256);
    REQUIRE(page);
    if (page->empty()) break;
    for (const auto& record : *page) {
      seq = record.seq;
      const auto stored = runtime::decode(record);
      REQUIRE(stored);
      if (stored->run != run_id_) continue;
      const auto line = [&](const std::string& what, plan::StepId step, const std::string& more) {
        logs[scenario_.plan.resource_of(step)] +=
            fmt::format("{} {} {}\n", what, scenario_.plan.at(step).name, more);
      };
      std::visit(plan::Overloaded{
                     [&](const plan::StepDone& it) {
                       line(std::string(name(it.direction)), it.step,
                            fmt::format("{} {}/{}/{}/{}", it.summary, it.counts.read,
                                        it.counts.moved, it.counts.kept, it.counts.rejected));
                     },
                     [&](const plan::RunCompleted&) { logs[{}] += "completed\n"; },
                     [&](const plan::RollbackEnded&) { logs[{}] += "rolled back\n"; },
                     [&](const plan::RunPaused& it) {
                       logs[{}] += fmt::format("paused {}\n", name(it.reason));
                     },
                     [&](const plan::ResourceRolledBack& it) {
                       logs[it.resource] += "rolled back alone\n";
                     },
                     [](const auto&) {},
                 },
                 stored->entry.record);
    }
  }
  for (const auto& [resource, log] : logs)
    picture.log += log;
  return picture;
}

}  // namespace mig::test
