// The one screen that `mig apply` shows before it asks.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/plan/hash.hpp"
#include "compiler/plan/resident_span.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"
#include "compiler/prove/prove.hpp"
#include "runtime/cli/observers.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/wrapped.hpp"

namespace mig::cli {
namespace {

// The screen is a table of four columns: a sign, the phase, what happens, the way back.
constexpr std::size_t kWidth = 100;
constexpr std::size_t kPhaseWidth = 18;
constexpr std::size_t kBackWidth = 13;

struct Row {
  std::string_view sign;
  std::string what;
  std::string back;
};

class Screen {
 public:
  Screen(const plan::Plan& plan, const Preflight& live)
      : plan_(plan), views_(plan), live_(live), seen_(&plan) {}

  std::string draw(const std::string& run) {
    std::string out =
        folded("", fmt::format("{}   {}   env {}", plan_.name,
                               plan_.resources.empty() ? sides(plan_) : resources(), plan_.env));
    out += folded("  ", fmt::format("plan {}   {}", print_short(plan_hash(plan_)),
                                    print(compiler::proof_of(plan_))));
    if (!run.empty()) out += folded("  ", fmt::format("run {} goes on from its journal", run));
    out += "\nLive\n";
    for (const LiveDataset& dataset : live_.datasets) {
      out += live_line(plan_.at(dataset.id).name,
                       dataset.exists ? fmt::format("{} rows (exact)", grouped(dataset.rows))
                                      : "does not exist");
    }
    for (const runtime::RowSample& sample : live_.samples) {
      if (sample.read == 0) continue;
      const auto position = static_cast<std::size_t>(&sample - live_.samples.data());
      out +=
          live_line(plan_.resources.empty() ? "transform" : plan_.resources[position].name,
                    fmt::format("{} rows sampled: {} ok, {} rejected", grouped(sample.read),
                                grouped(sample.read - sample.rejected), grouped(sample.rejected)));
    }
    for (const std::string& warning : live_.warnings)
      out += folded("  ! ", warning);
    out += fmt::format("\n{:<{}} {}\n", "Steps", kWidth - kBackWidth - 1, "way back");
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const plan::Step& step = plan_.steps[i];
      out += heading_of(plan::StepId{i});
      if (plan_.at(step.phase).steps.front() == plan::StepId{i}) out += window_of(step.phase);
      out += line(step);
    }
    return out + limits() + totals();
  }

 private:
  std::string names(const std::vector<plan::DatasetId>& ids) const {
    std::vector<std::string> texts;
    texts.reserve(ids.size());
    for (const plan::DatasetId id : ids)
      texts.push_back(plan_.at(id).name);
    return fmt::format("{}", fmt::join(texts, ", "));
  }

  std::string sides(const plan::Sides& sides) const {
    return fmt::format("{} -> {}", print_old(plan_, sides), print_new(plan_, sides));
  }
  std::string resources() const {
    std::vector<std::string> texts;
    for (const plan::Resource& resource : plan_.resources)
      texts.push_back(resource.name);
    return fmt::format("{}", fmt::join(texts, ", "));
  }

  // Above the first step of a resource, and of what follows all of them: what is moved there.
  std::string heading_of(plan::StepId id) {
    const auto resource = plan_.resource_of(id);
    const bool is_first = id.index == 0 || plan_.resource_of({id.index - 1}) != resource;
    seen_ = &views_.of(id);
    if (plan_.resources.empty() || !is_first) return {};
    if (!resource) return folded("  ", id.index == 0 ? "[before]" : "[after all]");
    const bool may = may_go_back_alone(plan_, *resource);
    return folded("  ",
                  fmt::format("[{}]  {}{}", plan_.at(*resource).name, sides(plan_.at(*resource)),
                              may ? ", and may go back alone" : ""));
  }

  std::int64_t rows(const std::vector<plan::DatasetId>& ids) const {
    std::int64_t sum = 0;
    for (const plan::DatasetId id : ids)
      sum += live_.datasets.at(id.index).rows;
    return sum;
  }

  std::string field(plan::DatasetId dataset, std::uint32_t index) const {
    return fmt::format("{}.{}", plan_.at(dataset).name,
                       plan_.entity_of(dataset).fields[index].name);
  }

  // Nothing is cut off: what is destroyed, and why, is read here before anybody says yes.
  static std::string folded(std::string_view indent, std::string_view text) {
    std::string out;
    for (const std::string& line : wrapped(text, kWidth - indent.size())) {
      const std::string_view before = out.empty() ? indent : std::string_view();
      out += fmt::format("{:<{}}{}\n", before, indent.size(), line);
    }
    return out;
  }

