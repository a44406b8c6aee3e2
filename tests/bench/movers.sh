#!/usr/bin/env bash
# Measures copies and comparisons with PostgreSQL beside the least that they can cost, and prints the README's table.
#   tests/bench/movers.sh [--rows N] [--pairs N] [JOB…]     (2,000,000 rows and 5 pairs take about ten minutes)
# Jobs: pg_pg lite_pg pg_lite verify_pg_pg, and beside them pg_pg_pgcopydb pg_pg_pgloader, where those are installed.
# Each pair runs mig and the anchor right after each other, behind the same reset, so that a machine whose speed
# drifts drifts for both; figures are medians, ratios are medians of the pairs' ratios. Memory is the highest seen.
set -euo pipefail
cd "$(dirname "$0")/../.."
rows=2000000; pairs=5; build=${MIG_BUILD:-$PWD/build}; jobs=()
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift 2 ;;
    --pairs) pairs=$2; shift 2 ;;
    -*) echo "usage: tests/bench/movers.sh [--rows N] [--pairs N] [JOB…]" >&2; exit 64 ;;
    *) jobs+=("$1"); shift ;;
  esac
done
[ ${#jobs[@]} -gt 0 ] || jobs=(pg_pg pg_pg_pgcopydb pg_pg_pgloader lite_pg pg_lite verify_pg_pg)
root=$PWD; here=$root/tests/bench; support=$root/tests/support
[ -n "${MIG_BUILD:-}" ] || .ci/build release >/dev/null
work=$(mktemp -d); chmod 755 "$work"  # the server may run as another user
trap '"$support/postgres.sh" stop "$work/server" || true; rm -rf "$work"' EXIT
# A server that means its commits, and has the room that a server has.
server=$(MIG_POSTGRES_SETTINGS="
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 512MB
max_wal_size = 16GB
checkpoint_timeout = 30min
autovacuum = off" "$support/postgres.sh" start "$work/server")
cd "$work"
export MIG_BENCH_OLD=${server/\/postgres\?//old?} MIG_BENCH_NEW=${server/\/postgres\?//new?}

sql() { psql -qAtX -v ON_ERROR_STOP=1 "$@" 2>>psql.err || { cat psql.err >&2; exit 1; }; }
old() { sql "$MIG_BENCH_OLD" "$@"; }
new() { sql "$MIG_BENCH_NEW" "$@"; }
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
row() { printf '| %-36s | %9s | %-40s | %9s | %5s | %5s | %8s | %8s |\n' "$@"; }
empty_new() {
  new -c 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'
  new -f "$here/movers/table.sql" -c CHECKPOINT
}
without_mig() { new -f "$here/movers/without_mig.sql" -c CHECKPOINT; }
no_file() { rm -f new.db*; }
# A store remembers which plans it has seen to the end.
forget() {
  rm -rf .mig
  old -f "$here/movers/without_mig.sql"
  [ ! -e old.db ] || sqlite3 old.db "SELECT format('DROP TABLE %s;', name) FROM sqlite_master WHERE name LIKE 'mig\_%' ESCAPE '\' AND type = 'table'" | sqlite3 old.db
}

# pair NAME GOAL PLAN ANCHOR-NAME RESET COMMAND…: a row with both medians and the ratio.
pair() {
  local name=$1 goal=$2 plan=$3 anchor=$4 reset=$5; shift 5
  : >ours; : >theirs; : >ratios
  cp "$here/movers/$plan.mig" .
  for _ in $(seq "$pairs"); do
    forget; "$reset"; sync
    "$build/mig_measured" one "$build/mig" apply "$plan.mig" --yes >out 2>&1 || { cat out >&2; exit 1; }
    grep -qE "$rows rows read: $rows moved|copy=0; .*compared=$rows" out || { cat out >&2; exit 1; }
    "$reset"; sync
    "$build/mig_measured" other "$@" >out 2>&1 || { cat out >&2; exit 1; }
    cat one >>ours; cat other >>theirs
    paste -d' ' one other | awk '{ print $1 / $4 }' >>ratios
  done
  row "$name" "$(median <ours) s" "$anchor" "$(median <theirs) s" "$(printf '%.2f' "$(median <ratios)")" "$goal" \
    "$(cut -d' ' -f2 ours | median) s" "$(cut -d' ' -f3 ours | sort -g | tail -1) MiB"
}
installed() { command -v "$1" >/dev/null || { echo "$1 is not installed, so it is not measured" >&2; return 1; }; }

job() {
  case $1 in
    pg_pg) pair "PostgreSQL to PostgreSQL" 1.10 pg_pg '`psql COPY binary \| psql COPY binary`' empty_new bash -o pipefail -c \
      'psql -qX "$MIG_BENCH_OLD" -c "COPY users TO STDOUT (FORMAT binary)" | psql -qX "$MIG_BENCH_NEW" -c "COPY users FROM STDIN (FORMAT binary)"' ;;
    pg_pg_pgcopydb)
      installed pgcopydb || return 0
      printf '[include-only-table]\npublic.users\n' >pgcopydb.ini
      pair "PostgreSQL to PostgreSQL" 0.74 pg_pg '`pgcopydb copy table-data`' empty_new bash -c \
        'rm -rf pgcopydb; exec pgcopydb copy table-data --dir "$PWD/pgcopydb" --source "$MIG_BENCH_OLD" --target "$MIG_BENCH_NEW" --table-jobs 2 --filters pgcopydb.ini' ;;
    pg_pg_pgloader)
      installed pgloader || return 0
      printf 'LOAD DATABASE FROM %s INTO %s WITH data only, truncate, workers = 2, concurrency = 1, batch rows = 10000, batch size = 20MB, prefetch rows = 10000 INCLUDING ONLY TABLE NAMES MATCHING '"'users'"' IN SCHEMA '"'public'"';\n' \
        "$(loopback old)" "$(loopback new)" >pgpg.load
      pair "PostgreSQL to PostgreSQL" '' pg_pg '`pgloader`' empty_new pgloader pgpg.load ;;
    lite_pg)
      old -c 'COPY users TO STDOUT (FORMAT binary)' >users.bin
      pair "SQLite to PostgreSQL" 1.15 lite_pg '`psql COPY binary` from a ready file' empty_new bash -c \
        'psql -qX "$MIG_BENCH_NEW" -c "COPY users FROM STDIN (FORMAT binary)" <users.bin'
      rm users.bin ;;
    pg_lite) pair "PostgreSQL to SQLite" 1.30 pg_lite '`psql COPY binary` to nowhere' no_file bash -c \
      'psql -qX "$MIG_BENCH_OLD" -c "COPY users TO STDOUT (FORMAT binary)" >/dev/null' ;;
    verify_pg_pg)
      empty_new
      old -c 'COPY users TO STDOUT (FORMAT binary)' | new -c 'COPY users FROM STDIN (FORMAT binary)'
      new -c 'VACUUM (ANALYZE, FREEZE) users'
      pair "compare all rows, both in PostgreSQL" 1.15 verify_pg_pg 'pull both in binary and hash' without_mig \
        "$build/mig_pull_bench" "$MIG_BENCH_OLD" "$MIG_BENCH_NEW" ;;
    *) echo "no job is called $1" >&2; exit 64 ;;
  esac
}
loopback() { echo "postgresql://postgres@127.0.0.1:$(cat server/port)/$1"; }

sql "$server" -c 'CREATE DATABASE old' -c 'CREATE DATABASE new'
old -f "$here/movers/table.sql" -v rows="$rows" -f "$here/movers/rows.sql"
old -c 'VACUUM (ANALYZE, FREEZE) users'
if [[ " ${jobs[*]} " == *" lite_pg "* ]]; then
  sqlite3 old.db 'CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, created_at_ms INTEGER, updated_at TEXT, verified INTEGER, balance NUMERIC, profile TEXT)'
  old -c "COPY (SELECT id, email, full_name, created_at_ms, to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), verified::int, balance, profile FROM users ORDER BY id) TO STDOUT (FORMAT csv)" >users.csv
  sqlite3 old.db '.mode csv' '.import users.csv users' "UPDATE users SET verified = NULL WHERE verified = ''"
  rm users.csv
fi
row "$rows rows" mig beside time ratio goal CPU memory
row --- ---: --- ---: ---: ---: ---: ---:
for one in "${jobs[@]}"; do job "$one"; done
