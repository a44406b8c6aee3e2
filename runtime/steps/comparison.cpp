#include "runtime/steps/comparison.hpp"

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/steps/repair.hpp"

namespace mig::runtime {
namespace {

constexpr int kPasses = 3;

}  // namespace

Comparison::Comparison(World& world, plan::StepId step, std::optional<plan::Ratio> sample)
    : step_(step), sample_(sample) {
  begin(world);
}

void Comparison::begin(World& world) {
  recheck_.reset();
  reconciler_.emplace(world.plan, world.stores,
                      ReconcileOptions{.sample = sample_,
                                       .run = world.authority.run,
                                       .leads = plan::leading_side(world.plan, world.state),
                                       .scratch_folder = world.folder / ".mig"});
}

std::string Comparison::progress() const {
  return recheck_ ? "suspects are looked at again"
                  : fmt::format("{} rows compared", reconciler_->rows_read());
}

Result<bool> Comparison::advance(World& world) {
  MIG_ASSIGN(is_read, reconciler_->advance());
  if (!is_read) return false;
  const auto stream = plan::stream(world.plan, world.state);
  const Reconciliation& read = reconciler_->result();
  if (!stream || (read.drift() == 0 && read.orphans() == 0)) {
    result_ = reconciler_->result();
    return true;
  }
  if (!recheck_) {
    MIG_ASSIGN(opened, Recheck::open(world, step_, *stream, strays_));
    recheck_.emplace(std::move(opened));
  }
  MIG_ASSIGN(is_judged, recheck_->advance(world, *reconciler_));
  if (!is_judged) return false;
  if (++passes_ < kPasses && recheck_->has_fresh_strays()) {
    strays_ = recheck_->strays();
    begin(world);
    return false;
  }
  result_ = recheck_->confirmed(reconciler_->result());
  return true;
}

Result<std::int64_t> Comparison::mend(World& world, plan::Ratio most_deletes) {
  MIG_TRY(check_deletes(world.plan, *result_, most_deletes));
  return recheck_ ? recheck_->mend(world) : repair(world, step_, *reconciler_, most_deletes);
}

}  // namespace mig::runtime
