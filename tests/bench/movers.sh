#!/usr/bin/env bash
# Measures copies and comparisons with servers beside the least that they can cost, and prints the README's table.
#   tests/bench/movers.sh [--rows N] [--pairs N] [JOB…]     (2,000,000 rows and 5 pairs take about ten minutes)
# Jobs: pg_pg pg_pg_over pg_pg_transform pg_pg_verified lite_pg pg_lite verify_pg_pg, and beside them pg_pg_pgcopydb pg_pg_pgloader, where those are installed;
# and of half as many rows redis_redis pg_redis redis_pg, over loopback ports as Redis's own replication.
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
[ ${#jobs[@]} -gt 0 ] || jobs=(pg_pg pg_pg_over pg_pg_transform pg_pg_verified pg_pg_pgcopydb pg_pg_pgloader lite_pg pg_lite verify_pg_pg redis_redis pg_redis redis_pg)
keys=$((rows / 2))
root=$PWD; here=$root/tests/bench; support=$root/tests/support
[ -n "${MIG_BUILD:-}" ] || .ci/build release >/dev/null
work=$(mktemp -d); chmod 755 "$work"  # the server may run as another user
stop() {
  "$support/postgres.sh" stop "$work/server" || true
  for cache in first second; do [ ! -d "$work/$cache" ] || "$support/redis.sh" stop "$work/$cache"; done
  rm -rf "$work"
}
trap stop EXIT
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
empty_people() {
  empty_new
  new -c 'CREATE TABLE people(id bigint PRIMARY KEY, email text, first_name text, last_name text, created_at timestamptz,
    updated_at timestamptz, verified bool, balance numeric(12,2), profile jsonb)' -c CHECKPOINT
}
# Every row stands there, and is another one.
older_new() {
  empty_new
  old -c 'COPY (SELECT id, email, '"'older'"', created_at_ms, updated_at, verified, balance, profile FROM users) TO STDOUT (FORMAT binary)' |
    new -c 'COPY users FROM STDIN (FORMAT binary)'
  new -c CHECKPOINT
}
without_mig() { new -f "$here/movers/without_mig.sql" -c CHECKPOINT; }
no_file() { rm -f new.db*; }
# A store remembers which plans it has seen to the end.
forget() {
  rm -rf .mig
  old -f "$here/movers/without_mig.sql"
  [ ! -d first ] || redis first --scan --pattern 'mig:ctl:*' | xargs -r redis-cli -s first/redis.sock del >/dev/null
  [ ! -e old.db ] || sqlite3 old.db "SELECT format('DROP TABLE %s;', name) FROM sqlite_master WHERE name LIKE 'mig\_%' ESCAPE '\' AND type = 'table'" | sqlite3 old.db
}

has() { [[ " ${jobs[*]} " == *" $1 "* ]]; }
redis() { redis-cli -s "$work/$1/redis.sock" "${@:2}"; }
no_keys() { redis second flushall sync >/dev/null; }
# FOLDER: a server on a free port, too; prints its URL.
start_redis() {
  mkdir "$work/$1"
  for _ in 1 2 3 4 5 6 7 8; do
    local port=$((20000 + RANDOM % 12000))
    "$support/redis.sh" start "$work/$1" --bind 127.0.0.1 --port "$port" --enable-debug-command local \
      --repl-diskless-sync yes --repl-diskless-sync-delay 0 --client-output-buffer-limit 'replica 4gb 4gb 0' \
      >redis.err 2>&1 && echo "redis://127.0.0.1:$port" && return
  done
  cat redis.err >&2; exit 1
}
# Until the second server holds what the first one does, then on its own again.
cat >replicate <<'SH'
set -euo pipefail
redis() { redis-cli -s "$1/redis.sock" "${@:2}"; }
redis second replicaof 127.0.0.1 "${MIG_BENCH_CACHE##*:}" >/dev/null
until redis second info replication | grep -q 'master_link_status:up'; do sleep 0.02; done
[ "$(redis second dbsize)" = "$(redis first dbsize)" ]
redis second replicaof no one >/dev/null
SH
# Users as RESP: COPY's text of their table.
cat >resp.awk <<'AWK'
BEGIN { FS = "\t"; split("id email full_name created_at_ms updated_at verified balance profile", name, " ") }
{
  words = 2; fields = ""
  for (i = 2; i <= 8; ++i) if ($i != "\\N") {
    words += 2
    fields = fields "$" length(name[i]) "\r\n" name[i] "\r\n$" length($i) "\r\n" $i "\r\n"
  }
  key = "u:" $1
  printf "*%d\r\n$4\r\nHSET\r\n$%d\r\n%s\r\n%s", words, length(key), key, fields
}
AWK
# How a plan writes a row, which Redis's side of a comparison has to hold, too.
as_resp() {
  old -c "COPY (SELECT id, email, full_name, created_at_ms, to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), verified::int, balance, profile FROM part ORDER BY id) TO STDOUT" |
    LC_ALL=C awk -f resp.awk
}
# A fifth of the keys expire some day.
as_sessions() {
  LC_ALL=C awk -v keys="$keys" 'BEGIN {
    for (i = 0; i < keys; ++i) {
      key = "user:" i; email = "user" i "@example.com"; bio = sprintf("%08x%08x%08x%08x", i * 7, i * 11, i * 13, i * 17)
      printf "*14\r\n$4\r\nHSET\r\n$%d\r\n%s\r\n", length(key), key
      printf "$5\r\nemail\r\n$%d\r\n%s\r\n$4\r\nname\r\n$12\r\n%012x\r\n", length(email), email, i * 31
      printf "$7\r\ncreated\r\n$13\r\n15%011d\r\n$8\r\nverified\r\n$1\r\n%d\r\n", i, i % 2
      printf "$4\r\nplan\r\n$3\r\npro\r\n$3\r\nbio\r\n$%d\r\n%s\r\n", length(bio), bio
      if (i % 5 == 0) printf "*3\r\n$9\r\nPEXPIREAT\r\n$%d\r\n%s\r\n$13\r\n410%010d\r\n", length(key), key, i
    }
  }'
}

