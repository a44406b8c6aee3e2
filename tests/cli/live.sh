#!/usr/bin/env bash
# What mig says when the live stores are not what a plan expects: each tests/golden/live/CODE holds a plan, the
# SQL of its store, and what `mig apply` prints.  tests/cli/live.sh MIG [--update]
set -uo pipefail
mig=$(realpath "${1:?path of mig}"); update=${2:-}
golden=$(cd "$(dirname "$0")/../golden/live" && pwd)
passed=0; failed=0
for folder in "$golden"/*/; do
  work=$(mktemp -d)
  cp "$folder/plan.mig" "$work"
  for sql in "$folder"/*.sql; do sqlite3 "$work/$(basename "$sql" .sql).db" <"$sql"; done
  before=$(sqlite3 "$work/app.db" .dump)
  output=$(cd "$work" && "$mig" apply plan.mig 2>&1 >/dev/null </dev/null); rc=$?
  actual=$(printf '%s\nexit %s' "$output" "$rc")
  if [ "$update" = --update ]; then printf '%s\n' "$actual" >"$folder/expected"; fi
  if [ "$actual" = "$(cat "$folder/expected")" ] && [ "$before" = "$(sqlite3 "$work/app.db" .dump)" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)); printf 'FAILED: %s\n' "$folder"; diff <(cat "$folder/expected") <(echo "$actual")
  fi
  rm -rf "$work"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
