#!/usr/bin/env bash
# Measures mig beside what it has to stand comparison with, in one run, and prints the README's table.
#   tests/bench/run.sh [--rows N] [--pairs N]        (2,000,000 rows and 5 pairs take about ten minutes)
# Each pair runs mig and the anchor right after each other, so that a machine whose speed drifts drifts for
# both; figures are medians, ratios are medians of the pairs' ratios.
set -euo pipefail
cd "$(dirname "$0")/../.."
rows=2000000; pairs=5
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift 2 ;;
    --pairs) pairs=$2; shift 2 ;;
    *) echo "usage: tests/bench/run.sh [--rows N] [--pairs N]" >&2; exit 64 ;;
  esac
done
root=$PWD; mig=$root/build/mig; here=$root/tests/bench
.ci/build release
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"

now() { date +%s.%N; }
seconds() { local start end; start=$(now); "$@" >/dev/null 2>last.err || { cat last.err >&2; exit 1; }; end=$(now); awk "BEGIN { printf \"%.3f\", $end - $start }"; }
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
row() { printf '| %-52s | %10s | %-34s | %10s | %7s |\n' "$@"; }

# pair NAME MIG-FUNCTION ANCHOR-NAME ANCHOR-FUNCTION: a row with both medians and the ratio.
pair() {
  local name=$1 ours=$2 anchor=$3 theirs=$4
  : >ours.txt; : >theirs.txt; : >ratios.txt
  for _ in $(seq "$pairs"); do
    local a b
    a=$("$ours"); b=$("$theirs")
    echo "$a" >>ours.txt; echo "$b" >>theirs.txt
    awk "BEGIN { print $a / $b }" >>ratios.txt
  done
  row "$name" "$(median <ours.txt) s" "$anchor" "$(median <theirs.txt) s" "$(printf '%.2f' "$(median <ratios.txt)")"
}

users="id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, created_at_ms INTEGER, updated_at TEXT, verified INTEGER, balance NUMERIC, profile TEXT"
fresh() { rm -rf source.db* target.db* .mig; cp clean.db source.db; sync; }
apply() { fresh; cp "$here/users/$1.mig" .; seconds "$mig" apply "$1.mig" --yes; }
identity() { apply identity; }
transform() { apply transform; }
attach_upsert() {
  fresh; sqlite3 target.db 'PRAGMA journal_mode=WAL' "CREATE TABLE users($users)" >/dev/null
  seconds sqlite3 target.db "ATTACH 'source.db' AS s" "INSERT INTO main.users SELECT * FROM s.users WHERE true ON CONFLICT(id) DO UPDATE SET email=excluded.email, full_name=excluded.full_name, created_at_ms=excluded.created_at_ms, updated_at=excluded.updated_at, verified=excluded.verified, balance=excluded.balance, profile=excluded.profile"
}
dump_pipe() { fresh; seconds bash -c 'sqlite3 source.db .dump | sqlite3 target.db'; }

plan_of() {  # PHASES
  printf 'mig 1\nstore app: sqlite { path = "app.db" }\nentity User { key id: i64; email: text(254) }\n'
  printf 'dataset users: User in app { table = "users" }\ndataset copy: User in app { table = "copy" }\n'
  printf 'plan big {\n  from users\n  to copy\n'
  seq "$1" | awk '{ print "  phase p" $1 " { hold 1s }" }'
  echo '}'
}
graph_of() {  # EDGES
  echo 'rule touch'; echo '  command = touch $out'
  seq "$1" | awk '{ print "build o" $1 ": touch" ($1 > 1 ? " o" ($1 - 1) : "") }'
}
compile() { seconds "$mig" dump plan "$phases.mig"; }
ninja_n() { seconds ninja -n -f "$phases.ninja"; }

row "job" "mig" "beside" "time" "ratio"
row "---" "---:" "---" "---:" "---:"
for phases in 100 1000 10000; do
  plan_of "$phases" >"$phases.mig"; graph_of "$phases" >"$phases.ninja"
  pair "compile a plan of $phases phases (\`mig dump plan\`)" compile "\`ninja -n\` on as long a chain" ninja_n
done
"$here/users/make.sh" clean.db "$rows" >/dev/null; sqlite3 clean.db 'PRAGMA journal_mode=DELETE' >/dev/null
pair "SQLite to SQLite, $rows rows as they are" identity "\`ATTACH\` + upsert" attach_upsert
pair "SQLite to SQLite, $rows rows, each transformed" transform "\`ATTACH\` + upsert" attach_upsert
pair "SQLite to SQLite, $rows rows as they are" identity "\`.dump | sqlite3\`" dump_pipe
fresh; cp "$here/users/transform.mig" .
"$mig" apply transform.mig --yes >/dev/null & pid=$!
peak=0
while [ -r "/proc/$pid/status" ] && grep -q VmHWM "/proc/$pid/status" 2>/dev/null; do
  seen=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null || echo 0); peak=${seen:-$peak}
done
wait "$pid"
row "peak memory (VmHWM), $rows rows transformed" "$((peak / 1024)) MiB" "goal" "64 MiB" ""
row "journal records, one a transaction, durable" "$("$root/build/mig_journal_bench" "$work/journal" 2>/dev/null | awk '/^one|single|per/ { print; exit }' | grep -oE '[0-9][0-9,.]*' | head -1) /s" "goal" "600 /s" ""