# What psql can do where rows stand already: stage a range in batches, and merge each. Prints its script.
merge() {  # BEHIND UP-TO
  local set at to
  set=$(sed 's/\w\+/& = EXCLUDED.&/g' <<<'email, full_name, created_at_ms, updated_at, verified, balance, profile')
  echo 'CREATE TEMPORARY TABLE staged (LIKE users);'
  for ((at = $1; at < $2; at = to)); do
    to=$((at + 50000 < $2 ? at + 50000 : $2))
    echo 'BEGIN; TRUNCATE staged;'
    printf '\\copy staged FROM PROGRAM %s (FORMAT binary)\n' \
      "'psql -qX \"\$MIG_BENCH_OLD\" -c \"COPY (SELECT * FROM users WHERE id > $at AND id <= $to) TO STDOUT (FORMAT binary)\"'"
    echo "INSERT INTO users SELECT * FROM staged ON CONFLICT (id) DO UPDATE SET $set; COMMIT;"
  done
}

# How many rows a job brought, where it brings any: some movers end well without them.
brought() {
  case $1 in
    pg_pg_transform) new -c 'SELECT greatest((SELECT count(*) FROM users), (SELECT count(*) FROM people))' ;;
    pg_pg* | lite_pg) new -c 'SELECT count(*) FROM users' ;;
    redis_redis | pg_redis) redis second dbsize ;;
    *) echo "$2" ;;
  esac
}

# pair NAME GOAL PLAN ANCHOR-NAME RESET COMMAND…: a row with both medians and the ratio.
pair() {
  local name=$1 goal=$2 plan=$3 anchor=$4 reset=$5 of=$rows; shift 5
  case $plan in *redis*) of=$keys ;; esac
  : >ours; : >theirs; : >ratios; : >cpu_ratios
  cp "$here/movers/$plan.mig" .
  for _ in $(seq "$pairs"); do
    forget; "$reset"; sync
    "$build/mig_measured" one "$build/mig" apply "$plan.mig" --yes >out 2>&1 || { cat out >&2; exit 1; }
    grep -qE "$of rows read: $of moved|copy=0; .*compared=$of" out || { cat out >&2; exit 1; }
    "$reset"; sync
    "$build/mig_measured" other "$@" >out 2>&1 || { cat out >&2; exit 1; }
    [ "$(brought "$plan" "$of")" -ge "$of" ] || { cat out >&2; echo "$anchor brought fewer than $of rows" >&2; exit 1; }
    cat one >>ours; cat other >>theirs
    paste -d' ' one other | awk '{ print $1 / $4 }' >>ratios
    paste -d' ' one other | awk '{ print $2 / ($5 + 0.001) }' >>cpu_ratios
  done
  row "$name" "$(median <ours) s" "$anchor" "$(median <theirs) s" "$(printf '%.2f' "$(median <ratios)")" "$goal" \
    "$(cut -d' ' -f2 ours | median) s" "$(cut -d' ' -f3 ours | sort -g | tail -1) MiB"
}
installed() { command -v "$1" >/dev/null || { echo "$1 is not installed, so it is not measured" >&2; return 1; }; }

