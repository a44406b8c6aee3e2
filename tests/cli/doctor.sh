#!/usr/bin/env bash
# What is left of a live migration that was killed and whose journal is lost, and how it is taken away.
# tests/cli/doctor.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
scenario=$(cd "$(dirname "$0")/../scenarios/live_cutover" && pwd)
work=$(mktemp -d)
runner=''
cleanup() { [ -z "$runner" ] || kill -9 "$runner" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
. "$here/expect.sh"

# Runs the scenario's plan up to an approval in front of the phase, or of its last line, and kills the runner.
killed_in() {  # FOLDER SED-ADDRESS
  mkdir "$work/$1" && cd "$work/$1" || exit 1
  sqlite3 legacy.db <"$scenario/legacy.sql"
  sed -e "$2 { approve \"ada\" { by_author = true };|" -e 's/hold = 3s/hold = 0s/; s/window = 3s/window = 1s/' "$scenario/plan.mig" >plan.mig
  exec {lines}< <(exec "$mig" apply plan.mig --yes 2>&1)
  runner=$!
  local line seen=''
  while IFS= read -r -t 60 -u "$lines" line; do
    seen+=$line$'\n'
    [[ $line != *'for the approval of'* ]] || break
  done
  kill -9 "$runner" 2>/dev/null || { failed=$((failed + 1)); printf 'FAILED: no run to kill\n%s' "$seen"; }
  wait "$runner" 2>/dev/null
  runner=''
  run=$(sqlite3 legacy.db 'SELECT run FROM mig_ctl_fence LIMIT 1')
}

killed_in early 's|phase widen   {|phase widen '
as_it_was=$(sqlite3 legacy.db 'SELECT * FROM guests')
copied=$(sqlite3 fresh.db 'SELECT * FROM people')
expect 1 "the run $run" "$mig" doctor legacy.db fresh.db
expect 1 ': running' "$mig" doctor legacy.db
expect 1 'mig_ctl_guard_insert_hotels          refuses writes to `hotels`' "$mig" doctor fresh.db
expect 1 'is the changelog of `guests`: 0 entries' "$mig" doctor legacy.db
expect 1 'says which old rows stand behind rows of `hotels`' "$mig" doctor fresh.db
expect 1 '`glue`: 0% of the reads to new, writes to old' "$mig" doctor legacy.db
expect 1 '"needed": true' "$mig" doctor legacy.db --json
expect 6 "end it with \`mig rollback $run\`" "$mig" doctor legacy.db --remove --yes
expect 6 'needs what is in legacy.db' "$mig" doctor legacy.db --remove --yes --take "${run%?}"
cp -r . "$work/taken"

# Nobody can say any more what the run was about.
rm -r .mig
expect 1 'that journal is not at hand' "$mig" doctor legacy.db
expect 19 'stopped by mig run' sqlite3 fresh.db "INSERT INTO hotels VALUES('Nowhere')"
expect 64 'there is no terminal' "$mig" doctor legacy.db fresh.db --remove
expect 0 'legacy.db: ' "$mig" doctor legacy.db fresh.db --remove --yes
expect 0 'nothing of mig is left' "$mig" doctor legacy.db fresh.db
expect 0 '' sqlite3 legacy.db "INSERT INTO guests(id, name, room, hotel) VALUES(9, 'Ida', 109, 'Ritz')" \
  "UPDATE guests SET room = 99 WHERE id = 9" "DELETE FROM guests WHERE id = 9"
expect 0 '' sqlite3 fresh.db "INSERT INTO hotels VALUES('Nowhere')"
expect 0 "$as_it_was" sqlite3 legacy.db 'SELECT * FROM guests'
expect 0 "$copied" sqlite3 fresh.db 'SELECT * FROM people'
expect 0 '0' sqlite3 legacy.db "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' OR name LIKE 'mig%'"

# Whoever writes the run's full name has read what it is.
cd "$work/taken" || exit 1
expect 0 'things taken away' "$mig" doctor legacy.db --remove --yes --take "$run"
expect 0 'nothing of mig is left' "$mig" doctor legacy.db

# Routes that lead to the new side stay until somebody says that nobody reads them.
killed_in late 's|phase soak    {|phase soak '
rm -r .mig
expect 1 '`glue`: 100% of the reads to new, writes to new' "$mig" doctor legacy.db
expect 1 'the table `mig_routes` of legacy.db stays' "$mig" doctor legacy.db fresh.db --remove --yes
expect 1 'mig_routes' "$mig" doctor legacy.db
expect 0 'nothing of mig is left' "$mig" doctor fresh.db
expect 0 'legacy.db: 1 things taken away' "$mig" doctor legacy.db --remove --yes --routes
expect 0 'nothing of mig is left' "$mig" doctor legacy.db

# What is no store, or cannot be used.
expect 69 'there is no file `gone.db`' "$mig" doctor gone.db
printf 'no database at all, only some text that is long enough to be a header of one' >text.db
expect 69 'is not a SQLite database' "$mig" doctor text.db
expect 69 '`.` is a directory' "$mig" doctor .
expect 64 '' "$mig" doctor
expect 0 'mig doctor legacy.db --remove' "$mig" help doctor
expect 69 'there is no journal at nowhere.db' "$mig" doctor legacy.db --journal nowhere.db
: >empty.db
expect 0 'nothing of mig is left' "$mig" doctor empty.db
coproc WRITER { exec sqlite3 legacy.db; }
writer=$WRITER_PID
printf 'BEGIN EXCLUSIVE;\nSELECT 1;\n' >&"${WRITER[1]}"; read -r -u "${WRITER[0]}" _
expect 69 'is locked' "$mig" doctor legacy.db
printf '.quit\n' >&"${WRITER[1]}"; wait "$writer" 2>/dev/null

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
