#include "compiler/prove/trace.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/facts.hpp"
#include "compiler/plan/phrase.hpp"
#include "compiler/prove/application.hpp"

namespace mig::compiler::prove {
namespace {

using plan::StepId;

// What a move does to a world, whatever the machine thinks of it.
std::optional<Harm> act(const Model& model, World& world, const Move& move) {
  switch (move.doing) {
    case Doing::Begins:
      model.begin(world, move.step);
      return std::nullopt;
    case Doing::Does:
    case Doing::FailsLate:
    case Doing::Crashes: {
      const auto harm = model.harm_of(world, move.step);
      if (!model.may_pass(world, move.step)) return std::nullopt;
      model.finish(world, move.step);
      return harm;
    }
    case Doing::DoesWrong:
      (void)model.finish_wrong(world, move.step);
      return std::nullopt;
    case Doing::Undoes:
    case Doing::CrashesUndoing:
      model.undo(world, move.step);
      return std::nullopt;
    case Doing::Writes:
      return may_write(model, world) ? write(model, world) : std::nullopt;
    case Doing::Crosses:
      if (model.crossing(world) != Crossing::None) cross(model, world);
      return std::nullopt;
    case Doing::CrashesBetween:
      world.half = world.copying;
      return std::nullopt;
    case Doing::ReadsOld:
      return model.reads_old(world) ? read_old(model, world) : std::nullopt;
    case Doing::ReadsNew:
      return model.reads_new(world) ? read_new(model, world) : std::nullopt;
    case Doing::CatchesUp:
      world.catch_up();
      return std::nullopt;
    case Doing::Forgets:
      world.forget();
      return std::nullopt;
    case Doing::Repeats:
      return world.sent ? std::optional(Harm::DoneTwice) : std::nullopt;
    case Doing::Fails:
    case Doing::Refuses:
    case Doing::Sees:
    case Doing::CannotUndo:
    case Doing::Completes:
    case Doing::IsBack:
    case Doing::TakesBack:
    case Doing::Continues:
      return std::nullopt;
  }
  assert(false && "every move does something or nothing");
  return std::nullopt;
}

bool is_of_the_machine(Harm harm) {
  return harm == Harm::NoWayBack || harm == Harm::Stuck;
}

// What turns the run around.
bool is_turn(Doing doing) {
  return doing == Doing::TakesBack || doing == Doing::Refuses || doing == Doing::Sees ||
         doing == Doing::Fails || doing == Doing::FailsLate;
}

bool is_of_step(Doing doing) {
  switch (doing) {
    case Doing::Begins:
    case Doing::Does:
    case Doing::DoesWrong:
    case Doing::Fails:
    case Doing::FailsLate:
    case Doing::Crashes:
    case Doing::CrashesBetween:
    case Doing::Refuses:
    case Doing::Sees:
    case Doing::Undoes:
    case Doing::CannotUndo:
    case Doing::CrashesUndoing:
      return true;
    case Doing::Completes:
    case Doing::IsBack:
    case Doing::TakesBack:
    case Doing::Continues:
    case Doing::Writes:
    case Doing::Crosses:
    case Doing::ReadsOld:
    case Doing::ReadsNew:
    case Doing::CatchesUp:
    case Doing::Forgets:
    case Doing::Repeats:
      return false;
  }
  assert(false && "every move is of a step or not");
  return false;
}

bool causes(Doing doing) {
  const bool goes_back =
      doing == Doing::Undoes || doing == Doing::CannotUndo || doing == Doing::CrashesUndoing;
  return is_of_step(doing) && !goes_back;
}

class Teller {
 public:
  Teller(const Model& model, const Finding& finding) : model_(model), finding_(finding) {}

  Trace tell() {
    choose();
    Trace trace;
    bool is_gap = false;
    for (std::size_t i = 0; i < finding_.moves.size(); ++i) {
      if (!kept_[i]) {
        is_gap = true;
        continue;
      }
      if (is_gap) trace.lines.push_back(Told{.text = "…"});
      is_gap = false;
      const Move& move = finding_.moves[i];
      trace.lines.push_back(line(i, move));
      if (causes(move.doing)) trace.cause = move.step;
    }
    if (finding_.harm == Harm::NoWayBack) trace.cause = finding_.moves.back().step;
    trace.sentence = sentence();
    return trace;
  }

 private:
  // The move since which the last one does its harm, where only the kept ones happen; nothing where
  // it does none, or another harm comes first.
  std::optional<std::size_t> harms_since() const {
    const std::size_t last = finding_.moves.size() - 1;
    World world = model_.starts().at(finding_.start);
    std::optional<std::size_t> since;
    for (std::size_t i = 0; i <= last; ++i) {
      World then = world;
      const bool harms = act(model_, then, finding_.moves[last]) == finding_.harm;
      if (harms && !since) since = i;
      if (!harms) since.reset();
      if (i == last || !kept_[i]) continue;
      const bool harms_on_the_way = act(model_, world, finding_.moves[i]).has_value();
      if (harms_on_the_way && !harms_others_[i]) return std::nullopt;
    }
    return since;
  }

