#include "runtime/steps/verify.hpp"

#include <optional>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/steps/comparison.hpp"
#include "runtime/steps/letter_retry.hpp"
#include "runtime/steps/store_step.hpp"

namespace mig::runtime {
namespace {

class VerifyStep final : public Step {
 public:
  VerifyStep(const plan::Plan& plan, const plan::Verify& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    // Rows that were set aside are tried again from the old side, so only while it leads.
    const auto stream = plan::stream(world.plan, world.state);
    const bool old_leads = !stream || stream->leads() == plan::Side::Old;
    if (action_.repair && old_leads && !letters_) {
      MIG_ASSIGN(letters, LetterRetry::open(world, id_));
      letters_.emplace(std::move(letters));
    }
    if (letters_ && !are_letters_tried_) {
      MIG_ASSIGN(is_done, letters_->advance(world));
      are_letters_tried_ = is_done;
      if (!is_done) return Outcome{More{.cursor = "set aside rows are tried again"}, {}};
    }
    if (!comparison_) comparison_.emplace(world, id_, action_.sample);
    MIG_ASSIGN(is_compared, comparison_->advance(world));
    if (!is_compared) return Outcome{More{.cursor = comparison_->progress()}, {}};
    const Reconciliation result = comparison_->result();
    if (action_.repair && !repaired_ && result.drift() > 0) {
      MIG_ASSIGN(rows, comparison_->mend(world, action_.most_deletes));
      repaired_ = rows;
      are_letters_tried_ = false;  // a row that was set aside may have stood against a spoilt one
      comparison_.reset();
      return Outcome{More{.cursor = fmt::format("{} rows repaired", rows)}, {}};
    }
    std::string summary = print_summary(plan_, result);
    if (repaired_) summary += fmt::format("; repaired {} rows", *repaired_);
    if (letters_ && letters_->closed() > 0)
      summary += fmt::format("; {} dead letters closed", letters_->closed());
    return Outcome{Done{.summary = std::move(summary)}, {}};
  }

  Result<Outcome> undo(World& world) override {
    const plan::StoreId target = plan_.at(plan_.to.front()).store;
    if (world.stores.exists(target)) {
      MIG_ASSIGN(effect, begin_effect(world, target, id_));
      MIG_TRY(effect.commit_undone());
    }
    return Outcome{Done{.summary = "nothing to undo"}, {}};
  }

 private:
  const plan::Plan& plan_;
  plan::Verify action_;
  plan::StepId id_;
  std::optional<LetterRetry> letters_;
  bool are_letters_tried_ = false;
  std::optional<Comparison> comparison_;
  std::optional<std::int64_t> repaired_;
};

}  // namespace

std::unique_ptr<Step> make_verify(const plan::Plan& plan, const plan::Verify& action,
                                  plan::StepId id) {
  return std::make_unique<VerifyStep>(plan, action, id);
}

}  // namespace mig::runtime
