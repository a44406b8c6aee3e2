#include "runtime/steps/letter_retry.hpp"

#include <utility>

#include "runtime/steps/store_step.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kLettersAtOnce = 200;

}  // namespace

Result<LetterRetry> LetterRetry::open(World& world, plan::StepId step) {
  MIG_ASSIGN(reader, open_rows(world.stores, world.plan, world.plan.from));
  return LetterRetry(world.plan, step, std::move(reader));
}

Result<bool> LetterRetry::advance(World& world) {
  const plan::StoreId target = world.plan.at(world.plan.to.front()).store;
  const std::string& dataset = world.plan.at(world.plan.from).name;
  MIG_ASSIGN(writer, world.stores.writing(target));
  MIG_ASSIGN(keys, open_letter_keys(writer, world.authority.run, dataset, after_, kLettersAtOnce));
  if (keys.empty()) {
    // A row that was closed may be the one that another referred to.
    after_.clear();
    return std::exchange(closed_before_, closed_) == closed_;
  }
  MIG_ASSIGN(effect, begin_effect(world, target, step_));
  const std::string at = print(world.clock.now());
  for (const std::string& key : keys) {
    MIG_ASSIGN(mended, is_mended(world, effect, key));
    if (!mended) continue;
    MIG_TRY(close_dead_letter(effect, world.authority.run, dataset, key, at));
    ++closed_;
  }
  Applied now = effect.applied().value_or(Applied{});
  now.cursor = "letters tried again";
  MIG_TRY(effect.commit(now));
  after_ = keys.back();
  return false;
}

Result<bool> LetterRetry::is_mended(const World& world, Effect& effect, const std::string& key) {
  MIG_TRY(reader_.read_at(key, page_));
  if (page_.read == 0) return true;
  if (page_.rows.rows == 0) return false;
  carrier_->run(page_.rows);
  if (!chunk_ || !chunk_->is_for(effect)) {
    MIG_ASSIGN(opened, open_chunk(effect, world.plan, *carrier_, WriteRule::Keep, world.clock));
    chunk_ = std::move(opened);
  }
  MIG_ASSIGN(totals, chunk_->write(effect, *carrier_, page_));
  return totals.rejects.empty();
}

}  // namespace mig::runtime
