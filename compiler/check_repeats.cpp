#include "compiler/check_repeats.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/prove/prove.hpp"

namespace mig::compiler {
namespace {

using plan::StepId;
using prove::Fault;
using prove::Harm;

// What is repeated by a step: writes that the router sends to both sides, recorded requests.
enum class Repeats : std::uint8_t { Nothing, Writes, Records };

Repeats repeats(const plan::Action& action) {
  if (std::holds_alternative<plan::Parity>(action)) return Repeats::Records;
  const auto* writes = std::get_if<plan::RouteWrites>(&action);
  const bool is_sync = writes != nullptr && writes->mirror == plan::WriteMode::Sync;
  return is_sync ? Repeats::Writes : Repeats::Nothing;
}

// The requests that the plan, or the feature whose view it is, says it is made of.
const std::vector<plan::RequestRoute>& requests_of(const plan::Plan& view) {
  static const std::vector<plan::RequestRoute> kNobodySaid;
  return view.seen_by ? view.at(*view.seen_by).requests : kNobodySaid;
}

std::string sentence(Repeats what, const plan::RequestRoute* route) {
  if (route == nullptr)
    return "requests go to both services, and nothing says which of them may be asked twice";
  const std::string written = print(*route);
  return what == Repeats::Records
             ? fmt::format(
                   "`{}` may be among what was recorded, and asked again it does again "
                   "what it does",
                   written)
             : fmt::format(
                   "`{}` goes to both services, again where an answer is lost, and does "
                   "each time what it does",
                   written);
}

}  // namespace

void check_repeats(const OrderedView& ordered, Diagnostics& diagnostics) {
  const plan::Plan& plan = ordered.plan();
  if (!plan.are_services()) return;
  const auto& requests = requests_of(ordered.view);
  const auto found = std::ranges::find_if_not(requests, plan::is_repeatable);
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const Repeats what = repeats(plan.steps[i].action);
    // What was recorded its author knows, where nothing is said of the requests.
    const bool is_unknown = requests.empty() && what == Repeats::Writes;
    if (what == Repeats::Nothing || (found == requests.end() && !is_unknown)) continue;
    const plan::RequestRoute* route = found == requests.end() ? nullptr : &*found;
    auto report =
        diagnostics.report(ordered.span(StepId{i}), diag::NotRepeatable, sentence(what, route));
    if (route == nullptr) {
      report.help("divide the plan into features, which say it: `feature auth { route \"…\" }`");
    } else {
      report
          .help(fmt::format("say by which header the service knows it again: `route \"{}\" {{ "
                            "idempotency_key = \"Idempotency-Key\" }}`",
                            print(*route)))
          .help("or that asking twice does what asking once does: `{ idempotent = true }`");
    }
    if (what == Repeats::Writes) {
      report.help("or let the application write both: `mode = app`");
      show_harm(ordered.view, ordered.step_spans, {Harm::DoneTwice}, Fault::AnswerIsLost, report);
    }
    return;  // one mistake, one message
  }
}

}  // namespace mig::compiler
