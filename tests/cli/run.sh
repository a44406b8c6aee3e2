#!/usr/bin/env bash
# What the command line says and which exit code it gives.  tests/cli/run.sh MIG
# Every check is one line: the exit code, a text the output must hold, then the command.
set -uo pipefail
mig=$(realpath "${1:?path of mig}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0; failed=0

expect() {  # CODE TEXT COMMAND…
  local code=$1 text=$2; shift 2
  local output rc=0
  output=$("$@" 2>&1 </dev/null) || rc=$?
  if [ "$rc" -eq "$code" ] && grep -qF -- "$text" <<<"$output"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  wanted exit %s and `%s`\n  got exit %s:\n%s\n' "$*" "$code" "$text" "$rc" "$output"
  fi
}

expect 0 'mig 0.'                    "$mig" --version
expect 0 'Exit codes'                "$mig" --help
expect 0 'Example:'                  "$mig" help help
expect 64 'there is no command `nope`' "$mig" help nope
expect 64 'mig --help'               "$mig" --nope
expect 64 'mig --help'               "$mig"

printf 'mig 1\nparam a: int = 1\n' >good.mig
printf 'mig 1\na =\n  bb  = 1\n' >ugly.mig
printf 'a\0b\n' >binary.mig
cat >canary.mig <<'END'
mig 1
use std.traffic (canary)
param soak: duration = 10m
metric errors: ratio = file("report.jsonl")
store shop:  sqlite { path = "shop.db" }
router glue: file   { path = "routes.json" }
entity User { key id: i64; email: text(254) }
dataset users: User in shop { table = "users" }
dataset copy:  User in shop { table = "users_copy" }
plan move {
  from users
  to copy
  through glue
  gate same { require drift(users) == 0 rows; no_data = fail }
  gate well { require errors < 1%; no_data = pause after 10m }
  phase mirror { create new; writes old, new { mode = follow; max_lag = 2s }; scan old -> new; require same }
  phase shift  { canary reads { hold = soak; require = well; stale_ok = 2s } }  # slowly
  phase done   { point_of_no_return "done"; writes new }
}
END
printf 'caf\xe9\n' >latin.mig
truncate -s 17M huge.mig
expect 0  ''                           "$mig" check good.mig
expect 0  'split_index: a resident is needed from mirror to cleanup' "$mig" check "$root/examples/01_package_index/plan.mig"
expect 0  'people.mirror to people.retire' "$mig" check "$root/tests/scenarios/resources/plan.mig"
expect 0  'proved safe (' "$mig" check --strict "$root/examples/01_package_index/plan.mig"
expect 1  'a warning is a mistake under `--strict`' "$mig" check --strict "$root/tests/scenarios/live_left/plan.mig"
expect 1  'error[M0001]: expected a value after `=`' "$mig" check ugly.mig
expect 1  ' --> ugly.mig:2:4'          "$mig" check good.mig ugly.mig
expect 1  '"code":"M0001"'             "$mig" check --json ugly.mig
expect 1  $'\e[1;31m'                  "$mig" check --color=always ugly.mig
expect 1  '`binary.mig` is a binary file' "$mig" check binary.mig
expect 1  '`latin.mig` is not UTF-8 in line 1' "$mig" check latin.mig
expect 1  '`huge.mig` is larger than 16 MiB' "$mig" check huge.mig
expect 64 'cannot read `none.mig`'     "$mig" check none.mig
expect 64 '`.` is a directory'         "$mig" check .
expect 0  'param  @2:1'                  "$mig" dump tree good.mig
expect 1  '(mistaken)'                 "$mig" dump tree ugly.mig
expect 0  'M0001'                      "$mig" explain
expect 0  '## Wrong'                   "$mig" explain M0001
expect 64 'there is no code `M9999`'   "$mig" explain M9999
expect 0  'std.traffic.canary  Moves'  "$mig" explain
expect 0  'strategy canary('           "$mig" explain canary
expect 0  'Do not use it for rows'     "$mig" explain std.data.backfill
expect 0  '  # slowly'                "$mig" expand canary.mig
expect 0  'ramp reads new 1%, 5%, 10%, 25%, 50%, 90%, 100% { hold = soak; require = well; stale_ok = 2s }' "$mig" expand canary.mig
expect 0  '"declared_in": "stdlib/traffic/canary.mig"' "$mig" expand --json --plan move canary.mig
expect 64 'the file has no plan `none`' "$mig" expand --plan none canary.mig
expect 1  'M0001'                      "$mig" expand ugly.mig
expect 64 'cannot read `none.mig`'     "$mig" expand none.mig
expect 0  'Example:'                   "$mig" help expand
expect 0  ''                           "$mig" fmt --check good.mig
expect 1  'ugly.mig'                   "$mig" fmt --check good.mig ugly.mig
expect 1  '+bb = 1'                    "$mig" fmt --diff ugly.mig
chmod 640 ugly.mig
expect 0  ''                           "$mig" fmt ugly.mig
expect 0  'bb = 1'                     cat ugly.mig
expect 0  '640'                        stat -c %a ugly.mig
expect 0  ''                           "$mig" fmt --check ugly.mig

# A path that the plan takes from a secret: it is used, and named nowhere. Its characters mean something in a URI.
mkdir secret && cd secret
hidden="hidden 50%25?a#b.db"
cat >plan.mig <<'MIG'
mig 1
store app: sqlite { path = secret("env:APP_DB") }
store new: sqlite { path = "new.db" }
entity User { key id: i64; email: text }
dataset users: User in app { table = "users" }
dataset people: User in new { table = "people" }
plan move { from users; to people; phase one { create people; snapshot old -> new; verify old, new } }
MIG
expect 69 'the secret `env:APP_DB` is not set' env -u APP_DB "$mig" apply plan.mig --yes
expect 69 'there is no file env:APP_DB' env APP_DB=gone.db "$mig" apply plan.mig --yes
sqlite3 "$hidden" "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT); INSERT INTO users VALUES(1,'a@x'),(2,'b@x')"
APP_DB=$hidden "$mig" apply plan.mig --yes >output 2>&1
expect 0  '2'                          sqlite3 new.db 'SELECT count(*) FROM people'
expect 0  '2 rows read: 2 moved'       cat output
expect 1  ''                           grep -rqF hidden output .mig new.db
cd ..

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
