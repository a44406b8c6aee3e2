#include "runtime/sim/world.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "runtime/traffic/sticky_hash.hpp"

namespace mig::runtime::sim {
namespace {

using plan::Side;

bool is_created_by(const plan::Plan& plan, plan::DatasetId dataset) {
  return std::ranges::any_of(plan.steps, [&](const plan::Step& step) {
    const auto* create = std::get_if<plan::Create>(&step.action);
    return create != nullptr &&
           std::ranges::find(create->datasets, dataset) != create->datasets.end();
  });
}

bool brings_rows(const plan::Plan& view) {
  for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
    if (!view.sees(plan::StepId{i})) continue;
    const plan::Action& action = view.steps[i].action;
    const auto* verify = std::get_if<plan::Verify>(&action);
    if (std::holds_alternative<plan::Copy>(action) || std::holds_alternative<plan::Purge>(action) ||
        (verify != nullptr && verify->repair))
      return true;
  }
  return false;
}

}  // namespace

World::World(const plan::Plan& view, std::uint64_t seed, Mistake mistake)
    : cursors(view.steps.size()), view_(&view), mistake_(mistake), carried_(seed % 5) {
  is_refillable_ = !view.nothing_moves.empty() && !view.to.empty() &&
                   std::ranges::all_of(view.to, [&](plan::DatasetId dataset) {
                     return view.at(view.at(dataset).store).caches.has_value();
                   });
  const std::string router = view.through ? view.at(*view.through).name : "";
  const std::string salt = salt_of(view.name, router);
  for (Key key = 0; key < kKeys; ++key)
    buckets_[key] = bucket_of(salt, fmt::format("{}", seed % 16 * kKeys + key));
  for (Key key = 0; key < kKeys; ++key)
    old_.rows[key] = static_cast<Version>(key + 1);
  if (are_services()) {
    new_.rows = old_.rows;
    return;
  }
  old_.datasets = old_.there = 1;
  for (std::size_t i = 0; i < view.to.size(); ++i) {
    const std::uint32_t bit = 1U << i;
    new_.datasets |= bit;
    if (!is_created_by(view, view.to[i])) new_.there |= bit;
  }
  if (new_.there == 0) return;
  // A plan that brings no rows over relies on somebody who has.
  if (new_.is_there() && !is_refillable_ && !brings_rows(view)) {
    new_.rows = old_.rows;
    return;
  }
  // Where the plan did not make the tables, an earlier run may have left rows in them.
  for (Key key = 0; key < kKeys; key += 7)
    new_.rows[key] = kLeftover + static_cast<Version>(key);
}

void World::set_writes(const plan::WritesState& writes, const plan::RouteWrites& route) {
  if (!is_stopped()) led_ = writes_.authority;
  writes_ = writes;
  writes_route_ = route;
  if (!writes_.mirror) intents = 0;
}

Side World::leader(Key key, const plan::WritesState& writes) const {
  if (writes.share) return buckets_[key] < writes.share->parts() ? Side::New : Side::Old;
  if (writes.authority != Side::None) return writes.authority;
  return is_stopped() ? led_ : leader(key, writes_);
}

void World::set_reads(const plan::RouteReads& reads) {
  reads_ = reads;
  fitting_ = kAllKeys;
  for (const plan::AttributeIn& wanted : reads.where)
    fitting_ &= fitting(wanted);
}

