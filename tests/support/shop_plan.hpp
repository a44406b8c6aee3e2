// A small plan: legacy users in `old.db` become users, emails and countries in `new.db`.
#pragma once

#include <string>
#include <utility>

#include "compiler/plan/plan.hpp"

namespace mig::tests {

inline plan::Field field(std::string name, plan::Type type, bool key = false) {
  return {.name = name, .column = name, .type = std::move(type), .key = key};
}

inline plan::Expr field_of(std::uint32_t index, plan::Type type) {
  return {std::move(type), plan::FieldOf{index}};
}

inline plan::Expr call(plan::Function function, plan::Type type,
                       std::vector<plan::Expr> arguments) {
  return {std::move(type), plan::Apply{function, std::move(arguments)}};
}

inline plan::Step step(std::string name, plan::Action action) {
  return {.name = std::move(name), .action = std::move(action)};
}

// Entities: 0 Legacy, 1 User, 2 Email, 3 Country. Datasets: 0 old, 1 users, 2 emails, 3 countries.
inline plan::Plan shop_plan() {
  using plan::Base;
  using plan::Type;
  plan::Plan plan;
  plan.name = "shop";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {"new.db"}}};
  plan.entities = {
      {"Legacy",
       {field("id", Type::of(Base::I64), true), field("name", Type::text(20)),
        field("emails", Type::text()), field("country", Type::text()),
        field("points", Type::of(Base::I32)), field("score", Type::of(Base::F64))},
       {}},
      {"User",
       {field("id", Type::of(Base::I64), true), field("name", Type::text(20)),
        field("country", Type::text())},
       {}},
      {"Email",
       {field("user_id", Type::of(Base::I64), true), field("email", Type::text(), true)},
       {}},
      {"Country", {field("name", Type::text(), true), field("tag", Type::text())}, {}},
  };
  plan.entities[1].fields[2].references = plan::Reference{{3}, 0};
  plan.entities[2].fields[0].references = plan::Reference{{1}, 0};
  plan.datasets = {{"old", {0}, {0}, "legacy_users", {}},
                   {"users", {1}, {1}, "users", {}},
                   {"emails", {2}, {1}, "emails", {}},
                   {"countries", {3}, {1}, "countries", {}}};
  plan.from = {0};
  plan.to = {{1}, {2}, {3}};
  return plan;
}

}  // namespace mig::tests