piped='`psql COPY binary \| psql COPY binary`'
pipe='psql -qX "$MIG_BENCH_OLD" -c "COPY users TO STDOUT (FORMAT binary)" | psql -qX "$MIG_BENCH_NEW" -c "COPY users FROM STDIN (FORMAT binary)"'
job() {
  case $1 in
    pg_pg)
      pair "PostgreSQL to PostgreSQL" 1.10 pg_pg "$piped" empty_new bash -o pipefail -c "$pipe"
      row "the same, processor time" "$(cut -d' ' -f2 ours | median) s" "$piped" "$(cut -d' ' -f2 theirs | median) s" \
        "$(printf '%.2f' "$(median <cpu_ratios)")" 1.00 '' '' ;;
    pg_pg_transform) pair "the same, each row transformed" 1.25 pg_pg_transform "$piped" empty_people bash -o pipefail -c "$pipe" ;;
    pg_pg_verified) pair "the same, then compared" 0.90 pg_pg_verified 'the same pipe, then pull both and hash' empty_new \
      bash -o pipefail -c "$pipe && '$build/mig_pull_bench' \"\$MIG_BENCH_OLD\" \"\$MIG_BENCH_NEW\"" ;;
    pg_pg_over)
      merge 0 $((rows / 2)) >first.sql; merge $((rows / 2)) "$rows" >second.sql
      pair "the same, over older rows" 1.10 pg_pg_over 'two ranges staged and merged by psql' older_new bash -c \
        'psql -qX -v ON_ERROR_STOP=1 "$MIG_BENCH_NEW" -f first.sql & psql -qX -v ON_ERROR_STOP=1 "$MIG_BENCH_NEW" -f second.sql && wait $!' ;;
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
    redis_redis)
      redis first flushall sync >/dev/null
      as_sessions | redis first --pipe >/dev/null
      pair "Redis to Redis, $keys keys" 1.20 redis_redis 'REPLICAOF, then on its own' no_keys bash replicate ;;
    pg_redis)
      as_resp >users.resp
      pair "PostgreSQL to Redis, $keys rows" 1.15 pg_redis '`redis-cli --pipe` from a ready file' no_keys \
        bash -c 'redis-cli -p "${MIG_BENCH_COPY##*:}" --pipe <users.resp'
      rm users.resp ;;
    redis_pg)
      redis first flushall sync >/dev/null
      as_resp | redis first --pipe >/dev/null
      pair "Redis to PostgreSQL, $keys rows" 1.20 redis_pg 'SCAN and HMGET to nowhere' empty_new \
        "$build/mig_redis_scan_bench" "$MIG_BENCH_CACHE" 'u:*' email full_name created_at_ms updated_at verified balance profile ;;
    *) echo "no job is called $1" >&2; exit 64 ;;
  esac
}
loopback() { echo "postgresql://postgres@127.0.0.1:$(cat server/port)/$1"; }

sql "$server" -c 'CREATE DATABASE old' -c 'CREATE DATABASE new'
old -f "$here/movers/table.sql" -v rows="$rows" -f "$here/movers/rows.sql"
old -c 'VACUUM (ANALYZE, FREEZE) users'
if has redis_redis || has pg_redis || has redis_pg; then
  export MIG_BENCH_CACHE MIG_BENCH_COPY
  MIG_BENCH_CACHE=$(start_redis first); MIG_BENCH_COPY=$(start_redis second)
  old -c "CREATE TABLE part AS SELECT * FROM users WHERE id <= $keys" -c 'ALTER TABLE part ADD PRIMARY KEY (id)' -c 'VACUUM (ANALYZE, FREEZE) part'
fi
if has lite_pg; then
  sqlite3 old.db 'CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, created_at_ms INTEGER, updated_at TEXT, verified INTEGER, balance NUMERIC, profile TEXT)'
  old -c "COPY (SELECT id, email, full_name, created_at_ms, to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), verified::int, balance, profile FROM users ORDER BY id) TO STDOUT (FORMAT csv)" >users.csv
  sqlite3 old.db '.mode csv' '.import users.csv users' "UPDATE users SET verified = NULL WHERE verified = ''"
  rm users.csv
fi
row "$rows rows" mig beside time ratio goal CPU memory
row --- ---: --- ---: ---: ---: ---: ---:
for one in "${jobs[@]}"; do job "$one"; done
