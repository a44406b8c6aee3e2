// One effect of a step in one store, exactly once: the change, the note that it happened and the
// proof that we may make it stand in one transaction.
//
// A step reads `applied` first, so neither a crash nor a lost reply of COMMIT does anything twice.
// An Effect that ends without `commit` leaves nothing. One thread, like the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/redis_effect.hpp"
#include "runtime/stores/sql_effect.hpp"

namespace mig::runtime {

// Absent: the step has not begun here, or was undone.
Result<std::optional<Applied>> read_applied(const OpenStore& store, const std::string& run,
                                            std::string_view step);

class Effect {
 public:
  // Takes the write lock, or watches; checks the fence; marks the transaction as ours. `step` is
  // the step's name in the plan.
  static Result<Effect> begin(const OpenStore& store, const std::vector<std::string>& resources,
                              const Authority& authority, std::string step,
                              FenceLock lock = FenceLock::Alone);

  // REQUIRES: the store speaks SQL.
  const Database& database() const;
  // Null where it does.
  RedisEffect* redis() { return std::get_if<RedisEffect>(&effect_); }
  SqlEffect* sql() { return std::get_if<SqlEffect>(&effect_); }
  OpenStore store() const;
  // What stood there when the transaction began.
  const std::optional<Applied>& applied() const;

  // The change and its note, durable together. Transient where somebody touched what a decision in
  // Redis rests on: nothing happened, and the step does it again (`is_disturbed`).
  Result<void> commit(const Applied& now, Durable durable = Durable::Now);
  // The change and the step's note gone: as if the step had never begun.
  Result<void> commit_undone();
  bool is_disturbed() const { return is_disturbed_; }

 private:
  explicit Effect(std::variant<SqlEffect, RedisEffect> effect) : effect_(std::move(effect)) {}
  Result<void> settle(Result<Committed> committed);

  std::variant<SqlEffect, RedisEffect> effect_;
  bool is_disturbed_ = false;
};

}  // namespace mig::runtime