  // A search for one harm goes on where others happen.
  void note_other_harms() {
    World world = model_.starts().at(finding_.start);
    for (const Move& move : finding_.moves)
      harms_others_.push_back(act(model_, world, move).has_value());
  }

  bool is_needed(std::size_t position, std::optional<std::size_t> since) {
    kept_[position] = false;
    const bool is_same = harms_since() == since;
    kept_[position] = true;
    return !is_same;
  }

  // What is left out must not be what keeps clients safe, or the run would be of another plan: the
  // harm still begins where it began.
  void choose() {
    const auto& moves = finding_.moves;
    kept_.assign(moves.size(), true);
    if (is_of_the_machine(finding_.harm)) return choose_for_machine();
    note_other_harms();
    const auto since = harms_since();
    assert(since.has_value());
    // One move may matter only beside another that does not: until nothing more can go.
    for (bool is_shorter = true; is_shorter;) {
      is_shorter = false;
      for (std::size_t i = 0; i + 1 < moves.size(); ++i) {
        if (!kept_[i]) continue;
        kept_[i] = is_needed(i, since);
        is_shorter = is_shorter || !kept_[i];
      }
    }
    keep_turns();
  }

  // Whoever goes back says why.
  void keep_turns() {
    const auto& moves = finding_.moves;
    for (std::size_t i = 0; i < moves.size(); ++i) {
      const bool is_back = moves[i].doing == Doing::Undoes || moves[i].doing == Doing::IsBack;
      if (!kept_[i] || !is_back) continue;
      for (std::size_t j = i; j > 0; --j) {
        if (!is_turn(moves[j - 1].doing)) continue;
        kept_[j - 1] = true;
        break;
      }
    }
  }

  void choose_for_machine() {
    const auto& moves = finding_.moves;
    const StepId last = moves.back().step;
    for (std::size_t i = 0; i + 1 < moves.size(); ++i) {
      const bool is_marker =
          is_of_step(moves[i].doing) &&
          std::holds_alternative<plan::PointOfNoReturn>(model_.plan().at(moves[i].step).action);
      const bool is_own = is_of_step(moves[i].doing) && moves[i].step == last;
      kept_[i] = is_own || (finding_.harm == Harm::Stuck && is_marker);
    }
    kept_.back() = true;
    if (finding_.harm != Harm::NoWayBack) return;
    for (std::size_t i = moves.size(); i > 0; --i) {
      if (!is_turn(moves[i - 1].doing)) continue;
      kept_[i - 1] = true;
      return;
    }
  }

  Told line(std::size_t at, const Move& move) {
    Told told{.number = at + 1};
    if (is_of_step(move.doing)) {
      told.step = move.step;
      told.phase = model_.plan().at(model_.plan().at(move.step).phase).name;
    }
    const auto [actor, text] = words(at, move);
    told.actor = actor;
    told.text = text;
    return told;
  }

  struct Words {
    std::string_view actor;
    std::string text;
  };
  Words words(std::size_t at, const Move& move) {
    const bool is_last = at + 1 == finding_.moves.size();
    const std::string step =
        is_of_step(move.doing) ? phrase(model_.plan(), move.step) : std::string();
    switch (move.doing) {
      case Doing::Begins:
        return {"mig", step + ": begins"};
      case Doing::Does:
        if (is_blind(move.step)) return {"fault", step + " does not see that row 7 differs"};
        return {"mig", model_.takes_time(move.step) ? step + ": ends" : step};
      case Doing::DoesWrong:
        return {"fault", step + " leaves row 7 wrong"};
      case Doing::Fails:
        return {"mig", step + " -> ERROR, nothing done"};
      case Doing::FailsLate:
        return {"mig", step + " -> done, and then ERROR"};
      case Doing::Crashes:
        return {"crash", step + " is done, the journal does not say so"};
      case Doing::CrashesBetween:
        return {"crash", step + " has written one of its stores"};
      case Doing::Refuses:
        return {"mig", step + " -> REFUSED"};
      case Doing::Sees:
        return {"mig", step + " -> NO DATA"};
      case Doing::Undoes:
        return {"undo",
                is_last && finding_.harm == Harm::NoWayBack ? step + " => nothing does" : step};
      case Doing::CannotUndo:
        return {"undo", step + " -> ERROR"};
      case Doing::CrashesUndoing:
        return {"crash", step + " is undone, the journal does not say so"};
      case Doing::Completes:
        return {"mig", "the run is completed"};
      case Doing::IsBack:
        return {"mig", "everything is rolled back"};
      case Doing::TakesBack:
        return {"you", "mig rollback"};
      case Doing::Continues:
        return {"you", "mig continue"};
      case Doing::Writes:
        if (is_last) return {"app", "WRITE row 7: the table is not there"};
        wrote_ = at + 1;
        return {"app", "WRITE row 7, acknowledged"};
      case Doing::Crosses:
        wrote_ = at + 1;
        return {"app", crossing()};
      case Doing::ReadsOld:
        return {"app", is_last ? "READ row 7 from old: " + wrong() : "READ row 7 from old"};
      case Doing::ReadsNew:
        return {"app", is_last ? "READ row 7 from new: " + wrong() : "READ row 7 from new"};
      case Doing::CatchesUp:
        return {"mig", "the follower has carried everything over"};
      case Doing::Forgets:
        return {"fault", "what waits in the changelog is lost"};
      case Doing::Repeats:
        return {"fault", "no answer comes, and the router asks again: it is done twice"};
    }
    assert(false && "every move has words");
    return {};
  }

