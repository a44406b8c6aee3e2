// The steps that wait, and those that move traffic: what `make_step` builds them with.
#pragma once

#include <memory>

#include "compiler/plan/action.hpp"
#include "runtime/steps/step.hpp"

namespace mig::runtime {

std::unique_ptr<Step> make_hold(const plan::Hold&, plan::StepId);
std::unique_ptr<Step> make_approve(const plan::Approve&, plan::StepId);
std::unique_ptr<Step> make_accept(const plan::Accept&, plan::StepId);
std::unique_ptr<Step> make_marker(const plan::PointOfNoReturn&, plan::StepId);
std::unique_ptr<Step> make_writes(const plan::Plan&, plan::StepId);
// The same, at work for another step, whose window it keeps to.
std::unique_ptr<Step> make_writes(const plan::Plan&, plan::StepId, plan::StepId works_for);
std::unique_ptr<Step> make_rehearse(const plan::Plan&, plan::StepId);
std::unique_ptr<Step> make_leave(const plan::Leave&, plan::StepId);
std::unique_ptr<Step> make_reads(const plan::RouteReads&, plan::StepId);

}  // namespace mig::runtime
