#include "compiler/prove/search.hpp"

#include <algorithm>
#include <cassert>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/consequences.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "compiler/prove/application.hpp"

namespace mig::compiler::prove {
namespace {

using plan::RunState;
using plan::RunStatus;
using plan::StepId;
using plan::StepStatus;
using plan::Trouble;

struct Node {
  RunState run;
  World world;
  int failures = 0;
  int crashes = 0;
  bool is_wrong = false;  // the fault has happened
};

bool is_forward_run(const Node& node) {
  return node.run.status == RunStatus::Running;
}

// What tells two nodes apart. What only people read does not, and neither does when it happened.
class Key {
 public:
  static std::string of(const Node& node) {
    Key key;
    key.add(node);
    return std::move(key.text_);
  }

 private:
  void put(std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i)
      text_.push_back(static_cast<char>(number >> (8 * i)));
  }

  void add(const Node& node) {
    const RunState& run = node.run;
    text_.reserve(run.steps.size() + 40);
    put(static_cast<std::uint32_t>(run.status) | static_cast<std::uint32_t>(run.direction) << 4U,
        1);
    put(run.rollback_to ? run.rollback_to->index + 1 : 0, 2);
    put(run.retreat ? run.retreat->index + 1 : 0, 2);
    put(static_cast<std::uint32_t>(node.failures | node.crashes << 4U | int{node.is_wrong} << 7U),
        1);
    put(node.world.tables, 4);
    put(node.world.leftover, 4);
    put(node.world.writes, 2);
    put(node.world.reads, 2);
    put(node.world.bucket, 2);
    put(node.world.flags(), 4);
    add_steps(run);
  }

  // A step that was undone is as if it had never run: on the way back nothing starts again, and
  // where the way back ends on the way, it stands before its first start.
  void add_steps(const RunState& run) {
    const bool is_back = run.direction == plan::Direction::Back;
    std::uint32_t newest = 0;
    bool in_order = true;
    for (const plan::StepState& step : run.steps) {
      const bool is_gone = is_back && step.status == StepStatus::Undone;
      const auto status = is_gone ? StepStatus::Pending : step.status;
      const auto failures = is_gone ? 0U : std::min(step.failures, 3U);
      const auto direction = is_gone ? 0U : static_cast<std::uint32_t>(step.direction);
      put(static_cast<std::uint32_t>(status) | failures << 4U | direction << 6U, 1);
      if (step.started == 0 || is_gone) continue;
      in_order = in_order && step.started > newest;
      newest = step.started;
    }
    if (in_order) return;  // as written: nothing more to say
    for (const plan::StepState& step : run.steps)
      put(step.started, 2);
  }

  std::string text_;
};

class Explorer {
 public:
  Explorer(const Model& model, const Bounds& bounds, const std::set<Harm>& harms)
      : model_(model), plan_(model.plan()), bounds_(bounds), harms_(harms) {
    for (const plan::Step& step : plan_.steps)
      undo_.push_back(undo_of(plan_, step));
  }

  Outcome run() {
    for (const World& world : model_.starts())
      visit(first(world), 0, Move{});
    while (!queue_.empty() && !outcome_.finding && outcome_.is_complete) {
      at_ = queue_.front().second;
      const Node node = std::move(queue_.front().first);
      queue_.pop_front();
      let_mig_move(node);
      let_people_move(node);
      let_clients_move(node);
    }
    outcome_.states = seen_.size();
    return std::move(outcome_);
  }

 private:
  struct Origin {
    std::uint32_t from = 0;
    Move move;
  };

  Node first(const World& world) const {
    Node node{plan::initial_state(plan_), world};
    append(node, plan::RunCreated{.run = "run"});
    append(node, plan::RunReady{.identities = std::vector<std::string>(plan_.stores.size())});
    append(node, plan::RunnerArrived{});
    return node;
  }