  bool is_blind(StepId step) const {
    if (model_.fault() != Fault::ComparisonErrs) return false;
    const auto* hold = std::get_if<plan::Hold>(&model_.plan().at(step).action);
    const bool compares =
        hold != nullptr && std::ranges::any_of(hold->gates, [&](plan::GateId gate) {
          return compares_sides(model_.plan(), gate);
        });
    return compares || std::holds_alternative<plan::Verify>(model_.plan().at(step).action);
  }

  std::string crossing() const {
    switch (model_.crossing()) {
      case Crossing::OfClients:
        return "two clients WRITE row 7 at once, one on each side, acknowledged";
      case Crossing::OfParts:
        return "rows of both parts WRITE row 7 at once, one on each side, acknowledged";
      case Crossing::OfKeys:
        return "INSERT row 7, acknowledged; the other side hands out another key";
      case Crossing::None:
        break;
    }
    assert(false && "writes cross for a reason");
    return {};
  }

  std::string wrong() const {
    switch (finding_.harm) {
      case Harm::ReadOfNothing:
        return "the table is not there";
      case Harm::ReadMisses:
      case Harm::ReadLate:
        return wrote_ == 0 ? "it is not the row that was acknowledged"
                           : fmt::format("the write of step {} is missing", wrote_);
      case Harm::ReadUncopied:
        return "the row was never copied";
      case Harm::ReadLeftover:
        return "it may be a row of an earlier run";
      case Harm::MovedBack:
        return "this client was on new already";
      case Harm::EverybodyHit:
        return "wrong, and for every client at once";
      case Harm::WriteToNothing:
      case Harm::Narrowed:
      case Harm::TakenInUse:
      case Harm::NoWayBack:
      case Harm::Stuck:
      case Harm::NothingToGoTo:
      case Harm::DoneTwice:
        break;
    }
    assert(false && "a read does this harm");
    return {};
  }

  std::string sentence() const {
    const std::size_t last = finding_.moves.size();
    switch (finding_.harm) {
      case Harm::WriteToNothing:
        return fmt::format("a client that writes at {} meets an error", last);
      case Harm::ReadOfNothing:
        return fmt::format("a client that reads at {} meets an error", last);
      case Harm::ReadMisses:
        return wrote_ == 0
                   ? fmt::format("a client that reads at {} gets a row that nobody wrote so", last)
                   : fmt::format("a client that changed the row at {} sees the old one at {}",
                                 wrote_, last);
      case Harm::ReadLate:
        return fmt::format(
            "a client that changed the row at {} sees the old one at {}, for longer than allowed",
            wrote_, last);
      case Harm::ReadUncopied:
        return fmt::format("a client that reads at {} does not find what was there before", last);
      case Harm::ReadLeftover:
        return fmt::format("a client that reads at {} may get what an earlier run left", last);
      case Harm::Narrowed:
        return fmt::format("clients use at {} what becomes narrower", last);
      case Harm::TakenInUse:
        return fmt::format("clients use at {} what is taken away", last);
      case Harm::NoWayBack:
        return fmt::format("the way back ends at {}: nothing undoes it", last);
      case Harm::Stuck:
        return fmt::format("at {} the run can go neither on nor back", last);
      case Harm::MovedBack:
        return fmt::format("a client that new has answered is sent back to old at {}", last);
      case Harm::EverybodyHit:
        return fmt::format(
            "a fault of the new side meets every client at {}, and no gate has looked", last);
      case Harm::DoneTwice:
        return fmt::format("what a client asked for once at {} is done twice at {}", wrote_, last);
      case Harm::NothingToGoTo:
        return fmt::format("a fault of the new side is seen after {}, and nothing is left to go to",
                           last);
    }
    assert(false && "every harm has a sentence");
    return {};
  }

  const Model& model_;
  const Finding& finding_;
  std::vector<bool> kept_;
  std::vector<bool> harms_others_;
  std::size_t wrote_ = 0;
};

}  // namespace

Trace tell(const Model& model, const Finding& finding) {
  return Teller(model, finding).tell();
}

}  // namespace mig::compiler::prove
