#include "runtime/sim/expectations.hpp"

#include <chrono>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::runtime::sim {
namespace {

class Judge {
 public:
  Judge(const plan::Plan& plan, const Report& report, const ReachedPhases& reached)
      : plan_(plan), report_(report), reached_(reached) {}

  // Why it is not met; empty: it is.
  std::string operator()(plan::Ending wanted) const {
    if (report_.ending == wanted) return {};
    return fmt::format("it is {} after {}", report_.ending ? name(*report_.ending) : "stuck",
                       since(report_.ended_at));
  }
  std::string operator()(const plan::Reached& wanted) const {
    const std::string& phase = plan_.at(wanted.phase).name;
    const auto at = reached_.find(wanted.phase);
    if (at == reached_.end())
      return wanted.never ? std::string() : fmt::format("`{}` is never reached", phase);
    const bool is_late = wanted.within && length(at->second) > *wanted.within;
    if (!wanted.never && !is_late) return {};
    return fmt::format("`{}` is reached after {}", phase, since(at->second));
  }
  std::string operator()(const plan::Lasted& wanted) const {
    if (length(report_.ended_at) <= wanted.most) return {};
    return fmt::format("it lasts {}", since(report_.ended_at));
  }

 private:
  plan::Duration length(plan::Micros at) const {
    return std::chrono::microseconds(at - report_.started_at);
  }
  // In whole seconds: nobody expects less.
  std::string since(plan::Micros at) const {
    return plan::print(std::chrono::ceil<std::chrono::seconds>(length(at)));
  }

  const plan::Plan& plan_;
  const Report& report_;
  const ReachedPhases& reached_;
};

}  // namespace

std::vector<Unmet> unmet(const plan::Plan& plan, const plan::Script& script, const Report& report,
                         const ReachedPhases& reached) {
  std::vector<Unmet> all;
  for (std::size_t i = 0; i < script.expectations.size(); ++i) {
    std::string why = std::visit(Judge(plan, report, reached), script.expectations[i]);
    if (!why.empty()) all.push_back({i, std::move(why)});
  }
  return all;
}

}  // namespace mig::runtime::sim
