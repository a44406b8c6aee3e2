#include "compiler/check_evidence.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/evidence.hpp"
#include "compiler/plan/views.hpp"

namespace mig::compiler {
namespace {

using plan::StepId;

// One clause where a step requires it.
struct Need {
  const plan::Gate& gate;
  const plan::Clause& clause;
  std::int64_t requests;
  plan::Ratio share;
};

// To whole seconds, or to whole minutes above one: nobody writes nanoseconds.
plan::Duration rounded_up(plan::Duration length) {
  const plan::Duration unit =
      length > std::chrono::minutes(1) ? std::chrono::minutes(1) : std::chrono::seconds(1);
  if (length > plan::Duration::max() - unit) return length;
  return (length + unit - plan::Duration(1)) / unit * unit;
}

class EvidenceChecker {
 public:
  EvidenceChecker(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                  Diagnostics& diagnostics)
      : plan_(plan), spans_(spans), diagnostics_(diagnostics) {
    if (plan.through) expect_ = plan.at(*plan.through).expect;
  }

  // Arms are seen by a router; beside the resources of a plan nothing moves that one could see.
  void check() {
    if (!plan_.through) return;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const auto* hold = std::get_if<plan::Hold>(&plan_.steps[i].action);
      if (hold == nullptr || !is_own(plan_, StepId{i})) continue;
      for (const plan::GateId gate : hold->gates)
        check(StepId{i}, *hold, plan_.at(gate));
    }
  }

 private:
  // The clause that needs the longest says it for all of them.
  void check(StepId id, const plan::Hold& hold, const plan::Gate& gate) {
    std::optional<Need> first_short;
    for (const plan::Clause& clause : gate.clauses) {
      const auto requests = fewest_requests(clause);
      if (!requests) continue;
      const auto share = share_seen(plan_, id, clause);
      if (!share && *requests != plan::kNeverEnough) continue;
      const Need need{gate, clause, *requests, share.value_or(plan::Ratio())};
      if (*requests == plan::kNeverEnough || need.share == plan::Ratio())
        return report_never(id, need);
      if (!expect_ || *expect_ <= 0) continue;
      const plan::Duration length = judged(hold.length, gate);
      const plan::Duration last = last_look(hold.length);
      const plan::Duration longest = judged(last, gate);
      if (requests_seen(*expect_, need.share, longest) < need.requests)
        return report_short(id, need, last, longest);
      const bool is_short = requests_seen(*expect_, need.share, length) < need.requests;
      if (is_short && !first_short) first_short.emplace(need);
    }
    if (first_short) report_first(id, *first_short, hold.length);
  }

  static plan::Duration last_look(plan::Duration length) {
    return length > plan::Duration::max() / plan::kLooks ? length : length * plan::kLooks;
  }

  // What comes in while a gate warms up is not judged.
  static plan::Duration judged(plan::Duration length, const plan::Gate& gate) {
    return std::max(plan::Duration::zero(), length - gate.warmup);
  }

  void report_never(StepId id, const Need& need) {
    auto report = diagnostics_.report(spans_[id.index], diag::CannotPass, need.gate.name);
    if (need.requests == plan::kNeverEnough) {
      report
          .note(fmt::format("`{}`: however many requests go well, the next one may not",
                            need.clause.text))
          .help("allow a little, such as `0.1%`");
      return;
    }
    report.note(fmt::format("`{}`: no such request comes here", need.clause.text))
        .help("move some of them before, or ask for another arm");
  }

  void report_short(StepId id, const Need& need, plan::Duration length, plan::Duration judged) {
    diagnostics_.report(spans_[id.index], diag::CannotPass, need.gate.name)
        .note(fmt::format("`{}` needs {} requests, if none of them goes wrong", need.clause.text,
                          need.requests))
        .note(fmt::format("it looks for the last time after {}, and has seen {} of {} by then",
                          plan::print(length), requests_seen(*expect_, need.share, judged),
                          of_expected(need.share)))
        .help(longer(id, need))
        .help("or move a larger share first");
  }

  void report_first(StepId id, const Need& need, plan::Duration length) {
    diagnostics_.report(spans_[id.index], diag::PassesLate, need.gate.name, plan::print(length))
        .note(fmt::format("`{}` needs {} requests of {}", need.clause.text, need.requests,
                          of_expected(need.share)))
        .help(longer(id, need));
  }

  // A `require` is a hold as long as its gate's window.
  std::string longer(StepId id, const Need& need) const {
    const std::string length = plan::print(enough(need));
    return std::get<plan::Hold>(plan_.at(id).action).required
               ? fmt::format("write `hold {} {{ require = {} }}`", length, need.gate.name)
               : fmt::format("hold at least {}", length);
  }

  plan::Duration enough(const Need& need) const {
    return rounded_up(time_to_see(need.requests, *expect_, need.share) + need.gate.warmup);
  }

  std::string of_expected(plan::Ratio share) const {
    return fmt::format("{} of {}", plan::print(share),
                       plan::print(plan::Quantity{plan::Unit::RequestRate, *expect_}));
  }

  const plan::Plan& plan_;
  const std::vector<syntax::Span>& spans_;
  Diagnostics& diagnostics_;
  std::optional<std::int64_t> expect_;
};

}  // namespace

void check_evidence(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                    Diagnostics& diagnostics) {
  EvidenceChecker(plan, spans, diagnostics).check();
}

}  // namespace mig::compiler
