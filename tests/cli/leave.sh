#!/usr/bin/env bash
# What goes on when a plan has ended that leaves writes to both sides.  tests/cli/leave.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"

plan_with() {  # MODE
  mkdir "$work/$1" && cd "$work/$1" || exit 1
  sqlite3 app.db "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO users VALUES(1, 'Ada'), (2, 'Bob')"
  cat >plan.mig <<PLAN
mig 1
store app: sqlite { path = "app.db" }
router glue: table { in = app; name = "mig_routes" }
entity User { key id: i64; name: text(20) }
dataset users: User in app { table = "users" }
dataset people: User in app { table = "people" }
plan move {
  from users
  to people
  through glue
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase mirror  { create people; writes old, new { mode = $1 } }
  phase copy    { scan old -> new; verify old, new; require same; reads new 50% }
  phase end {
    leave writes old, new { because = "the till writes users" }
    leave reads new 50% { because = "half of the shops" }
  }
}
PLAN
}
rows='SELECT group_concat(id || name) FROM (SELECT * FROM people ORDER BY id)'

plan_with transaction
expect 0 'stays so: writes go to old, and new gets them in the same' "$mig" preview plan.mig --json
expect 0 'stays so: reads go to new 50% by id; half of the shops' "$mig" preview plan.mig --json
expect 0 'completed' "$mig" apply plan.mig --yes
sqlite3 app.db "INSERT INTO users VALUES(3, 'Cleo'); UPDATE users SET name = 'Bert' WHERE id = 2; DELETE FROM users WHERE id = 1"
expect 0 '2Bert,3Cleo' sqlite3 app.db "$rows"
expect 19 'writes to people are stopped by mig' sqlite3 app.db "INSERT INTO people VALUES(9, 'Nobody')"
expect 0 '"mode": "transaction"' sqlite3 app.db 'SELECT document FROM mig_routes'
expect 1 'and left it so that writes go to old, and new gets them in the same transaction; the till' "$mig" doctor app.db
expect 1 'is the changelog of `users`: 0 entries' "$mig" doctor app.db
# A name that is too long for the new side: the application is not disturbed, and it is not hidden.
expect 0 '' sqlite3 app.db "INSERT INTO users VALUES(4, 'a name of far more than twenty letters')"
expect 0 '2Bert,3Cleo' sqlite3 app.db "$rows"
expect 1 'is the changelog of `users`: 1 entries' "$mig" doctor app.db
expect 0 'things taken away' "$mig" doctor app.db --remove --routes --yes
expect 0 '' sqlite3 app.db "INSERT INTO users VALUES(5, 'Emil'); INSERT INTO people VALUES(5, 'Emil')"

plan_with app
expect 0 'completed' "$mig" apply plan.mig --yes
expect 0 '0' sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' OR name LIKE 'mig_ctl_log%'"
expect 0 '' sqlite3 app.db "INSERT INTO users VALUES(5, 'Emil'); INSERT INTO people VALUES(5, 'Emil')"
expect 0 '1Ada,2Bob,5Emil' sqlite3 app.db "$rows"
expect 1 'and left it so that writes go to old, and the application writes new, too' "$mig" doctor app.db

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