// The attributes of a client never change; one client in three has a value that no plan names.
Keys World::fitting(const plan::AttributeIn& wanted) const {
  std::vector<std::string> known;
  for (const plan::Step& step : view_->steps) {
    const auto* reads = std::get_if<plan::RouteReads>(&step.action);
    if (reads == nullptr) continue;
    for (const plan::AttributeIn& one : reads->where) {
      if (one.attribute != wanted.attribute) continue;
      for (const std::string& value : one.values) {
        if (std::ranges::find(known, value) == known.end()) known.push_back(value);
      }
    }
  }
  Keys keys = 0;
  for (Key key = 0; key < kKeys; ++key) {
    std::uint64_t mixed = key * 0x9e3779b97f4a7c15U;
    for (const char letter : wanted.attribute)
      mixed = (mixed ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    const std::uint64_t mine = (mixed >> 17U) % (known.size() + 1 + known.size() / 2);
    const bool fits =
        mine < known.size() && std::ranges::find(wanted.values, known[mine]) != wanted.values.end();
    keys |= fits ? only(key) : 0;
  }
  return keys;
}

Side World::reader(Key key) const {
  if (!view_->through) return leader(key);
  // One hash decides both: a key whose writes have moved is read where it is written.
  if (writes_.share && leader(key) == Side::New) return Side::New;
  if (reads_.to != Side::New) return Side::Old;
  if (reads_.share && buckets_[key] >= reads_.share->parts()) return Side::Old;
  return (fitting_ & only(key)) != 0 ? Side::New : Side::Old;
}

Keys World::read_from_new() const {
  Keys keys = 0;
  for (Key key = 0; key < kKeys; ++key)
    keys |= reader(key) == Side::New ? only(key) : 0;
  return keys;
}

Keys World::written_to_new() const {
  if (is_stopped()) return 0;
  Keys keys = 0;
  for (Key key = 0; key < kKeys; ++key)
    keys |= leader(key) == Side::New ? only(key) : 0;
  return keys;
}

plan::Ratio World::read_share() const {
  if (!view_->through) return leader(0) == Side::New ? plan::Ratio::percent(100) : plan::Ratio{};
  if (reads_.to != Side::New) return writes_.share.value_or(plan::Ratio{});
  if (!reads_.where.empty()) {
    const auto parts = std::popcount(read_from_new()) * plan::Ratio::kWhole / std::int64_t{kKeys};
    return *plan::Ratio::from_parts(parts);
  }
  return reads_.share.value_or(plan::Ratio::percent(100));
}

plan::Ratio World::write_share() const {
  if (writes_.share) return *writes_.share;
  return writes_.authority == Side::New ? plan::Ratio::percent(100) : plan::Ratio{};
}

bool World::carry_over(Keys keys) {
  keys &= pending();
  if (keys == 0) return true;
  if (!old_.is_there() || !new_.is_there()) return false;
  // The planted mistake passes over an entry now and then.
  const bool loses = mistake_ == Mistake::FollowerLoses && ++carried_ % 5 == 0;
  const Keys lost = loses ? keys & (~keys + 1) : 0;
  for (Key key = 0; key < kKeys; ++key) {
    if ((keys & ~lost & only(key)) == 0) continue;
    const Side leads = leader(key);
    at(leads == Side::New ? Side::Old : Side::New).rows[key] = at(leads).rows[key];
  }
  changed |= keys;
  touched &= ~keys;
  intents &= ~keys;
  return true;
}

std::uint32_t World::bits(const std::vector<plan::DatasetId>& datasets, Side side) const {
  if (are_services()) return 0;
  std::uint32_t found = 0;
  for (const plan::DatasetId dataset : datasets) {
    if (side == Side::Old) {
      found |= dataset == view_->from ? 1U : 0U;
    } else {
      const auto place = std::ranges::find(view_->to, dataset);
      if (place != view_->to.end()) found |= 1U << (place - view_->to.begin());
    }
  }
  return found;
}

void World::create(const std::vector<plan::DatasetId>& datasets) {
  for (const Side side : {Side::Old, Side::New})
    at(side).there |= bits(datasets, side);
}

void World::drop(const std::vector<plan::DatasetId>& datasets) {
  for (const Side side : {Side::Old, Side::New}) {
    const std::uint32_t gone = bits(datasets, side);
    if (gone == 0) continue;
    at(side).there &= ~gone;
    at(side).rows.fill(kNoRow);
  }
}

void World::purge(const std::vector<plan::DatasetId>& datasets) {
  for (const Side side : {Side::Old, Side::New}) {
    if (bits(datasets, side) != 0) at(side).rows.fill(kNoRow);
  }
}

bool World::has(plan::DatasetId dataset) const {
  return (bits({dataset}, Side::Old) | bits({dataset}, Side::New)) != 0;
}

Side World::side_of(plan::DatasetId dataset) const {
  return !are_services() && dataset == view_->from ? Side::Old : Side::New;
}

Keys World::different() const {
  Keys keys = 0;
  for (Key key = 0; key < kKeys; ++key) {
    const Side leads = leader(key);
    const Version here = at(leads).rows[key];
    const Version there = at(leads == Side::New ? Side::Old : Side::New).rows[key];
    const bool is_only_missing = is_refillable_ && (here == kNoRow || there == kNoRow);
    if (here != there && !is_only_missing) keys |= only(key);
  }
  return keys & ~pending();
}

int World::rows_at(Side side) const {
  return static_cast<int>(
      std::ranges::count_if(at(side).rows, [](Version version) { return version != kNoRow; }));
}

}  // namespace mig::runtime::sim
