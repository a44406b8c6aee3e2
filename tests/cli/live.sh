#!/usr/bin/env bash
# What mig says when the live stores are not what a plan expects: each folder of tests/golden/live, named by its code or
# by what stands against the plan, holds a plan, the SQL of its store, and what `mig apply` prints; `before` is run first,
# `arguments` go to `mig apply`.  tests/cli/live.sh MIG [--update]
set -uo pipefail
mig=$(realpath "${1:?path of mig}"); update=${2:-}
golden=$(cd "$(dirname "$0")/../golden/live" && pwd)
passed=0; failed=0
for folder in "$golden"/*/; do
  work=$(mktemp -d)
  cp "$folder"/*.mig "$work"
  for sql in "$folder"/*.sql; do sqlite3 "$work/$(basename "$sql" .sql).db" <"$sql"; done
  arguments=(); [ ! -f "$folder/arguments" ] || read -ra arguments <"$folder/arguments"
  [ ! -f "$folder/before" ] || (cd "$work" && . "$folder/before") >/dev/null 2>"$work/err" </dev/null ||
    { failed=$((failed + 1)); printf 'FAILED: %s cannot be prepared\n' "$folder"; cat "$work/err"; }
  before=$(sqlite3 "$work/app.db" .dump)
  output=$(cd "$work" && "$mig" apply plan.mig "${arguments[@]}" 2>&1 >/dev/null </dev/null); rc=$?
  actual=$(printf '%s\nexit %s' "$output" "$rc")
  if [ "$update" = --update ]; then printf '%s\n' "$actual" >"$folder/expected"; fi
  if [ "$actual" = "$(cat "$folder/expected")" ] && [ "$before" = "$(sqlite3 "$work/app.db" .dump)" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)); printf 'FAILED: %s\n' "$folder"; diff <(cat "$folder/expected") <(echo "$actual")
  fi
  rm -rf "$work"
done

# M5005, too: a process that has the new side's file open; which one is different each time.
work=$(mktemp -d); cp "$golden/M5005/plan.mig" "$work"; cd "$work" || exit 1
sqlite3 app.db <"$golden/M5003/app.sql"
coproc WRITER { exec sqlite3 app.db; }
writer=$WRITER_PID
printf 'SELECT 1;\n' >&"${WRITER[1]}"; read -r -u "${WRITER[0]}" _
sqlite3 app.db 'CREATE TABLE users_copy(id INTEGER PRIMARY KEY, name TEXT NOT NULL)'
found=$("$mig" apply plan.mig 2>&1 </dev/null)
printf '.quit\n' >&"${WRITER[1]}"; wait "$writer" 2>/dev/null
gone=$("$mig" apply plan.mig 2>&1 </dev/null)
text="warning\[M5005\]: process $writer (\`sqlite3\`, .*) has the store \`app\` open and may write to it"
if grep -q "$text" <<<"$found" && ! grep -q M5005 <<<"$gone"; then passed=$((passed + 1)); else
  failed=$((failed + 1)); printf 'FAILED: a process that has the store open\n%s\n' "$found"; fi
cd / && rm -rf "$work"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