  static std::string live_line(const std::string& name, const std::string& what) {
    return folded("  ", fmt::format("{:<20} {}", name, what));
  }

  std::string line(const plan::Step& step) {
    if (const auto* marker = std::get_if<plan::PointOfNoReturn>(&step.action)) {
      std::string out;
      const std::string whose = seen_->seen_by ? " of " + plan_.at(*seen_->seen_by).name : "";
      const std::string title = fmt::format("point of no return{}: {}", whose, marker->reason);
      for (const std::string& text : wrapped(title, kWidth - 8))
        out += fmt::format("  {:-^{}}\n", fmt::format(" {} ", text), kWidth - 4);
      return out;
    }
    return line(step.phase, row_of(step));
  }

  // When the steps below may run.
  std::string window_of(plan::PhaseId id) const {
    const auto& window = plan_.at(id).window;
    if (!window) return {};
    const auto opens = live_.opens.find(id);
    const std::string now = opens == live_.opens.end()
                                ? "open now"
                                : fmt::format("opens {}", runtime::print(opens->second));
    return line(id, Row{"?", fmt::format("only {}; {}", print(*window), now),
                        window->at_end == plan::AtEnd::Rollback ? "or back" : ""});
  }

  std::string line(plan::PhaseId id, const Row& row) const {
    const auto phase = wrapped(plan_.at(id).name, kPhaseWidth);
    const auto what = wrapped(row.what, kWidth - kPhaseWidth - kBackWidth - 6);
    std::string out;
    for (std::size_t i = 0; i < std::max(phase.size(), what.size()); ++i) {
      std::string text =
          fmt::format("  {:<1} {:<{}} {:<{}} {}", i == 0 ? row.sign : "",
                      i < phase.size() ? phase[i] : "", kPhaseWidth, i < what.size() ? what[i] : "",
                      kWidth - kPhaseWidth - kBackWidth - 6, i == 0 ? row.back : "");
      text.erase(text.find_last_not_of(' ') + 1);
      out += text + "\n";
    }
    return out;
  }

  std::string way_back(const plan::Step& step) const {
    switch (undo_of(plan_, step)) {
      case plan::UndoKind::Inverse:
        return "undone";
      case plan::UndoKind::Nothing:
        return "none needed";
      case plan::UndoKind::None:
        return "none";
    }
    return {};
  }

  plan::StepId id_of(const plan::Step& step) const {
    return plan::StepId{static_cast<std::uint32_t>(&step - plan_.steps.data())};
  }

  Row row_of(const plan::Step& step) {
    Row shown = std::visit([&](const auto& action) { return row(action); }, step.action);
    if (std::holds_alternative<plan::RouteReads>(step.action)) {
      shown.back =
          "reads " + print(*seen_, plan::route_before<plan::RouteReads>(*seen_, id_of(step)));
    }
    if (std::holds_alternative<plan::Leave>(step.action))
      shown.what = fmt::format("stays so: {}; {}", left_on(*seen_, id_of(step)), shown.what);
    if (shown.back.empty()) shown.back = way_back(step);
    return shown;
  }