  void append(Node& node, const plan::Record& record) const {
    const auto applied = plan::apply(plan_, node.run, {node.run.seq + 1, 0, 0, {}, record});
    assert(applied.has_value());
  }

  void visit(Node node, std::uint32_t from, const Move& move) {
    ++outcome_.moves;
    if (outcome_.finding) return;
    const auto [place, is_new] =
        seen_.emplace(Key::of(node), static_cast<std::uint32_t>(origins_.size()));
    if (!is_new) return;
    if (seen_.size() > bounds_.states) outcome_.is_complete = false;
    origins_.push_back({from, move});
    queue_.emplace_back(std::move(node), place->second);
  }

  void visit(Node node, const Move& move) { visit(std::move(node), at_, move); }

  void harm(Harm harm, const Move& move) {
    ++outcome_.moves;
    const bool is_wanted = harms_.empty() || harms_.contains(harm);
    if (!is_wanted || outcome_.finding) return;
    Finding finding{.harm = harm, .moves = {move}};
    std::uint32_t at = at_;
    for (; at >= model_.starts().size(); at = origins_[at].from)
      finding.moves.push_back(origins_[at].move);
    finding.start = at;
    std::ranges::reverse(finding.moves);
    outcome_.finding = std::move(finding);
  }

  // ---- mig

  void let_mig_move(const Node& node) {
    if (node.run.status == RunStatus::RollingBack) return go_back(node);
    if (!is_forward_run(node)) return;
    if (is_finished(plan_, node.run)) {
      Node next = node;
      append(next, plan::RunCompleted{});
      return visit(std::move(next), {Doing::Completes, {}});
    }
    for (const StepId step : ready(plan_, node.run))
      go_forward(node, step);
  }

  void go_forward(const Node& node, StepId step) {
    if (const auto harmed = model_.harm_of(node.world, step)) harm(*harmed, {Doing::Does, step});
    const bool begins = model_.takes_time(step) && !node.world.copying;
    Node open = node;
    if (node.run.at(step).status != StepStatus::Running)
      append(open, plan::StepStarted{step, plan::Direction::Forward});
    if (begins) {
      Node begun = open;
      model_.begin(begun.world, step);
      visit(std::move(begun), {Doing::Begins, step});
    } else if (model_.may_pass(node.world, step)) {
      do_step(node, open, step);
    }
    fail(open, step, {Doing::Fails, step}, Trouble::Permanent);
    if (plan_.at(step).on_fail.retry.times > 0)
      fail(open, step, {Doing::Fails, step}, Trouble::Transient);
    if (!model_.is_refusable(step)) return;
    if (is_past_point_of_no_return(plan_, node.run)) harm(Harm::Stuck, {Doing::Refuses, step});
    const bool is_gate = std::holds_alternative<plan::Hold>(plan_.at(step).action);
    if (!is_gate) return;
    fail(open, step, {Doing::Refuses, step}, Trouble::Breach);
    fail(open, step, {Doing::Sees, step}, Trouble::NoData);
  }

  // What goes well comes first: of two runs as short as each other people see the plainer one.
  void do_step(const Node& before, const Node& open, StepId step) {
    Node after = open;
    model_.finish(after.world, step);
    const bool has_effect = after.world != open.world;
    Node done = after;
    append(done, plan::StepDone{.step = step});
    visit(std::move(done), {Doing::Does, step});
    if (Node wrong = open; !open.is_wrong && model_.finish_wrong(wrong.world, step)) {
      wrong.is_wrong = true;
      append(wrong, plan::StepDone{.step = step});
      visit(std::move(wrong), {Doing::DoesWrong, step});
    }
    if (!has_effect) return;
    if (after.crashes < bounds_.crashes) {
      Node crashed = after;
      ++crashed.crashes;
      if (!bounds_.journals_intents) crashed.run = before.run;
      visit(std::move(crashed), {Doing::Crashes, step});
    }
    fail(std::move(after), step, {Doing::FailsLate, step}, Trouble::Permanent);
  }

