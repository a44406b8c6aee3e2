#include "runtime/steps/follower.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <ranges>

#include <fmt/format.h>

#include "runtime/steps/feeds.hpp"
#include "runtime/steps/place_back.hpp"
#include "runtime/steps/slots.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/postgres_pgoutput.hpp"
#include "runtime/stores/references.hpp"
#include "runtime/stores/row_writer.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kEveryLetter = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::int64_t position_of(const std::optional<Applied>& applied) {
  return applied ? position_of(applied->cursor) : 0;
}

Follower::Follower(const plan::Plan& plan, plan::StepId step, plan::Side authority,
                   std::unique_ptr<ChangeFeed> feed, OpenStore source, KeysetReader reader)
    : plan_(&plan),
      step_(step),
      feed_(std::move(feed)),
      source_(source),
      reader_(std::move(reader)),
      carrier_(std::make_unique<Carrier>(plan, authority)) {}

Result<Follower> Follower::open(World& world, plan::StepId step, plan::Side authority) {
  const plan::Plan& plan = world.plan;
  const plan::Lane lane = plan::lane(plan, authority);
  MIG_ASSIGN(source, world.stores.reading(plan.at(lane.source).store));
  MIG_ASSIGN(reader, open_rows(world.stores, plan, lane));
  MIG_ASSIGN(feed, open_feed(world, step, authority));
  Follower follower(plan, step, authority, std::move(feed), source, std::move(reader));
  const plan::Transform& transform = follower.carrier_->transform();
  for (std::size_t i = 0; i < transform.emits.size(); ++i) {
    const plan::DatasetId dataset = follower.carrier_->dataset(i);
    MIG_ASSIGN(owned, owned_rows(plan, transform.emits[i], dataset, lane.source));
    follower.owned_.push_back(std::move(owned));
  }
  return follower;
}

plan::StoreId Follower::target_store() const {
  return plan_->at(carrier_->dataset(0)).store;
}

Result<std::optional<Followed>> Follower::carry_over(World& world, std::size_t limit) {
  MIG_ASSIGN(effect, begin_effect(world, target_store(), step_));
  Applied now = effect.applied().value_or(Applied{});
  Followed followed{.position = position_of(effect.applied())};
  if (!sweep_) feed_->stand_at(now.cursor);
  MIG_ASSIGN(touched, look(world, followed.position, limit));
  if (touched.is_gap) return std::optional<Followed>();
  followed.is_drained = touched.is_last;
  followed.entries = touched.entries;
  if (touched.entries == 0) return std::optional(followed);
  MIG_ASSIGN(written, write(world, effect, SharedRows::Agree));
  followed.written = written;
  followed.position = touched.until;
  // A place behind a gap is taken once the gap is closed: it may be the one in front of it.
  const bool is_gap_open = sweep_ && !is_swept_;
  if (!is_gap_open) now.cursor = feed_->cursor(touched.until);
  const auto keys = static_cast<std::int64_t>(touched.keys.size());
  now.counts.read += keys;
  now.counts.moved += keys - rejected_;
  now.counts.rejected += rejected_;
  now.counts.written += written;
  MIG_TRY(effect.commit(now));
  if (!is_gap_open) sweep_.reset();
  return std::optional(followed);
}

Result<std::optional<Followed>> Follower::look_idly(World& world) {
  MIG_ASSIGN(target, world.stores.reading(target_store()));
  MIG_ASSIGN(applied, read_applied(target, world.authority.run, plan_->at(step_).name));
  Followed followed{.position = position_of(applied), .is_drained = true};
  if (sweep_) return std::nullopt;
  if (applied) feed_->stand_at(applied->cursor);
  MIG_ASSIGN(touched, feed_->read(followed.position, 1, Horizon::Settled));
  return touched.entries == 0 && touched.is_last ? std::optional(followed) : std::nullopt;
}

