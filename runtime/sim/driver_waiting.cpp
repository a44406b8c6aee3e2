// Holds and approvals. A look that would see what the last one saw is counted and not taken: a hold
// of weeks is over in as many looks as things change.
#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/gates/metric_sources.hpp"
#include "runtime/sim/driver.hpp"

namespace mig::runtime::sim {
namespace {

using plan::StepId;

plan::Micros micros(plan::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

// The part of a hold that a lost runner does not forget.
struct Cursor {
  plan::Micros since = 0;
  plan::Micros missing = 0;  // since when a gate sees nothing; 0: it sees

  static Cursor parse(const std::string& text) {
    Cursor cursor;
    const std::size_t blank = text.find(' ');
    if (blank == std::string::npos) return cursor;
    cursor.since = std::stoll(text.substr(0, blank));
    cursor.missing = std::stoll(text.substr(blank + 1));
    return cursor;
  }
  std::string print() const { return fmt::format("{} {}", since, missing); }
};

// The first look of that cadence at that moment or later.
plan::Micros next_look(plan::Micros looked, plan::Micros moment, plan::Micros every) {
  return looked + (moment - looked + every - 1) / every * every;
}

}  // namespace

plan::Micros Driver::cadence(const plan::Hold& hold) const {
  plan::Duration every = plan::Duration::max();
  for (const plan::GateId id : hold.gates)
    every = std::min(every, plan_.at(id).every);
  return std::max<plan::Micros>(micros(every), 1);
}

// Whatever changed, a gate sees it at its next look and not before.
void Driver::wake_holds() {
  for (std::uint32_t i = 0; i < works_.size(); ++i) {
    Work& work = works_[i];
    const auto* hold = std::get_if<plan::Hold>(&plan_.steps[i].action);
    if (hold == nullptr || work.looks == 0) continue;
    const plan::Micros next =
        next_look(work.looked, std::max(now_, work.looked + 1), cadence(*hold));
    work.next_look = std::min(work.next_look, next);
    until_[i] = std::min(until_[i], work.next_look);
  }
}

Driver::Seen Driver::look(StepId id, std::int64_t unchanged) {
  Seen worst;
  for (const plan::GateId gate_id : std::get<plan::Hold>(plan_.at(id).action).gates) {
    const plan::Gate& gate = plan_.at(gate_id);
    Verdict verdict = Verdict::Pass;
    std::vector<std::string> lines;
    const bool is_silent = readings_.is_silent(gate_id, now_);
    for (const plan::Clause& clause : gate.clauses) {
      Sample sample = readings_.take(clause.reading, id, now_);
      if (is_silent) sample = Sample{Taken::NoData, 0, {}};
      std::vector<Sample> measured;
      for (const plan::Measured& one : clause.measured)
        measured.push_back(readings_.take(one.of, id, now_));
      const Sample limit = limit_of(clause, measured);
      const Verdict own = judge(clause, sample, limit);
      verdict = std::max(verdict, own);
      const bool is_shown = chronicle_.keeps_timeline() || own != Verdict::Pass;
      if (is_shown)
        lines.push_back(describe(clause, unit_of(plan_, clause.reading), sample, limit));
    }
    if (worst.gate == nullptr || verdict > worst.verdict) {
      worst = Seen{verdict, &gate, fmt::format("{}", fmt::join(lines, "; "))};
    }
    chronicle_.look(now_, id, gate_id, name(verdict), std::move(lines), unchanged);
  }
  return worst;
}

void Driver::hold(StepId id) {
  const auto& hold = std::get<plan::Hold>(plan_.at(id).action);
  Work& work = works_[id.index];
  Cursor cursor = Cursor::parse(state_.at(id).cursor);
  if (cursor.since == 0) {
    cursor.since = now_;
    append(plan::StepProgressed{id, cursor.print(), {}});
  }
  const plan::Micros length = micros(hold.length);
  const plan::Micros end = cursor.since + length;
  const auto held = [&] {
    const bool is_long = hold.length > plan::Duration::zero();
    const std::string text = is_long ? "held for " + plan::print(hold.length) : "held";
    settle(id, Slice{SliceKind::Done, {}, text});
  };
  if (hold.gates.empty()) {
    if (now_ >= end) return held();
    until_[id.index] = is_adversarial() ? std::min(end, now_ + length / 2 + 1) : end;
    return;
  }
  const plan::Micros every = cadence(hold);
  if (work.next_look == 0) {
    plan::Duration warmup = plan::Duration::zero();
    for (const plan::GateId gate : hold.gates)
      warmup = std::max(warmup, plan_.at(gate).warmup);
    work.next_look = cursor.since + micros(warmup);
  }
  if (now_ < work.next_look) {
    until_[id.index] = work.next_look;
    return;
  }
  // What was carried over before is compared: nothing is on its way when a gate looks.
  for (World& world : worlds_)
    world.carry_over(kAllKeys);
  const std::int64_t passed = work.looks == 0 ? 0 : (now_ - work.looked - 1) / every;
  ++work.looks;
  work.looked = now_;
  Seen seen = look(id, passed);
  const auto fault = faults_.draw({Fault::GateFails, Fault::GateIsBlind, Fault::Crash});
  if (fault == Fault::Crash) return crash();
  if (fault == Fault::GateFails) seen = Seen{Verdict::Fail, seen.gate, "an injected fault"};
  if (fault == Fault::GateIsBlind) {
    const auto place = seen.gate - plan_.gates.data();
    const plan::GateId gate{static_cast<std::uint32_t>(place)};
    readings_.silence(gate, seen.gate->no_data.after + seen.gate->every, now_);
    seen = Seen{Verdict::NoData, seen.gate, "an injected fault"};
  }
  if (seen.verdict == Verdict::Fail)
    return fail(id, plan::Trouble::Breach,
                fmt::format("gate {} failed: {}", seen.gate->name, seen.line));
  if (seen.verdict != Verdict::Pass) return see_nothing(id, *seen.gate, seen.line, seen.verdict);
  if (cursor.missing != 0) {
    cursor.missing = 0;
    append(plan::StepProgressed{id, cursor.print(), {}});
  }
  if (now_ >= end) return held();
  work.next_look = end;
  if (const auto change = readings_.next_change(now_))
    work.next_look = std::min(end, next_look(now_, *change, every));
  if (is_adversarial())
    work.next_look = std::min(work.next_look, now_ + std::max(length / 3, every));
  until_[id.index] = work.next_look;
}

// The clock of the hold starts again when something is seen.
void Driver::see_nothing(StepId id, const plan::Gate& gate, const std::string& seen,
                         Verdict verdict) {
  Work& work = works_[id.index];
  Cursor cursor = Cursor::parse(state_.at(id).cursor);
  if (cursor.missing == 0) cursor.missing = now_;
  cursor.since = now_;
  const bool is_silent = verdict == Verdict::NoData;
  const plan::Absence& absence = is_silent ? gate.no_data : gate.source_error;
  const plan::Micros given_up = cursor.missing + micros(absence.after);
  append(plan::StepProgressed{id, cursor.print(), {}});
  if (now_ >= given_up) {
    return fail(id, is_silent ? plan::Trouble::NoData : plan::Trouble::SourceError,
                fmt::format("gate {} sees nothing: {}", gate.name, seen),
                absence.then == plan::Then::Pause);
  }
  // The look before something is seen again is the moment from which the hold counts anew.
  const plan::Micros every = std::max<plan::Micros>(micros(gate.every), 1);
  plan::Micros next = given_up;
  if (const auto change = readings_.next_change(now_)) {
    const plan::Micros sees = next_look(now_, *change, every);
    next = std::min(next, sees - every > now_ ? sees - every : sees);
  }
  work.next_look = next;
  until_[id.index] = next;
}

void Driver::approve(StepId id) {
  const auto& asked = std::get<plan::Approve>(plan_.at(id).action);
  const auto said = std::ranges::find(script_.answers, asked.who, &plan::ScriptedAnswer::who);
  const bool is_scripted = said != script_.answers.end();
  plan::Micros answered = state_.at(id).started_at + (is_scripted ? micros(said->after) : 0);
  if (is_adversarial() && !is_scripted) answered += static_cast<plan::Micros>(id.index % 3) * 1000;
  const bool is_refused = (is_scripted && said->refuses && said->after == plan::Duration::zero()) ||
                          faults_.draw({Fault::GateFails}).has_value();
  if (asked.within) {
    const plan::Micros late = state_.at(id).started_at + micros(*asked.within);
    if (now_ >= late && answered >= late) {
      return fail(
          id, plan::Trouble::Breach,
          fmt::format("`{}` has not approved within {}", asked.who, plan::print(*asked.within)));
    }
    if (answered > late) answered = late;
  }
  if (now_ < answered) {
    if (state_.at(id).cursor.empty()) {
      append(plan::StepProgressed{id, "asked", {}});
      chronicle_.say(now_, EventKind::Wait, id,
                     fmt::format("waits for the approval of {}", asked.who));
    }
    until_[id.index] = answered;
    return;
  }
  if (is_refused || (is_scripted && said->refuses)) {
    chronicle_.say(now_, EventKind::Person, id, fmt::format("{} refuses", asked.who));
    return fail(id, plan::Trouble::Permanent, fmt::format("`{}` has refused", asked.who));
  }
  append(plan::Approved{id, asked.who, "simulated", {}, false});
  settle(id, Slice{SliceKind::Done, {}, fmt::format("approved by {}", asked.who)});
}

}  // namespace mig::runtime::sim
