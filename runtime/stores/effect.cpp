#include "runtime/stores/effect.hpp"

#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::runtime {

Result<std::optional<Applied>> read_applied(const OpenStore& store, const std::string& run,
                                            std::string_view step) {
  return store.visit([&](auto& kind) { return read_applied(kind, run, step); });
}

Result<Effect> Effect::begin(const OpenStore& store, const std::vector<std::string>& resources,
                             const Authority& authority, std::string step, FenceLock lock) {
  if (store.sql() != nullptr) {
    MIG_ASSIGN(effect, SqlEffect::begin(*store.sql(), resources, authority, std::move(step), lock));
    return Effect(std::move(effect));
  }
  MIG_ASSIGN(effect, RedisEffect::begin(*store.redis(), resources, authority, std::move(step)));
  return Effect(std::move(effect));
}

const Database& Effect::database() const {
  const auto* effect = std::get_if<SqlEffect>(&effect_);
  assert(effect != nullptr && "what needs SQL is done in stores that speak it");
  return effect->database();
}

OpenStore Effect::store() const {
  return std::visit(plan::Overloaded{
                        [](const SqlEffect& effect) { return OpenStore(effect.database()); },
                        [](const RedisEffect& effect) { return OpenStore(effect.connection()); },
                    },
                    effect_);
}

const std::optional<Applied>& Effect::applied() const {
  return std::visit(
      [](const auto& effect) -> const std::optional<Applied>& { return effect.applied(); },
      effect_);
}

Result<void> Effect::commit(const Applied& now, Durable durable) {
  return std::visit(plan::Overloaded{
                        [&](SqlEffect& effect) { return effect.commit(now, durable); },
                        [&](RedisEffect& effect) { return settle(effect.commit(now)); },
                    },
                    effect_);
}

Result<void> Effect::commit_undone() {
  return std::visit(plan::Overloaded{
                        [](SqlEffect& effect) { return effect.commit_undone(); },
                        [&](RedisEffect& effect) { return settle(effect.commit_undone()); },
                    },
                    effect_);
}

Result<void> Effect::settle(Result<Committed> committed) {
  if (!committed) return std::unexpected(std::move(committed).error());
  is_disturbed_ = *committed == Committed::Disturbed;
  if (!is_disturbed_) return {};
  return fail(
      ErrorKind::Transient,
      fmt::format("somebody wrote to the keys that are being moved to `{}`", store().shown_place()),
      "it is tried again; who writes there besides mig has to stop");
}

}  // namespace mig::runtime
