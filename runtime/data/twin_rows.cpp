#include "runtime/data/twin_rows.hpp"

#include <algorithm>
#include <utility>

#include "runtime/stores/copied_blocks.hpp"
#include "runtime/stores/plain_pair.hpp"
#include "runtime/stores/postgres_moment.hpp"
#include "runtime/stores/postgres_rows_shape.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kFirst = kBlockRows;
constexpr std::size_t kMost = 256'000;
constexpr int kFew = 50;

}  // namespace

Result<std::unique_ptr<TwinRows>> TwinRows::open(const plan::Plan& plan, Stores& stores,
                                                 const std::string& run) {
  std::unique_ptr<TwinRows> twins;
  const auto is_server = [&](plan::DatasetId dataset) {
    return plan.at(plan.at(dataset).store).kind == plan::StoreKind::Postgres;
  };
  if (!is_server(plan.from) || !is_server(plan.to.front())) return twins;
  twins.reset(new TwinRows());
  MIG_ASSIGN(source, stores.reader(plan.at(plan.from).store));
  MIG_ASSIGN(target, stores.another_reader(plan.at(plan.to.front()).store));
  twins->target_.emplace(std::move(target));
  MIG_ASSIGN(opened, PostgresTwins::open(*source, *twins->target_, plan));
  if (!opened) return std::unique_ptr<TwinRows>();
  twins->twins_.emplace(std::move(*opened));
  twins->at_once_ = kFirst;
  MIG_TRY(twins->learn(plan, stores, run));
  return twins;
}

Result<void> TwinRows::learn(const plan::Plan& plan, Stores& stores, const std::string& run) {
  MIG_ASSIGN(blocks, CopiedBlocks::of(*target_, run));
  if (!blocks) return {};
  MIG_ASSIGN(table, quote_identifier(plan.at(plan.from).table));
  MIG_ASSIGN(source, stores.another_reader(plan.at(plan.from).store));
  source_.emplace(std::move(source));
  looking_.emplace();
  looking_->start(
      [this, table, moment = earliest_moment(blocks->moments()), rows = blocks->rows()] {
        is_unchanged_ = is_as_at(*source_, table, moment, rows);
      });
  MIG_ASSIGN(beside, stores.another_reader(plan.at(plan.to.front()).store));
  MIG_TRY(read_by_key(*target_));
  MIG_TRY(read_by_key(beside));
  target_beside_.emplace(std::move(beside));
  twins_->know(std::move(*blocks), *target_beside_);
  at_once_ = kMost;  // nothing of the old side is read in vain where a block differs
  return {};
}

TwinRows::~TwinRows() {
  if (looking_) looking_->wait();
}

Result<bool> TwinRows::confirm() {
  if (looking_) looking_->wait();
  return is_unchanged_;
}

Result<std::optional<PostgresTwins::Run>> TwinRows::pass(const std::string& after) {
  if (strangers_ == kFew) return std::optional<PostgresTwins::Run>();
  MIG_ASSIGN(run, twins_->compare(after, at_once_));
  at_once_ = run.agrees ? std::min(2 * at_once_, kMost) : kFirst;
  strangers_ += run.agrees ? 0 : 1;
  return std::optional(std::move(run));
}

}  // namespace mig::runtime
