#!/usr/bin/env bash
# What people are told of a run whose phase waits for its window.  tests/cli/windows.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"

plan_with() {  # FOLDER WINDOW
  mkdir "$work/$1" && cd "$work/$1" || exit 1
  sqlite3 app.db "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO users VALUES(1, 'Ada')"
  cat >plan.mig <<PLAN
mig 1
store app: sqlite { path = "app.db" }
entity User { key id: i64; name: text }
dataset users: User in app { table = "users" }
dataset people: User in app { table = "people" }
plan move {
  from users
  to people
  phase expand { create people }
  phase night { window $2; snapshot old -> new }
}
PLAN
}

plan_with later '2261-01-15T02:00:00Z..2261-01-15T04:00:00Z { reserve = 10m }'
expect 0 '"window": "2261-01-15T02:00:00Z..2261-01-15T04:00:00Z, the last 10m' "$mig" preview plan.mig --json
expect 0 '"opens": "2261-01-15T02:00:00Z"' "$mig" preview plan.mig --json
expect 7 'waits for the window of night, until 2261-01-15T02:00:00' \
  "$mig" apply plan.mig --yes --until-blocked --detailed-exitcode
expect 0 'night/snapshot#1 waits for the window of night, until 2261-01-15T02:00:00' "$mig" why
expect 0 'waits for the window of night' "$mig" status
expect 0 'night  waits for its window, until 2261-01-15T02:00:00' "$mig" log
expect 0 '"phase":"night"' "$mig" log --json
expect 0 '0' sqlite3 app.db 'SELECT count(*) FROM people'
expect 0 'is rolled back' "$mig" rollback --because 'not this century'

plan_with now '00:00..00:00 { zone = "Europe/Berlin" }'
expect 0 '"window": "00:00..00:00 Europe/Berlin"' "$mig" preview plan.mig --json
expect 0 'open now' "$mig" preview plan.mig --md
expect 0 'completed' "$mig" apply plan.mig --yes
expect 0 '1' sqlite3 app.db 'SELECT count(*) FROM people'

plan_with over '2021-01-15T02:00:00Z..2021-01-15T04:00:00Z'
expect 3 'the window of `night` does not open again' "$mig" apply plan.mig --yes
plan_with strange '22:00..04:00 { zone = "Europe/Atlantis" }'
expect 69 'this machine knows no time zone `Europe/Atlantis`' "$mig" apply plan.mig --yes

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
