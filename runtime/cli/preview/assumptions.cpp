#include "runtime/cli/preview/assumptions.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"

namespace mig::cli {
namespace {

template <class A>
bool has_step(const plan::Plan& plan) {
  return std::ranges::any_of(
      plan.steps, [](const plan::Step& step) { return std::holds_alternative<A>(step.action); });
}

bool has_mirror(const plan::Plan& plan, plan::WriteMode mode) {
  return std::ranges::any_of(plan.steps, [&](const plan::Step& step) {
    const auto* writes = std::get_if<plan::RouteWrites>(&step.action);
    return writes != nullptr && writes->mirror == mode;
  });
}

bool stops_writes(const plan::Plan& plan) {
  return std::ranges::any_of(plan.steps, [&](const plan::Step& step) {
    const auto* writes = std::get_if<plan::RouteWrites>(&step.action);
    return writes != nullptr && (writes->to == plan::Side::None || writes->max_pause);
  });
}

class Assumptions {
 public:
  Assumptions(const plan::Plan& plan, const Preflight* live) : plan_(plan), live_(live) {}

  std::vector<ShownAssumption> list() {
    about_routes();
    about_writers();
    about_keys();
    about_mirrors();
    about_inverse();
    about_statements();
    about_reports();
    about_time();
    return std::move(list_);
  }

 private:
  void add(std::string text, std::string support = {}) {
    list_.push_back({std::move(text), std::move(support)});
  }

  void about_routes() {
    const bool routes = has_step<plan::RouteReads>(plan_) || has_step<plan::RouteWrites>(plan_);
    if (!routes) return;
    std::set<std::string> routers;
    const plan::Views views(plan_);
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto& through = views.at(i).through;
      if (through) routers.insert(plan_.at(*through).name);
    }
    if (routers.empty()) {
      add("the application moves as a whole when the steps say so: there is no router");
      return;
    }
    add(fmt::format("the application asks {}", fmt::join(routers, ", ")),
        stops_writes(plan_) ? "where writes stop or move, triggers refuse others" : "");
  }

  void about_writers() {
    const bool looked = live_ != nullptr && !live_->datasets.empty();
    add("nobody else writes to the new side", !looked ? ""
                                              : live_->other_writers.empty()
                                                  ? "no trigger, no other process there now"
                                                  : "see M5005: somebody may");
  }

  // Of the kinds of store only Redis lets everybody write whatever mig has said.
  void about_keys() {
    about_kept_keys();
    const bool has_keys = std::ranges::any_of(
        plan_.datasets, [](const plan::Dataset& dataset) { return dataset.keys.has_value(); });
    if (!has_keys || !stops_writes(plan_)) return;
    add("who writes to Redis watches the key `mig:ctl:{mig}:guard`",
        "a server refuses nobody by itself");
  }

  // A backup elsewhere is of one moment.
  void about_kept_keys() {
    const auto has_keys = [&](plan::DatasetId id) { return plan_.at(id).keys.has_value(); };
    for (const plan::Step& step : plan_.steps) {
      const auto* backup = std::get_if<plan::Backup>(&step.action);
      if (backup == nullptr) continue;
      const auto keyed = std::ranges::find_if(backup->datasets, has_keys);
      if (keyed == backup->datasets.end()) continue;
      add(fmt::format("nobody writes to `{}` while it is backed up", plan_.at(*keyed).name),
          "Redis shows no moment: each key is looked at once more");
      return;
    }
  }

  void about_mirrors() {
    if (has_mirror(plan_, plan::WriteMode::App))
      add("under `mode = app` the application writes both sides",
          "each comparison says whether it did");
    if (has_mirror(plan_, plan::WriteMode::Sync)) add("every write passes through the router", "");
  }

  void about_inverse() {
    const plan::Views views(plan_);
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto& back = views.at(i).back;
      if (!back) continue;
      add(fmt::format("`{}` gives back what `via` took", plan_.at(*back).name),
          "`mig test` tries made-up rows");
      return;
    }
  }

  void about_statements() {
    std::vector<std::string> names;
    for (const plan::Step& step : plan_.steps) {
      if (std::holds_alternative<plan::Sql>(step.action)) names.push_back(step.name);
    }
    if (!names.empty())
      add(fmt::format("the author's own statements do what they are for: {}",
                      fmt::join(names, ", ")));
  }

  void about_reports() {
    std::vector<std::string> names;
    for (const plan::Metric& metric : plan_.metrics) {
      if (!std::holds_alternative<plan::SqlSource>(metric.source)) names.push_back(metric.name);
    }
    if (!names.empty())
      add(fmt::format("clients see what is reported: {}", fmt::join(names, ", ")),
          "silence is no pass");
  }

  void about_time() {
    const bool waits = std::ranges::any_of(
        plan_.phases, [](const plan::Phase& one) { return one.window.has_value(); });
    const bool is_fresh = std::ranges::any_of(plan_.steps, [](const plan::Step& step) {
      const auto* reads = std::get_if<plan::RouteReads>(&step.action);
      return reads != nullptr && reads->stale_ok > plan::Duration::zero();
    });
    if (is_fresh) {
      add("the clocks of mig and of clients agree", "a client that is ahead asks the authority");
    } else if (waits) {
      add("the clock of the machine that runs mig is right: windows open by it");
    }
  }