  // One for each action. Some have a way back of their own, the others' follows from the step.
  Row row(const plan::Create& it) {
    created_ += static_cast<std::int64_t>(it.datasets.size());
    return Row{"+", fmt::format("create {}", names(it.datasets)), "dropped again"};
  }
  Row row(const plan::AddField& it) const {
    return Row{"+", fmt::format("add field {}", field(it.dataset, it.field)), "dropped again"};
  }
  Row row(const plan::AddIndex& it) const {
    return Row{
        "+",
        fmt::format("add {}index on {}", it.unique ? "unique " : "", plan_.at(it.dataset).name),
        "dropped again"};
  }
  Row row(const plan::DropField& it) const {
    return Row{"-", fmt::format("drop field {}", field(it.dataset, it.field))};
  }
  Row row(const plan::Drop& it) {
    destroyed_ += rows(it.datasets);
    return Row{"-", fmt::format("drop {}: {} rows deleted", names(it.datasets),
                                grouped(rows(it.datasets)))};
  }
  Row row(const plan::Purge& it) {
    destroyed_ += rows(it.datasets);
    return Row{
        "-",
        fmt::format("purge {}: {} rows deleted", names(it.datasets), grouped(rows(it.datasets))),
        "stays empty"};
  }
  Row row(const plan::Backup& it) const {
    return Row{">", fmt::format("backup {} to {}", names(it.datasets), it.to)};
  }
  Row row(const plan::Sql& it) const {
    return Row{"~", fmt::format("sql in {}", plan_.at(it.store).name)};
  }
  Row row(const plan::Copy& it) const {
    return Row{">", fmt::format("copy {} rows, {} at a time", grouped(rows({seen_->from})),
                                grouped(it.chunk.value))};
  }
  static Row row(const plan::Verify& it) {
    return Row{"=", fmt::format("compare {}{}",
                                it.sample ? print(*it.sample) + " of the rows" : "all rows",
                                it.repair ? ", repair" : "")};
  }
  static Row row(const plan::RouteWrites& it) {
    if (it.to != plan::Side::None) return Row{"*", "writes go to " + print(it)};
    return Row{"*",
               it.max_downtime
                   ? fmt::format("writes stand still, at most {}", plan::print(*it.max_downtime))
                   : std::string("writes stand still"),
               "writes old"};
  }
  static Row row(const plan::Rehearse&) {
    return Row{"*", "rehearse the rollback: writes go to old, and to new again"};
  }
  Row row(const plan::RouteReads& it) const {
    return Row{"%", fmt::format("reads go to {}", print(*seen_, it))};
  }
  Row row(const plan::Hold& it) const {
    std::vector<std::string> gates;
    gates.reserve(it.gates.size());
    for (const plan::GateId id : it.gates)
      gates.push_back(plan_.at(id).name);
    return Row{"?", it.required ? fmt::format("gate {}", fmt::join(gates, ", "))
                                : fmt::format("hold {} {}", plan::print(it.length),
                                              fmt::join(gates, ", "))};
  }
  static Row row(const plan::Approve& it) {
    return Row{"?", fmt::format("approval of {}{}", it.who,
                                it.by_author ? ", or of whoever starts the run" : "")};
  }
  static Row row(const plan::Accept& it) {
    return Row{"!", fmt::format("accepted: {}", it.reason)};
  }
  static Row row(const plan::Leave& it) { return Row{"!", it.reason}; }
  static Row row(const plan::PointOfNoReturn&) { return Row{"!", ""}; }
  static Row row(const plan::Shadow& it) {
    if (it.share == plan::Ratio()) return Row{"=", "answers are compared no longer"};
    return Row{"=", fmt::format("both sides answer {} of the reads, and the answers are compared",
                                print(it.share))};
  }
  static Row row(const plan::Parity& it) {
    return Row{"=", fmt::format("compare the answers to the requests of {}", it.suite)};
  }
  static Row row(const plan::Freeze& it) {
    return Row{"!", fmt::format("the names and fields of {} stay as they are", it.contract)};
  }
  static Row row(const plan::Capture& it) {
    return Row{"?", fmt::format("what the old side measures is kept as {}", it.baseline)};
  }

  // How long a step may take, each limit with the verbs it holds for.
  std::string limits() const {
    std::map<plan::Duration, std::vector<std::string>> verbs;
    for (const plan::Step& step : plan_.steps) {
      if (!step.limit) continue;
      auto& some = verbs[*step.limit];
      const std::string verb(name(step.action));
      if (std::ranges::find(some, verb) == some.end()) some.push_back(verb);
    }
    std::vector<std::string> parts;
    parts.reserve(verbs.size());
    for (const auto& [limit, some] : verbs)
      parts.push_back(fmt::format("{} {}", plan::print(limit), fmt::join(some, ", ")));
    if (parts.empty()) return {};
    return fmt::format("\n  a step fails that takes longer than   {}\n",
                       fmt::join(parts, "\n                                        "));
  }

  std::string totals() const {
    std::string residents;
    for (std::size_t i = 0; i < views_.size(); ++i) {
      if (const auto span = resident_span(views_.at(i)))
        residents += fmt::format("  {}\n", print(plan_, *span));
    }
    return fmt::format("\n  creates {} {}, deletes {} rows{}\n{}", created_,
                       created_ == 1 ? "table" : "tables", grouped(destroyed_),
                       has_marker() ? " behind the point of no return" : "", residents);
  }

  bool has_marker() const {
    return std::ranges::any_of(plan_.steps, [](const plan::Step& step) {
      return std::holds_alternative<plan::PointOfNoReturn>(step.action);
    });
  }

  const plan::Plan& plan_;
  const plan::Views views_;
  const Preflight& live_;
  const plan::Plan* seen_;  // by the resource whose step is drawn
  std::int64_t created_ = 0;
  std::int64_t destroyed_ = 0;
};

}  // namespace

std::string preview(const plan::Plan& plan, const Preflight& live, const std::string& run) {
  return Screen(plan, live).draw(run);
}

}  // namespace mig::cli
