#include "compiler/prove/search.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "compiler/prove/application.hpp"
#include "compiler/prove/runs.hpp"

namespace mig::compiler::prove {
namespace {

using plan::Direction;
using plan::RunStatus;
using plan::StepId;
using plan::Trouble;

struct Node {
  RunId run = 0;
  World world;
  std::uint8_t failures = 0;
  std::uint8_t crashes = 0;
  bool is_wrong = false;  // the fault has happened
  // What clients go by that have not heard of the newest change: steps as in World.
  std::uint16_t late_writes = 0;
  std::uint16_t late_reads = 0;
  bool operator==(const Node&) const = default;
};

struct Hash {
  std::size_t operator()(const Node& node) const {
    const World& world = node.world;
    const std::uint64_t parts[] = {
        std::uint64_t{node.run} << 32U | world.flags(),
        std::uint64_t{world.tables} << 32U | world.leftover,
        std::uint64_t{world.writes} << 32U | std::uint64_t{world.reads} << 16U | world.bucket,
        std::uint64_t{node.failures} << 16U | std::uint64_t{node.crashes} << 8U |
            std::uint64_t{node.is_wrong},
        std::uint64_t{node.late_writes} << 16U | node.late_reads};
    std::uint64_t mixed = 0;
    for (const std::uint64_t part : parts)
      mixed = (mixed ^ part) * 0x9E3779B97F4A7C15U ^ mixed >> 29U;  // Fibonacci hashing
    return mixed;
  }
};

class Explorer {
 public:
  Explorer(const Model& model, const Bounds& bounds, const std::set<Harm>& harms)
      : model_(model), plan_(model.plan()), bounds_(bounds), harms_(harms), runs_(model.plan()) {
    for (const plan::Step& step : plan_.steps)
      undo_.push_back(undo_of(plan_, step));
    const bool passes =
        plan_.through && can(plan_.at(*plan_.through).kind, plan::RouterAbility::Requests);
    has_late_clients_ = bounds.has_late_clients && plan_.through && !passes;
  }

  Outcome run() {
    for (const World& world : model_.starts())
      visit(Node{.run = runs_.first(), .world = world}, 0, Move{});
    for (at_ = 0; at_ < origins_.size() && !outcome_.finding && outcome_.is_complete; ++at_) {
      const Node node = *origins_[at_].node;
      let_mig_move(node);
      let_people_move(node);
      let_clients_move(node);
    }
    outcome_.states = seen_.size();
    return std::move(outcome_);
  }

 private:
  struct Origin {
    const Node* node = nullptr;  // in seen_, which never moves its nodes
    std::uint32_t from = 0;
    Move move;
  };

  void visit(const Node& node, std::uint32_t from, const Move& move) {
    if (outcome_.finding) return;
    const auto [place, is_new] = seen_.insert(node);
    if (!is_new) return;
    if (seen_.size() > bounds_.states) outcome_.is_complete = false;
    origins_.push_back({&*place, from, move});
  }

  void visit(const Node& node, const Move& move) { visit(node, at_, move); }