Result<std::int64_t> Follower::mend(World& world, plan::StepId step,
                                    const std::vector<std::string>& places) {
  MIG_ASSIGN(effect, begin_effect(world, target_store(), step));
  Applied now = effect.applied().value_or(Applied{});
  const OpenStore target = effect.store();
  MIG_ASSIGN(followed, read_applied(target, world.authority.run, plan_->at(step_).name));
  std::int64_t written = 0;
  for (const SharedRows shared : {SharedRows::Overwrite, SharedRows::Agree}) {
    MIG_ASSIGN(snapshot, feed_->hold());
    std::vector<std::string> chosen;
    for (const std::string& place : places) {
      MIG_ASSIGN(is_settled_now, is_settled(world, target, place, position_of(followed)));
      if (is_settled_now == (shared == SharedRows::Overwrite)) chosen.push_back(place);
    }
    MIG_TRY(reader_.read_each(chosen, page_, gone_));
    if (snapshot) MIG_TRY(snapshot->commit());
    MIG_ASSIGN(rows, write(world, effect, shared));
    written += rows;
  }
  now.cursor = "repaired";
  MIG_TRY(effect.commit(now));
  return written;
}

// Whether the old row is as it was carried over last, and is not set aside: it agreed then with all
// that share a row with it, so where that row is another now, it was spoilt.
Result<bool> Follower::is_settled(const World& world, const OpenStore& target,
                                  const std::string& place, std::int64_t position) const {
  const std::string& dataset = plan_->at(carrier_->lane().source).name;
  MIG_ASSIGN(is_set_aside, has_open_letter(target, world.authority.run, dataset, place));
  if (is_set_aside) return false;
  MIG_ASSIGN(is_touched, feed_->is_touched(place, position));
  return !is_touched;
}

Result<std::int64_t> Follower::delete_strays(World& world, plan::StepId step,
                                             std::span<const Stray> strays) {
  MIG_ASSIGN(effect, begin_effect(world, target_store(), step));
  Applied now = effect.applied().value_or(Applied{});
  for (const auto& owned : owned_)
    MIG_TRY(owned->open(effect.store()));
  for (const Stray& stray : strays) {
    for (std::size_t emit = 0; emit < owned_.size(); ++emit) {
      if (carrier_->dataset(emit) == stray.dataset) owned_[emit]->suspect(stray.place);
    }
  }
  MIG_TRY(refer_later(effect));
  MIG_ASSIGN(deleted, delete_unowned());
  now.cursor = "repaired";
  MIG_TRY(effect.commit(now));
  return deleted;
}

// Where the store can, one snapshot for the log and the rows: a row that changes behind it is in
// the log behind it too.
Result<Touched> Follower::look(World& world, std::int64_t after, std::size_t limit) {
  if (sweep_) return look_everywhere(world, after, limit);
  MIG_ASSIGN(snapshot, feed_->hold());
  MIG_ASSIGN(touched, feed_->read(after, limit, Horizon::Settled));
  if (touched.is_gap) return touched;
  MIG_TRY(reader_.read_each(touched.keys, page_, gone_));
  if (snapshot) {
    MIG_TRY(snapshot->commit());
  } else {
    MIG_TRY(doubt_gone(after, touched));
  }
  return touched;
}

// Where rows are read behind their entries, they may be gone with all others, by what is told
// behind them: it would take rows of the other side, a page of them or, in a sweep, each.
Result<void> Follower::doubt_gone(std::int64_t after, Touched& touched) {
  if (gone_.empty()) return {};
  MIG_ASSIGN(has_only_entries, feed_->has_only_entries(after));
  touched.is_gap = !has_only_entries;
  return {};
}

Result<std::int64_t> Follower::write(const World& world, Effect& effect, SharedRows shared) {
  for (const auto& owned : owned_)
    MIG_TRY(owned->open(effect.store()));
  carrier_->run(page_.rows);
  MIG_ASSIGN(claimed, claims());
  MIG_ASSIGN(deleted, give_up_others(effect, claimed, Unowned::Stay));
  MIG_ASSIGN(totals, put(world, effect, claimed, shared));
  MIG_ASSIGN(unowned, delete_unowned());
  MIG_ASSIGN(is_broken, has_broken_references(effect));
  if (is_broken) return still_referred_to();
  if (effect.redis() == nullptr) MIG_TRY(note_return(effect.database(), claimed));
  MIG_TRY(settle_letters(world, effect, totals.rejects));
  rejected_ = static_cast<std::int64_t>(totals.rejects.size() + page_.bad.size());
  return deleted + totals.written + unowned;
}

