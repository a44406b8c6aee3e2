#include "runtime/steps/strain.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(250);  // a page takes less, often

bool is_postgres(const plan::Plan& plan, plan::StoreId store) {
  return plan.at(store).kind == plan::StoreKind::Postgres;
}

// Where sessions are counted: the servers of both sides, each store once.
std::vector<plan::StoreId> counted_stores(const plan::Plan& plan) {
  std::vector<plan::StoreId> stores;
  for (const plan::StoreId store : {plan.at(plan.from).store, plan.at(plan.to.front()).store}) {
    const bool is_new = std::ranges::find(stores, store) == stores.end();
    if (is_new && is_postgres(plan, store)) stores.push_back(store);
  }
  return stores;
}

}  // namespace

void LagWatch::note(Duration now, std::int64_t position) {
  now_ = now;
  // Closer together they would tell little more.
  const Duration step = most_ / 16;
  if (samples_.empty() || now - samples_.back().at >= step) samples_.push_back({now, position});
  while (samples_.size() > 1 && now - samples_[1].at > most_)
    samples_.pop_front();
}

bool LagWatch::is_behind(const Replica& replica) const {
  if (!replica.is_following) return true;
  if (samples_.empty() || replica.position >= samples_.back().position) return false;
  if (replica.lag && *replica.lag > most_) return true;
  const Sample& due = samples_.front();
  return now_ - due.at > most_ && replica.position < due.position;
}

Strain::Strain(const plan::Plan& plan, const plan::Copy& copy)
    : plan_(plan), most_active_(copy.max_active), target_{plan.at(plan.to.front()).store, {}, {}} {
  if (copy.max_lag) watch_.emplace(*copy.max_lag);
  if (!most_active_) return;
  for (const plan::StoreId store : counted_stores(plan))
    busy_.push_back({store, {}, {}});
}

// Of its own: a server shows one moment's sessions to a transaction, however long it lasts.
Result<OpenStore> Strain::open(Server& server, const Stores& stores) {
  if (stores.plan().at(server.store).kind == plan::StoreKind::Redis) {
    if (!server.redis) {
      MIG_ASSIGN(redis, stores.another_redis(server.store));
      server.redis.emplace(std::move(redis));
    }
    return OpenStore(*server.redis);
  }
  if (!server.sql) {
    MIG_ASSIGN(sql, stores.another_reader(server.store));
    server.sql.emplace(std::move(sql));
  }
  return OpenStore(*server.sql);
}

Result<Strain::Look> Strain::look(World& world) {
  Look look;
  if (!watch_ && !most_active_) return look;
  const Duration now = world.clock.elapsed();
  if (looked_at_ && now - *looked_at_ < kLookEvery) {
    look.why = why_;
    return look;
  }
  if (watch_) MIG_TRY(look_at_replicas(world, look));
  if (most_active_ && look.why.empty()) MIG_TRY(look_at_sessions(world, look));
  looked_at_ = now;
  why_ = look.why;
  return look;
}

Result<void> Strain::look_at_replicas(World& world, Look& look) {
  MIG_ASSIGN(server, open(target_, world.stores));
  MIG_ASSIGN(now, read_replication(server));
  compare(now, look);
  watch_->note(world.clock.elapsed(), now.position);
  const Replica* worst = nullptr;
  for (const Replica& one : now.replicas) {
    const bool is_worse = worst == nullptr || one.position < worst->position;
    if (is_worse && watch_->is_behind(one)) worst = &one;
  }
  if (worst == nullptr) return {};
  look.why = fmt::format("for the replica {} of `{}`, which is {}", worst->name,
                         plan_.at(target_.store).name,
                         worst->is_following ? "too far behind" : "not up to date yet");
  return {};
}

// Who was there and is not any more is said once, and so is that it came back.
void Strain::compare(const Replication& now, Look& look) {
  std::multiset<std::string> names;
  for (const Replica& one : now.replicas)
    names.insert(one.name);
  const auto warn = [&](const std::string& name, bool is_over) {
    const std::string what =
        fmt::format("the replica {} of `{}`", name, plan_.at(target_.store).name);
    look.warned.push_back({what,
                           is_over ? what + " is there again"
                                   : what + " is gone, and the copy does not wait for it any more",
                           is_over});
  };
  if (replicas_) {
    std::vector<std::string> missing;
    std::ranges::set_difference(*replicas_, names, std::back_inserter(missing));
    for (const std::string& name : missing) {
      if (gone_.insert(name).second) warn(name, false);
    }
  }
  for (const std::string& name : names) {
    if (gone_.erase(name) > 0) warn(name, true);
  }
  replicas_ = std::move(names);
}

Result<void> Strain::look_at_sessions(World& world, Look& look) {
  for (Server& each : busy_) {
    MIG_ASSIGN(server, open(each, world.stores));
    MIG_ASSIGN(active, count_active_sessions(*server.sql()));
    if (active <= *most_active_) continue;
    look.why = fmt::format("for the server of `{}`, where more than {} sessions are active",
                           plan_.at(each.store).name, *most_active_);
    return {};
  }
  return {};
}

Result<std::optional<std::string>> check_strain(const plan::Plan& view, const plan::Copy& copy,
                                                Stores& stores) {
  if (copy.max_active) {
    for (const plan::StoreId store : counted_stores(view)) {
      MIG_ASSIGN(server, stores.reader(store));
      MIG_TRY(count_active_sessions(*server));
    }
  }
  if (!copy.max_lag) return std::optional<std::string>();
  const plan::StoreId target = view.at(view.to.front()).store;
  MIG_ASSIGN(server, stores.reading(target));
  MIG_ASSIGN(now, read_replication(server));
  if (!now.replicas.empty()) return std::optional<std::string>();
  return fmt::format("no replica is attached to `{}` now, so `max_lag` has nothing to wait for",
                     view.at(target).name);
}

}  // namespace mig::runtime
