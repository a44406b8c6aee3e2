#include "runtime/steps/copy_rejects.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kJudgedFrom = 1000;  // rows, before a share of rejects means anything

}  // namespace

std::vector<DeadLetter> letters_of(const World& world, const plan::Copy& copy, plan::StepId step,
                                   const Page& page, const std::vector<RowReject>& rejects) {
  const plan::Plan& plan = world.plan;
  std::vector<DeadLetter> letters;
  const std::string at = print(world.clock.now());
  const auto add = [&](const std::string& key, const std::string& field,
                       const std::string& reason) {
    letters.push_back({world.authority.run, plan.at(step).name, plan.at(plan.from).name, key, field,
                       reason, at, copy.rejects.owner});
  };
  for (const BadRow& bad : page.bad)
    add(bad.key, bad.field, bad.reason);
  for (const RowReject& reject : rejects)
    add(page.keys[reject.row], reject.field, reject.reason);
  return letters;
}

Result<void> judge_rejects(const plan::Copy& copy, const std::vector<DeadLetter>& letters,
                           const Applied& now) {
  if (now.counts.rejected == 0) return {};
  const std::string which =
      letters.empty() ? std::string("the dead letters name them")
                      : fmt::format("the row `{}` of `{}` cannot be moved: `{}`: {}",
                                    shown_key(letters.front().key), letters.front().dataset,
                                    letters.front().field, letters.front().reason);
  if (!copy.rejects.quarantine) {
    return fail(ErrorKind::Permanent, which,
                "correct the row, or allow rejects in the plan with `rejects quarantine`");
  }
  if (now.counts.read < kJudgedFrom && !now.finished) return {};
  const __int128 rejected = static_cast<__int128>(now.counts.rejected) * plan::Ratio::kWhole;
  if (rejected <= static_cast<__int128>(copy.rejects.most.parts()) * now.counts.read) {
    return {};
  }
  return fail(ErrorKind::Permanent,
              fmt::format("{} of {} rows were rejected, the plan allows {}; {}",
                          now.counts.rejected, now.counts.read, print(copy.rejects.most), which),
              "correct the rows or the transform, then roll back and start again");
}

Result<void> SetAsideBefore::find(const World& world, const OpenStore& target) {
  MIG_ASSIGN(found, open_letter_keys(target, world.authority.run, plan_.at(plan_.from).name, "",
                                     std::numeric_limits<std::int32_t>::max()));
  keys_ = std::set<std::string>(found.begin(), found.end());
  return {};
}

Result<void> SetAsideBefore::close(const World& world, Effect& effect, const Page& page) const {
  if (keys_.empty()) return {};
  for (std::size_t row = 0; row < page.rows.rows; ++row) {
    const std::string key = page.keys[row];
    if (!keys_.contains(key)) continue;
    MIG_TRY(close_dead_letter(effect, world.authority.run, plan_.at(plan_.from).name, key,
                              print(world.clock.now())));
  }
  return {};
}

}  // namespace mig::runtime
