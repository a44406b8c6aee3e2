// The verbs that change structure, and `sql`: what `make_step` builds them with.
#pragma once

#include <memory>

#include "compiler/plan/action.hpp"
#include "runtime/steps/step.hpp"

namespace mig::runtime {

std::unique_ptr<Step> make_create(const plan::Plan&, const plan::Create&, plan::StepId);
std::unique_ptr<Step> make_add_field(const plan::Plan&, const plan::AddField&, plan::StepId);
std::unique_ptr<Step> make_add_index(const plan::Plan&, const plan::AddIndex&, plan::StepId);
std::unique_ptr<Step> make_drop_field(const plan::Plan&, const plan::DropField&, plan::StepId);
std::unique_ptr<Step> make_drop(const plan::Plan&, const plan::Drop&, plan::StepId);
// Of datasets that are all in Redis.
std::unique_ptr<Step> make_drop_keys(const plan::Plan&, const plan::Drop&, plan::StepId);
std::unique_ptr<Step> make_purge(const plan::Plan&, const plan::Purge&, plan::StepId);
std::unique_ptr<Step> make_backup(const plan::Plan&, const plan::Backup&, plan::StepId);
std::unique_ptr<Step> make_sql(const plan::Plan&, const plan::Sql&, plan::StepId);

}  // namespace mig::runtime
