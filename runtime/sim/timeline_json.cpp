#include <nlohmann/json.hpp>

#include "runtime/sim/timeline.hpp"

namespace mig::runtime::sim {
namespace {

using Json = nlohmann::ordered_json;

Json seconds(const Report& report, plan::Micros at) {
  // To the millisecond, as an exact decimal.
  return static_cast<double>((at - report.started_at) / 1000) / 1000;
}

Json phase_of(const plan::Plan& plan, std::optional<plan::PhaseId> phase) {
  return phase ? Json(plan.at(*phase).name) : Json(nullptr);
}

}  // namespace

std::string json_timeline(const plan::Plan& plan, const Report& report) {
  const auto at = [&](plan::Micros moment) { return seconds(report, moment); };
  Json events = Json::array();
  for (const Event& event : report.events) {
    events.push_back({{"at", at(event.at)},
                      {"kind", name(event.kind)},
                      {"phase", phase_of(plan, event.phase)},
                      {"step", event.step ? Json(plan.at(*event.step).name) : Json(nullptr)},
                      {"text", event.text}});
  }
  Json spans = Json::array();
  for (const Span& span : report.spans) {
    spans.push_back({{"step", plan.at(span.step).name},
                     {"phase", plan.at(plan.at(span.step).phase).name},
                     {"direction", name(span.direction)},
                     {"from", at(span.from)},
                     {"to", at(span.to)},
                     {"outcome", span.outcome}});
  }
  Json gates = Json::array();
  for (const Looks& looks : report.gates) {
    gates.push_back({{"gate", plan.at(looks.gate).name},
                     {"step", plan.at(looks.step).name},
                     {"from", at(looks.from)},
                     {"to", at(looks.to)},
                     {"looks", looks.count},
                     {"verdict", looks.verdict},
                     {"values", looks.values}});
  }
  Json routes = Json::array();
  for (const Routed& routed : report.routes) {
    const bool has_resources = !plan.resources.empty();
    routes.push_back({{"at", at(routed.at)},
                      {"resource", has_resources ? Json(plan.resources.at(routed.resource).name)
                                                 : Json(nullptr)},
                      {"reads_new", routed.reads_new.parts()},
                      {"writes_new", routed.writes_new.parts()},
                      {"is_stopped", routed.is_stopped}});
  }
  Json violation = nullptr;
  if (report.violation) {
    violation = {{"at", at(report.violation->at)},
                 {"what", report.violation->what},
                 {"during", report.violation->during}};
  }
  Json unmet = Json::array();
  for (const Unmet& one : report.unmet)
    unmet.push_back(one.why);
  const Json whole{
      {"plan", plan.name},
      {"env", plan.env},
      {"seed", report.seed},
      {"started_at", report.started_at / 1'000'000},
      {"ended_at", at(report.ended_at)},
      {"ending", report.ending ? Json(plan::name(*report.ending)) : Json("stuck")},
      {"detail", report.detail},
      {"expected", report.expected ? Json(plan::name(*report.expected)) : Json(nullptr)},
      {"is_as_expected", report.is_as_expected},
      {"unmet", std::move(unmet)},
      {"violation", violation},
      {"events", std::move(events)},
      {"spans", std::move(spans)},
      {"gates", std::move(gates)},
      {"routes", std::move(routes)},
      {"counts",
       {{"records", report.records},
        {"looks", report.looks},
        {"reads", report.reads},
        {"acknowledged_writes", report.acknowledged},
        {"differing_rows", report.different}}},
      {"never_happened", report.never_happened}};
  return whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mig::runtime::sim