  void harm(Harm harm, const Move& move) {
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

  // After a change of the routes those before it are the ones that some clients still go by.
  static void hear(const World& before, Node& node) {
    if (node.world.writes == before.writes && node.world.reads == before.reads) return;
    node.late_writes = before.writes;
    node.late_reads = before.reads;
  }

  Node with_run(Node node, RunId run) const {
    node.run = run;
    return node;
  }

  // ---- mig

  void let_mig_move(const Node& node) {
    const Runs::Facts& facts = runs_.at(node.run);
    if (facts.status == RunStatus::RollingBack) return go_back(node, facts.next_undo);
    if (facts.status != RunStatus::Running) return;
    if (facts.is_finished) {
      return visit(with_run(node, runs_.completed(node.run)), {Doing::Completes, {}});
    }
    for (const StepId step : facts.ready)
      go_forward(node, step, facts.is_past_marker);
  }

  void go_forward(const Node& node, StepId step, bool is_past_marker) {
    if (const auto harmed = model_.harm_of(node.world, step)) harm(*harmed, {Doing::Does, step});
    const Node open = with_run(node, runs_.started(node.run, step, Direction::Forward));
    if (model_.takes_time(step) && !node.world.copying) {
      Node begun = open;
      model_.begin(begun.world, step);
      visit(begun, {Doing::Begins, step});
    } else if (model_.may_pass(node.world, step)) {
      do_step(node, open, step);
      if (model_.takes_time(step) && model_.is_in_parts()) {
        Node half = open;
        half.world.half = true;
        crash(half, open.run, {Doing::CrashesBetween, step});
      }
    }
    fail(open, {Doing::Fails, step}, Trouble::Permanent);
    if (plan_.at(step).on_fail.retry.times > 0)
      fail(open, {Doing::Fails, step}, Trouble::Transient);
    if (!model_.is_refusable(step)) return;
    if (is_past_marker) harm(Harm::Stuck, {Doing::Refuses, step});
    const bool is_gate = std::holds_alternative<plan::Hold>(plan_.at(step).action);
    if (!is_gate) return;
    fail(open, {Doing::Refuses, step}, Trouble::Breach);
    fail(open, {Doing::Sees, step}, Trouble::NoData);
  }

  // What goes well comes first: of two runs as short as each other people see the plainer one.
  void do_step(const Node& before, const Node& open, StepId step) {
    Node after = open;
    model_.finish(after.world, step);
    hear(open.world, after);
    const RunId done = runs_.done(open.run, step, Direction::Forward);
    visit(with_run(after, done), {Doing::Does, step});
    if (Node wrong = open; !open.is_wrong && model_.finish_wrong(wrong.world, step)) {
      wrong.is_wrong = true;
      visit(with_run(wrong, done), {Doing::DoesWrong, step});
    }
    if (after.world == open.world) return;
    crash(after, bounds_.journals_intents ? open.run : before.run, {Doing::Crashes, step});
    fail(after, {Doing::FailsLate, step}, Trouble::Permanent);
  }

  void fail(Node node, const Move& move, Trouble trouble) {
    if (node.failures >= bounds_.failures) return;
    ++node.failures;
    visit(with_run(node, runs_.failed(node.run, move.step, trouble)), move);
  }

  void crash(Node node, RunId journaled, const Move& move) {
    if (node.crashes >= bounds_.crashes) return;
    ++node.crashes;
    visit(with_run(node, journaled), move);
  }

  void go_back(const Node& node, const std::optional<StepId>& next) {
    if (!next) {
      return visit(with_run(node, runs_.is_back(node.run)), {Doing::IsBack, {}});
    }
    const Move undoes{Doing::Undoes, *next};
    if (undo_[next->index] == plan::UndoKind::None) harm(Harm::NoWayBack, undoes);
    const Node open = with_run(node, runs_.started(node.run, *next, Direction::Back));
    Node undone = open;
    model_.undo(undone.world, *next);
    hear(open.world, undone);
    visit(with_run(undone, runs_.done(open.run, *next, Direction::Back)), undoes);
    if (undone.world == open.world) return;
    fail(open, {Doing::CannotUndo, *next}, Trouble::Permanent);
    crash(undone, open.run, {Doing::CrashesUndoing, *next});
  }

  // ---- people

  void let_people_move(const Node& node) {
    const Runs::Facts& facts = runs_.at(node.run);
    if (facts.status == RunStatus::Paused) {
      visit(with_run(node, runs_.continued(node.run)), {Doing::Continues, {}});
    }
    if (!facts.may_go_back) return;
    visit(with_run(node, runs_.taken_back(node.run)), {Doing::TakesBack, {}});
  }

  // ---- clients, and what follows them

  template <class Act>
  void let(const Node& node, Doing doing, Act act) {
    World world = node.world;
    if (const auto harmed = act(model_, world)) return harm(*harmed, {doing, {}});
    if (world == node.world) return;
    Node next = node;
    next.world = world;
    visit(next, {doing, {}});
  }

  bool is_during(const Node& node) {
    const auto& during = model_.during();
    if (!during) return true;
    const auto& ready = runs_.at(node.run).ready;
    return std::ranges::find(ready, *during) != ready.end();
  }

  // By the routes before the newest change. What a store guards it takes only from who has heard.
  void let_late_clients_move(const Node& node) {
    World late = node.world;
    late.writes = node.late_writes;
    late.reads = node.late_reads;
    if (model_.reads_old(late)) let_late(node, late, Doing::ReadsOld, read_old);
    if (model_.reads_new(late)) let_late(node, late, Doing::ReadsNew, read_new);
    const plan::Side side = model_.authority(late);
    if (side == plan::Side::None) return;
    if (side != model_.authority(node.world)) {
      if (!bounds_.guards_writes) let_late(node, late, Doing::Writes, write);
      return;
    }
    // Triggers and changelogs do not ask the client; under `app` it is the application's promise to
    // write both sides, which previews list.
    let(node, Doing::Writes, write);
  }

  // Where the authority moves there is a version in between that names nobody: who holds to it
  // reads no longer than it says that it is fresh (tests/mc, the switch-overs), and is never too
  // late.
  template <class Act>
  void let_late(const Node& node, const World& late, Doing doing, Act act) {
    const bool has_moved = model_.authority(late) != model_.authority(node.world);
    let(node, doing, [&](const Model& model, World& world) {
      World seen = late;
      const std::optional<Harm> harmed = act(model, seen);
      seen.writes = world.writes;
      seen.reads = world.reads;
      world = seen;
      return has_moved && harmed == Harm::ReadLate ? std::nullopt : harmed;
    });
  }

  void let_clients_move(const Node& node) {
    if (has_late_clients_) let_late_clients_move(node);
    if (may_write(model_, node.world)) let(node, Doing::Writes, write);
    if (model_.crossing(node.world) != Crossing::None) {
      let(node, Doing::Crosses, [](const Model& model, World& world) {
        cross(model, world);
        return std::optional<Harm>();
      });
    }
    if (model_.reads_old(node.world)) let(node, Doing::ReadsOld, read_old);
    if (model_.reads_new(node.world)) let(node, Doing::ReadsNew, read_new);
    if (node.world.sent && !node.is_wrong) harm(Harm::DoneTwice, {Doing::Repeats, {}});
    const bool waits = node.world.old_side.late || node.world.new_side.late;
    if (!waits) return;
    const RunStatus status = runs_.at(node.run).status;
    if (status == RunStatus::Running || status == RunStatus::RollingBack) {
      let(node, Doing::CatchesUp, [](const Model&, World& world) {
        world.catch_up();
        return std::optional<Harm>();
      });
    }
    if (model_.fault() != Fault::FollowerLoses || node.is_wrong || !is_during(node)) return;
    Node lost = node;
    lost.is_wrong = true;
    lost.world.forget();
    visit(lost, {Doing::Forgets, {}});
  }

  const Model& model_;
  const plan::Plan& plan_;
  Bounds bounds_;
  const std::set<Harm>& harms_;
  std::vector<plan::UndoKind> undo_;
  bool has_late_clients_ = false;
  Runs runs_;
  std::unordered_set<Node, Hash> seen_;
  std::vector<Origin> origins_;  // in the order in which they were met, which is the search's queue
  std::uint32_t at_ = 0;
  Outcome outcome_;
};

}  // namespace

Outcome search(const Model& model, const Bounds& bounds, const std::set<Harm>& harms) {
  return Explorer(model, bounds, harms).run();
}

}  // namespace mig::compiler::prove
