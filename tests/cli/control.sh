#!/usr/bin/env bash
# What people hear who ask something of a run, and whether what they are shown fits a terminal.
# tests/cli/control.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
runner=''
cleanup() { [ -z "$runner" ] || kill -9 "$runner" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
cd "$work" || exit 1
. "$here/expect.sh"

long=the_place_where_every_customer_of_the_shop_stands_since_the_year_of_its_foundation
cat >plan.mig <<PLAN
mig 1
store app: sqlite { path = "app.db" }
entity User { key id: i64; name: text(100) }
dataset $long: User in app { table = "users" }
dataset ${long}_again: User in app { table = "users_again" }
plan move {
  from $long
  to ${long}_again
  gate same { require drift(old) == 0 rows; no_data = fail }
  phase still { accept all_at_once "nobody works at night"; writes none }
  phase a_phase_with_a_name_that_is_rather_long { create ${long}_again; snapshot old -> new; require same; backup old { to = "kept.db" } }
  phase wait { approve "ada" { by_author = true }; approve "grace" { by_author = true } }
  phase clean {
    accept all_at_once "nobody works at night, and whoever does has been told twice that – today – all stands still"
    point_of_no_return "only the new table is read and written from here on, and the old one is not kept anywhere"
    writes new
    drop old
  }
}
PLAN
sqlite3 app.db "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  INSERT INTO users VALUES(1, 'Ada'), (2, 'Grace');"

# A run that waits, alive.
exec {lines}< <(exec "$mig" apply plan.mig --yes 2>&1)
runner=$!
shown=''
while IFS= read -r -t 60 -u "$lines" line; do
  shown+=$line$'\n'
  [[ $line != *'approval of ada'*waits* && $line != *waits*'approval of `ada`'* && $line != *'for the approval of'* ]] || break
done
expect 0 'accepted; the runner goes on with it' "$mig" approve ada --because 'counts looked at'
expect 3 'refused: nothing waits for `ada` now' "$mig" approve ada
expect 3 'refused: no step waits for `nobody`' "$mig" approve nobody
# Whether the runner has ended before the answer is read is up to the machine.
expect 0 '' "$mig" rollback --because 'not today'
while IFS= read -r -t 60 -u "$lines" line; do shown+=$line$'\n'; done
wait "$runner"; rc=$?
runner=''
[ "$rc" -eq 4 ] || { failed=$((failed + 1)); echo "FAILED: the runner ended with $rc"; }

expect 0 'is rolled back already' "$mig" rollback

# The preview.
preview=${shown%%Apply*}
for text in "$long" "is not kept anywhere" 'way back' 'a_phase_with_a_name' 'nobody works at night'; do
  if tr -d '\n -' <<<"$preview" | grep -qF -- "$(tr -d ' -' <<<"$text")"; then passed=$((passed + 1))
  else failed=$((failed + 1)); echo "FAILED: the preview does not show \`$text\`:"; echo "$preview"; fi
done
if wide=$(grep -E '^.{101,}' <<<"$(sed '/Changes .*creates/q' <<<"$preview")"); then
  failed=$((failed + 1)); printf 'FAILED: wider than 100 columns:\n%s\n' "$wide"
else passed=$((passed + 1)); fi

# Durations are read in one way.
for option in --lease --max-wait; do
  expect 64 'a duration such as 30s is wanted' "$mig" apply plan.mig "$option" 30
  expect 64 'a duration such as 30s is wanted' "$mig" apply plan.mig "$option" -5s
  expect 64 'a duration such as 30s is wanted' "$mig" apply plan.mig "$option" 9223372036855s
  expect 64 'there is no terminal' "$mig" apply plan.mig "$option" 1h30m
  expect 64 'there is no terminal' "$mig" apply plan.mig "$option" 500ms
done
expect 64 'a duration such as 30s is wanted' "$mig" apply plan.mig --lease 0s
expect 64 'there is no terminal' "$mig" apply plan.mig --max-wait 0s

# Killed between the store's note of the end and the journal's: the same command ends the run.
mkdir "$work/end" && cd "$work/end" || exit 1
sqlite3 app.db "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO users VALUES(1, 'Ada')"
cat >plan.mig <<'PLAN'
mig 1
store app: sqlite { path = "app.db" }
entity User { key id: i64; name: text }
dataset users: User in app { table = "users" }
dataset people: User in app { table = "people" }
plan move { from users; to people; phase one { create people; snapshot old -> new } }
PLAN
expect 0 'completed' "$mig" apply plan.mig --yes
guard=$(sqlite3 .mig/journal.db "SELECT sql FROM sqlite_schema WHERE name = 'record_delete'")
sqlite3 .mig/journal.db 'DROP TRIGGER record_delete' "DELETE FROM record WHERE kind = 'run_completed'" "$guard" \
  "UPDATE meta SET v = (SELECT max(seq) FROM record) WHERE k = 'head_seq'" \
  "UPDATE meta SET v = (SELECT hash FROM record ORDER BY seq DESC LIMIT 1) WHERE k = 'head_hash'"
expect 0 'completed' "$mig" apply plan.mig --yes
expect 0 '1' sqlite3 .mig/journal.db "SELECT count(*) FROM record WHERE kind = 'run_completed'"
expect 0 '1' sqlite3 app.db 'SELECT count(*) FROM people'
expect 3 'this plan was completed' "$mig" apply plan.mig --yes

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
