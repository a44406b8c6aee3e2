// The plans that the tests of the language server write in.
"use strict";

const STORES = `mig 1
use std.text (lower, trim)

store shop:  sqlite { path = "shop.db" }
router glue: file   { path = "routes.json" }
`;

const SHAPES = `
## A customer as it was.
entity User   { key id: i64; full_name: text; email: text(254) }
entity Person { key id: i64; name: text; email: text(254) }
dataset users:  User in shop   { table = "users" }
dataset people: Person in shop { table = "people" }
transform carry(u: User) -> Person {
  let name = trim(u.full_name)
  emit Person { id = u.id; name = name; email = lower(u.email) }
}
`;

const PLAN = `
plan split_users {
  from users
  to people
  through glue
  via carry
  on_fail retry 3 then rollback { backoff = 30s..10m }

  gate same { require drift(users) == 0 rows; no_data = fail }

  phase expand  { create people }
  phase still   { accept all_at_once "at night" { max_downtime = 1h }; writes none }
  phase move    { snapshot old -> new }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase over    { reads new; point_of_no_return "only the new table is written"; writes new }
  phase cleanup { backup old { to = "users.backup.db" }; drop old }
}
`;

const WHOLE = `${STORES}
param nap: duration = 90m in 1s..30d
env prod { nap = 2h }
${SHAPES}${PLAN}`;

module.exports = { STORES, SHAPES, PLAN, WHOLE };