  const plan::Plan& plan_;
  const Preflight* live_;
  std::vector<ShownAssumption> list_;
};

// What a step asks of a store's lock; nothing where it only reads, or waits.
std::optional<std::string_view> held_by(const plan::Action& action) {
  using Held = std::optional<std::string_view>;
  return std::visit(plan::Overloaded{
                        [](const plan::Create&) { return Held("tables"); },
                        [](const plan::AddField&) { return Held("tables"); },
                        [](const plan::AddIndex&) { return Held("tables"); },
                        [](const plan::DropField&) { return Held("tables"); },
                        [](const plan::Drop&) { return Held("tables"); },
                        [](const plan::Purge&) { return Held("rows"); },
                        [](const plan::Sql&) { return Held("a statement of the author's"); },
                        [](const plan::Copy&) { return Held("rows, a part at a time"); },
                        [](const plan::Verify&) { return Held(); },
                        [](const plan::RouteWrites&) { return Held("triggers"); },
                        [](const plan::Rehearse&) { return Held("triggers"); },
                        [](const plan::Leave&) { return Held("triggers"); },
                        [](const plan::RouteReads&) { return Held(); },
                        [](const plan::Shadow&) { return Held(); },
                        [](const plan::Parity&) { return Held(); },
                        [](const plan::Freeze&) { return Held(); },
                        [](const plan::Capture&) { return Held(); },
                        [](const plan::Hold&) { return Held(); },
                        [](const plan::Approve&) { return Held(); },
                        [](const plan::Backup&) { return Held(); },
                        [](const plan::Accept&) { return Held(); },
                        [](const plan::PointOfNoReturn&) { return Held(); },
                    },
                    action);
}

// The stores that a step writes to.
std::set<std::uint32_t> stores_of(const plan::Plan& view, const plan::Action& action) {
  std::set<std::uint32_t> stores;
  if (view.are_services()) return stores;
  for (const plan::DatasetId id : datasets_of(action))
    stores.insert(view.at(id).store.index);
  if (const auto* sql = std::get_if<plan::Sql>(&action)) stores.insert(sql->store.index);
  const bool is_copy = std::holds_alternative<plan::Copy>(action);
  const bool is_route = std::holds_alternative<plan::RouteWrites>(action) ||
                        std::holds_alternative<plan::Rehearse>(action) ||
                        std::holds_alternative<plan::Leave>(action);
  if (is_copy || is_route) {
    for (const plan::DatasetId id : view.to)
      stores.insert(view.at(id).store.index);
  }
  if (is_route) stores.insert(view.at(view.from).store.index);
  return stores;
}

}  // namespace

std::vector<ShownAssumption> assumptions_of(const plan::Plan& plan, const Preflight* live) {
  return Assumptions(plan, live).list();
}

std::vector<std::string> locks_of(const plan::Plan& plan) {
  const plan::Views views(plan);
  // Of each store what is held, with the phases that hold it, in the plan's order.
  std::map<std::uint32_t, std::vector<std::pair<std::string, std::vector<std::string>>>> held;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const plan::StepId id{i};
    const auto what = held_by(plan.at(id).action);
    if (!what) continue;
    const std::string& phase = plan.at(plan.at(id).phase).name;
    for (const std::uint32_t store : stores_of(views.of(id), plan.at(id).action)) {
      if (!can(plan.stores[store].kind, plan::StoreAbility::Guard)) continue;  // it has no locks
      auto& lines = held[store];
      const auto is_same = [&](const auto& line) { return line.first == *what; };
      auto line = std::ranges::find_if(lines, is_same);
      if (line == lines.end()) line = lines.insert(lines.end(), {std::string(*what), {}});
      if (line->second.empty() || line->second.back() != phase) line->second.push_back(phase);
    }
  }
  std::vector<std::string> texts;
  for (const auto& [index, lines] : held) {
    const plan::Store& store = plan.stores[index];
    std::vector<std::string> parts;
    for (const auto& [what, phases] : lines)
      parts.push_back(fmt::format("{} ({})", what, fmt::join(phases, ", ")));
    const plan::Duration longest = store.kind == plan::StoreKind::Sqlite
                                       ? store.busy_timeout
                                       : store.lock_timeout.value_or(plan::Duration::zero());
    const std::string waits = longest > plan::Duration::zero()
                                  ? fmt::format("; waits at most {}", plan::print(longest))
                                  : std::string();
    texts.push_back(fmt::format("{}: {}{}", store.name, fmt::join(parts, "; "), waits));
  }
  return texts;
}

std::vector<std::string> limits_of(const plan::Plan& plan) {
  std::map<plan::Duration, std::vector<std::string>> verbs;
  for (const plan::Step& step : plan.steps) {
    if (!step.limit) continue;
    auto& some = verbs[*step.limit];
    const std::string verb(name(step.action));
    if (std::ranges::find(some, verb) == some.end()) some.push_back(verb);
  }
  std::vector<std::string> parts;
  parts.reserve(verbs.size());
  for (const auto& [limit, some] : verbs)
    parts.push_back(fmt::format("{} {}", plan::print(limit), fmt::join(some, ", ")));
  return parts;
}

}  // namespace mig::cli