Result<std::vector<Follower::Claim>> Follower::claims() const {
  const plan::Entity& source = plan_->entity_of(carrier_->lane().source);
  const std::vector<std::set<std::string>> nothing(owned_.size());
  std::vector<Claim> claimed;
  claimed.reserve(page_.rows.rows + gone_.size() + page_.bad.size());
  for (std::size_t row = 0; row < page_.rows.rows; ++row)
    claimed.push_back({written_key(source, page_.rows, row), nothing});
  for (std::size_t emit = 0; emit < owned_.size(); ++emit) {
    const Emitted& emitted = carrier_->emitted()[emit];
    const plan::Entity& target = plan_->entity_of(carrier_->dataset(emit));
    for (std::size_t row = 0; row < emitted.rows.rows; ++row) {
      const std::uint32_t from = emitted.source[row];
      if (carrier_->is_rejected(from)) continue;
      claimed[from].places[emit].insert(written_key(target, emitted.rows, row));
    }
  }
  // Rows that are gone, and those that nobody can read, become nothing.
  const auto give_up = [&](const std::string& place) -> Result<void> {
    MIG_ASSIGN(owner, place_as_written(source_, source, place));
    if (owner) claimed.push_back({*owner, nothing});
    return {};
  };
  for (const std::string& place : gone_)
    MIG_TRY(give_up(place));
  for (const BadRow& bad : page_.bad)
    MIG_TRY(give_up(bad.key));
  return claimed;
}

// What the plan does not move refers to rows that it takes away.
std::unexpected<Error> Follower::still_referred_to() const {
  std::vector<plan::DatasetId> datasets;
  for (std::size_t emit = 0; emit < owned_.size(); ++emit)
    datasets.push_back(carrier_->dataset(emit));
  return fail(
      ErrorKind::Permanent,
      fmt::format("rows of {} that are gone on the side that leads are still referred to by "
                  "rows of other tables",
                  names_of(*plan_, datasets)),
      "look which foreign keys lead there; let those rows go, too, then run `mig continue`");
}

// Children before their parents.
Result<std::int64_t> Follower::give_up_others(Effect& effect, const std::vector<Claim>& claims,
                                              Unowned unowned) {
  MIG_TRY(refer_later(effect));
  std::int64_t deleted = 0;
  for (const std::size_t emit : std::views::reverse(carrier_->order())) {
    for (const Claim& claim : claims) {
      MIG_ASSIGN(rows, owned_[emit]->give_up_others(effect, claim.owner, claim.places[emit]));
      deleted += rows;
    }
    if (unowned == Unowned::Stay) continue;
    MIG_ASSIGN(rows, owned_[emit]->delete_unowned());
    deleted += rows;
  }
  MIG_TRY(refer_at_once(effect));
  return deleted;
}

Result<std::int64_t> Follower::delete_unowned() {
  std::int64_t deleted = 0;
  for (const std::size_t emit : std::views::reverse(carrier_->order())) {
    MIG_ASSIGN(rows, owned_[emit]->delete_unowned());
    deleted += rows;
  }
  return deleted;
}

// Two rows that swapped a unique value in one transaction stand in each other's way, whichever
// comes first, and a shared row stands in the way of its own next version. So where a row is
// refused, all that only the touched rows own makes room, once.
Result<ChunkWriter::Totals> Follower::put(const World& world, Effect& effect,
                                          const std::vector<Claim>& claims, SharedRows shared) {
  auto& chunk = shared == SharedRows::Agree ? chunk_ : mending_chunk_;
  if (!chunk || !chunk->is_for(effect)) {
    MIG_ASSIGN(opened,
               open_chunk(effect, *plan_, *carrier_, WriteRule::Replace, world.clock, shared));
    chunk = std::move(opened);
  }
  if (effect.redis() != nullptr) return put_by_key(effect, claims, *chunk);
  const Database& database = effect.database();
  MIG_TRY(database.execute("SAVEPOINT mig_put"));
  MIG_ASSIGN(totals, chunk->write(effect, *carrier_, page_));
  const bool is_refused = std::ranges::any_of(totals.rejects, [&](const RowReject& reject) {
    return !carrier_->is_rejected(static_cast<std::uint32_t>(reject.row));
  });
  if (is_refused) {
    MIG_TRY(database.execute("ROLLBACK TO mig_put"));
    MIG_ASSIGN(again, put_in_room(effect, claims, *chunk));
    totals = std::move(again);
  }
  MIG_TRY(database.execute("RELEASE mig_put"));
  return totals;
}