  void fail(Node node, StepId step, const Move& move, Trouble trouble) {
    if (node.failures >= bounds_.failures) return;
    ++node.failures;
    for (const auto& record : records_of(plan_, node.run, {step, trouble, {}}, 0))
      append(node, record);
    visit(std::move(node), move);
  }

  void go_back(const Node& node) {
    const auto next = next_undo(plan_, node.run);
    if (!next) {
      Node back = node;
      append(back, plan::RollbackEnded{});
      return visit(std::move(back), {Doing::IsBack, {}});
    }
    const Move undoes{Doing::Undoes, *next};
    if (undo_[next->index] == plan::UndoKind::None) harm(Harm::NoWayBack, undoes);
    Node open = node;
    const plan::StepState& step = node.run.at(*next);
    if (step.status != StepStatus::Running || step.direction != plan::Direction::Back)
      append(open, plan::StepStarted{*next, plan::Direction::Back});
    Node undone = open;
    model_.undo(undone.world, *next);
    Node done = undone;
    append(done, plan::StepDone{.step = *next, .direction = plan::Direction::Back});
    visit(std::move(done), undoes);
    if (undone.world == open.world) return;
    fail(open, *next, {Doing::CannotUndo, *next}, Trouble::Permanent);
    if (undone.crashes >= bounds_.crashes) return;
    ++undone.crashes;
    visit(std::move(undone), {Doing::CrashesUndoing, *next});
  }

  // ---- people

  void let_people_move(const Node& node) {
    const bool is_paused = node.run.status == RunStatus::Paused;
    if (is_paused) {
      Node on = node;
      append(on, plan::RunContinued{});
      visit(std::move(on), {Doing::Continues, {}});
    }
    const bool may_go_back = (is_paused || is_forward_run(node)) &&
                             node.run.direction == plan::Direction::Forward && node.run.starts > 0;
    if (!may_go_back || is_barred(plan_, node.run, {}, {})) return;
    Node back = node;
    append(back, plan::RollbackStarted{});
    visit(std::move(back), {Doing::TakesBack, {}});
  }

  // ---- clients, and what follows them

  template <class Act>
  void let(const Node& node, Doing doing, Act act) {
    World world = node.world;
    if (const auto harmed = act(model_, world)) return harm(*harmed, {doing, {}});
    if (world == node.world) return;
    Node next = node;
    next.world = world;
    visit(std::move(next), {doing, {}});
  }

  void let_clients_move(const Node& node) {
    if (may_write(model_, node.world)) let(node, Doing::Writes, write);
    if (model_.reads_old(node.world)) let(node, Doing::ReadsOld, read_old);
    if (model_.reads_new(node.world)) let(node, Doing::ReadsNew, read_new);
    const bool waits = node.world.old_side.late || node.world.new_side.late;
    if (!waits) return;
    if (is_forward_run(node) || node.run.status == RunStatus::RollingBack) {
      let(node, Doing::CatchesUp, [](const Model&, World& world) {
        world.catch_up();
        return std::optional<Harm>();
      });
    }
    if (model_.fault() != Fault::FollowerLoses || node.is_wrong) return;
    Node lost = node;
    lost.is_wrong = true;
    lost.world.forget();
    visit(std::move(lost), {Doing::Forgets, {}});
  }

  const Model& model_;
  const plan::Plan& plan_;
  Bounds bounds_;
  const std::set<Harm>& harms_;
  std::vector<plan::UndoKind> undo_;
  std::unordered_map<std::string, std::uint32_t> seen_;
  std::vector<Origin> origins_;
  std::deque<std::pair<Node, std::uint32_t>> queue_;
  std::uint32_t at_ = 0;
  Outcome outcome_;
};

}  // namespace

Outcome search(const Model& model, const Bounds& bounds, const std::set<Harm>& harms) {
  return Explorer(model, bounds, harms).run();
}

}  // namespace mig::compiler::prove
