#!/usr/bin/env bash
# Schemas that are pulled once, and held against plans where no store can be reached.
# tests/cli/schema.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"
cd "$work" || exit 1

cat >plan.mig <<'PLAN'
mig 1
param pace: rows/s = 100 rows/s in 1 rows/s..1_000 rows/s
env prod { pace = 200 rows/s }
env ci { pace = 300 rows/s }
store app: sqlite { path = "app.db" }
entity User { key id: i64; name: text(100); age: i32? }
dataset users: User in app { table = "users" }
dataset copied: User in app { table = "users_copy" }
plan move {
  from users
  to copied
  gate same { require drift(old) == 0 rows; no_data = fail }
  phase expand  { create copied }
  phase still   { accept all_at_once "nobody works at night"; writes none }
  phase move    { snapshot old -> new { rate = pace }; require same; backup old { to = "kept.db" } }
  phase over    { point_of_no_return "only the new table is written"; writes new; drop old }
}
PLAN
sqlite3 app.db 'CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
  CREATE INDEX by_name ON users(name); INSERT INTO users VALUES(1, '"'Ada'"', 36)'

expect 64 'say which one with --env' "$mig" schema pull plan.mig
expect 0 'app: 1 tables, 0 views, 0 triggers' "$mig" schema pull plan.mig --env prod
expect 0 'Saved other.json' "$mig" schema pull plan.mig --env prod --out other.json
expect 69 'cannot be written' "$mig" schema pull plan.mig --env prod --out no/such/folder.json
grep -v pulled_at schema.prod.json >one; grep -v pulled_at other.json >two
if cmp -s one two && ! grep -q Ada schema.prod.json; then passed=$((passed + 1)); else
  failed=$((failed + 1)); echo 'FAILED: two pulls differ, or a row was kept'; fi

rm app.db   # from here on nobody can look
expect 0 'proved safe' "$mig" check plan.mig --schema schema.prod.json
expect 0 'the schemas are those of schema.prod.json, pulled at 20' \
  "$mig" preview plan.mig --env prod --schema schema.prod.json
expect 64 'it is not what' "$mig" check plan.mig --schema plan.mig
expect 64 'none.json' "$mig" check plan.mig --schema none.json
expect 64 'it does not fit: stores: ' "$mig" check plan.mig --schema <(sed 's/"by_name"/7/' schema.prod.json)

sed 's/name: text(100)/nick: text(100)/' plan.mig >nick.mig
expect 1 'M5001' "$mig" check nick.mig --schema schema.prod.json
expect 1 'no column `nick`' "$mig" check nick.mig --schema schema.prod.json
expect 3 'M5001' "$mig" preview nick.mig --env prod --schema schema.prod.json
expect 0 'proved safe' "$mig" check nick.mig
# The schemas are those of one environment, and say nothing of another one.
expect 0 'proved safe' "$mig" check nick.mig --schema <(sed 's/"env": "prod"/"env": "staging"/' schema.prod.json)
expect 1 'M5001' "$mig" check nick.mig --schema schema.prod.json --json
expect 0 'do not have the store `app`' "$mig" check plan.mig --schema <(sed 's/"name": "app"/"name": "shop"/' schema.prod.json)

sqlite3 app.db 'CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
  CREATE TABLE users_copy(id INTEGER PRIMARY KEY); CREATE VIEW named AS SELECT name FROM users'
expect 0 'app: 2 tables, 1 views' "$mig" schema pull plan.mig --env prod
rm app.db
expect 1 'M5004' "$mig" check plan.mig --schema schema.prod.json
expect 1 'the table `users_copy` that the plan creates is there already' "$mig" check plan.mig --schema schema.prod.json
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
