// The shop's stores: a legacy table with rows by rule, and the new side's tables as a run makes
// them.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/steps/structure.hpp"
#include "tests/support/shop_transform.hpp"
#include "tests/support/test_world.hpp"

namespace mig::tests {

// Every user has two addresses but each tenth, who has none; 50 countries are shared.
inline void make_legacy(const std::filesystem::path& path, int rows) {
  run_sql(path,
          "CREATE TABLE legacy_users(id INTEGER PRIMARY KEY, name TEXT, emails TEXT, country TEXT,"
          " points INTEGER, score REAL);"
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
              std::to_string(rows) +
              ") INSERT INTO legacy_users SELECT i * 3, 'user ' || i, "
              "CASE i % 10 WHEN 0 THEN '' ELSE 'a' || i || '@x,b' || i || '@y' END, "
              "'land ' || (i % 50), i, i / 2.0 FROM n;");
}

// The plan with two steps: 0 creates the new side, 1 is `action`.
inline plan::Plan shop_run(plan::Action action) {
  plan::Plan plan = shop_plan_with_transform();
  plan.steps = {step("expand/create#1", plan::Create{plan.to}),
                step("move/step#1", std::move(action))};
  return plan;
}

inline void make_new_side(TestWorld& test) {
  test.fence();
  const auto& create = std::get<plan::Create>(test.world.plan.steps[0].action);
  const auto done = test.finish(*runtime::make_create(test.world.plan, create, {0}));
  if (!done) FAIL(done.error().message);
}

// All rows of the new side.
inline std::string new_side(const std::filesystem::path& path) {
  return rows_of(path, "SELECT * FROM users ORDER BY id") +
         rows_of(path, "SELECT * FROM emails ORDER BY user_id, email") +
         rows_of(path, "SELECT * FROM countries ORDER BY name");
}

}  // namespace mig::tests