// No key stands in another's way. What is refused is on the other side no more, like everywhere.
Result<ChunkWriter::Totals> Follower::put_by_key(Effect& effect, const std::vector<Claim>& claims,
                                                 ChunkWriter& chunk) {
  MIG_ASSIGN(totals, chunk.write(effect, *carrier_, page_));
  for (const RowReject& reject : totals.rejects) {
    if (carrier_->is_rejected(static_cast<std::uint32_t>(reject.row))) continue;  // gone already
    for (const auto& owned : owned_)
      MIG_TRY(owned->give_up_others(effect, claims[reject.row].owner, {}));
  }
  return totals;
}

// Forward all that they own goes, and comes again. On the way back the rows stay, with all that the
// plan does not know of: they only let go of what is unique, unless a rule of the table keeps them
// from it. What is refused still is on the other side no more.
Result<ChunkWriter::Totals> Follower::put_in_room(Effect& effect, const std::vector<Claim>& claims,
                                                  ChunkWriter& chunk) {
  std::vector<Claim> given_up = claims;
  for (Claim& claim : given_up)
    claim.places.assign(owned_.size(), {});
  if (carrier_->lane().authority == plan::Side::Old) {
    MIG_TRY(give_up_others(effect, given_up, Unowned::Go));
    return chunk.write(effect, *carrier_, page_);
  }
  if (!room_) {
    MIG_ASSIGN(opened, Room::of(effect.database(), *plan_, carrier_->dataset(0)));
    room_.emplace(std::move(opened));
  }
  MIG_TRY(refer_later(effect));
  std::vector<Claim> crowded;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    for (const std::string& place : claims[i].places[0]) {
      MIG_ASSIGN(has_room, room_->make(place));
      if (!has_room) crowded.push_back(given_up[i]);
    }
  }
  MIG_TRY(refer_at_once(effect));
  MIG_TRY(give_up_others(effect, crowded, Unowned::Go));
  MIG_ASSIGN(totals, chunk.write(effect, *carrier_, page_));
  // The first claims are those of the page's rows, in its order.
  std::vector<Claim> refused;
  refused.reserve(totals.rejects.size());
  for (const RowReject& reject : totals.rejects)
    refused.push_back(given_up[reject.row]);
  MIG_TRY(give_up_others(effect, refused, Unowned::Go));
  return totals;
}

Result<void> Follower::note_return(const Database& database,
                                   const std::vector<Claim>& claims) const {
  const plan::Lane& lane = carrier_->lane();
  if (lane.authority == plan::Side::Old || !plan_->via) return {};
  const auto& forward = plan_->at(*plan_->via).emits;
  if (std::ranges::none_of(forward, &plan::Emit::shared)) return {};
  const bool has_slot = leads_through_slot(*plan_, plan::Side::Old);
  MIG_ASSIGN(log, Changelog::of(*plan_, plan_->from));
  MIG_ASSIGN(is_installed, log.is_installed(database));
  if (!has_slot && !is_installed) return {};
  std::vector<std::string> places;
  places.reserve(claims.size());
  for (const Claim& claim : claims)
    places.push_back(old_place_of(*plan_, lane, claim.owner));
  if (!has_slot) return log.note(database, places);
  return name_touched(database, PostgresSlot::publication_of(plan_->at(plan_->from).table), places);
}

Result<void> Follower::settle_letters(const World& world, Effect& effect,
                                      const std::vector<RowReject>& rejects) const {
  const std::string& dataset = plan_->at(carrier_->lane().source).name;
  const std::string at = print(world.clock.now());
  MIG_ASSIGN(open,
             open_letter_keys(effect.store(), world.authority.run, dataset, "", kEveryLetter));
  const std::set<std::string> open_letters(open.begin(), open.end());
  const auto close = [&](const std::string& key) -> Result<void> {
    if (!open_letters.contains(key)) return {};
    return close_dead_letter(effect, world.authority.run, dataset, key, at);
  };
  for (std::size_t row = 0; row < page_.rows.rows; ++row)
    MIG_TRY(close(page_.keys[row]));
  for (const std::string& place : gone_)
    MIG_TRY(close(place));
  std::vector<DeadLetter> letters;
  const auto add = [&](const std::string& key, const std::string& field,
                       const std::string& reason) {
    letters.push_back(
        {world.authority.run, plan_->at(step_).name, dataset, key, field, reason, at, {}});
  };
  for (const BadRow& bad : page_.bad)
    add(bad.key, bad.field, bad.reason);
  for (const RowReject& reject : rejects)
    add(page_.keys[reject.row], reject.field, reject.reason);
  return add_dead_letters(effect, letters);
}

}  // namespace mig::runtime
