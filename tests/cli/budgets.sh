#!/usr/bin/env bash
# What a run uses up: it warns before that is spent, once, goes on all the same, and says when it is well again.
#   tests/cli/budgets.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
# A mount namespace of its own, where a small disk can be mounted; nobody else may do that.
if [ "$(id -u)" -eq 0 ] && [ -z "${MIG_OWN_MOUNTS:-}" ]; then
  export MIG_OWN_MOUNTS=1
  unshare -m true 2>/dev/null && exec unshare -m "$0" "$@"
  unshare -m --propagation unchanged true 2>/dev/null && exec unshare -m --propagation unchanged "$0" "$@"
fi
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); chmod 755 "$work"  # the servers run as other users
runner='' holder=''
export MIG_POSTGRES_SETTINGS='max_slot_wal_keep_size = 128MB'
server=$("$here/../support/postgres.sh" start "$work/server") || exit 1
mkdir "$work/redis"
cleanup() {
  [ -z "$runner" ] || kill "$runner" 2>/dev/null
  [ -z "$holder" ] || kill "$holder" 2>/dev/null
  "$here/../support/postgres.sh" stop "$work/server"
  "$here/../support/redis.sh" stop "$work/redis"
  umount "$work/small" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
. "$here/expect.sh"

url() { sed "s|/postgres?|/$1?|" <<<"$server"; }
sql() { PGOPTIONS='-c client_min_messages=warning' psql -qAtX -v ON_ERROR_STOP=1 "$(url "$1")" -c "$2"; }
begin() { mkdir "$work/$1" && cd "$work/$1" || exit 1; }
filled() {
  sql postgres "CREATE DATABASE $1"; sql postgres "CREATE DATABASE $1_new"
  sql "$1" "CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL);
    CREATE TABLE held(id bigint);
    INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 500) i"
}
plan() {  # OLD NEW DATASET-OF-OLD LENGTH-OF-THE-HOLD
  cat >plan.mig <<PLAN
mig 1
store old: $1
store new: $2
router glue: table { in = new; name = "mig_routes" }
entity User { key id: i64; email: text }
dataset users: User in old { $3 }
dataset people: User in new { table = "people" }
plan move {
  from users
  to people
  through glue
  on_fail pause
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { create people }
  phase mirror { writes old, new { mode = follow; max_lag = 1m } }
  phase copy { scan old -> new { chunk = 100 rows } }
  phase soak { hold $4 }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase cutover {
    accept all_at_once "a test"
    reads new { stale_ok = 1m }
    writes new, old { mode = follow; max_pause = 30s }
    require same
  }
  phase end { point_of_no_return "it is over"; writes new }
}
PLAN
}
server_plan() { plan "postgres { url = \"$(url "$1")\"; $2 }" "postgres { url = \"$(url "$1_new")\" }" 'table = "users"' "$3"; }
until_holds() {  # WHAT COMMAND…: within four minutes, as a rate takes some looks
  local what=$1 until=$((SECONDS + 240)); shift
  while ! "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { failed=$((failed + 1)); echo "FAILED: $what never came"; tail -5 out; return 1; }
    read -rt 0.1 <> <(:) || true
  done
  passed=$((passed + 1))
}
stays() { timeout 900 "$mig" apply plan.mig --yes >out 2>&1 & runner=$!; }
goes_on() { timeout 900 "$mig" continue >>out 2>&1 & runner=$!; }
leaves() { kill -INT "$runner"; wait "$runner"; runner=''; }
ends() { local rc=0; wait "$runner" || rc=$?; runner=''; holds "the run ends with $1, not $rc: $(tail -1 out)" test "$rc" -eq "$1"; }
says() { grep -qF -- "$1" out; }
said_once() { holds "it says \`$1\` once: $(grep -F -- "$1" out)" test "$(grep -cF -- "$1" out)" = 1; }
in_soak() { "$mig" status | grep -q 'running  *soak'; }
# Somebody's transaction that stays open. Where it has written, nothing behind it is followed or let go.
holds_up() {  # DATABASE [STATEMENT]
  coproc HOLDER { exec psql -qAtX "$(url "$1")"; }
  holder=$HOLDER_PID
  echo "BEGIN; ${2:-INSERT INTO held VALUES (1)}; SELECT 'open';" >&"${HOLDER[1]}"
  read -r _ <&"${HOLDER[0]}"
}
lets_go() {
  echo 'COMMIT;' >&"${HOLDER[1]}"
  local end=${HOLDER[1]}
  exec {end}>&-
  wait "$holder" 2>/dev/null; holder=''
}

# ---- the log that a server keeps for a slot
filled slot
begin slot && server_plan slot 'changes = slot' 1d
stays
until_holds 'the hold' in_soak
expect 0 'the log that the server of `old` keeps for the slot' "$mig" why
holds_up slot
sql postgres 'CREATE TABLE junk(t text); ALTER TABLE junk ALTER t SET STORAGE EXTERNAL'
# How much of what may be kept is kept, in percent.
kept() {
  sql slot "SELECT coalesce(max(100 * k / (k + greatest(safe_wal_size, 0))), 100)::bigint
    FROM (SELECT safe_wal_size, (pg_current_wal_lsn() - restart_lsn)::bigint AS k FROM pg_replication_slots) slots"
}
write() { sql postgres "INSERT INTO junk SELECT repeat(md5(i::text), 30) FROM generate_series(1, $1) i"; }
writes_up_to() { while [ "$(kept)" -lt "$1" ]; do write 1000; done; }
writes_up_to 12
# It grows while the run looks, and it is far from full; but the hold takes a day.
slowly() { write 2; says 'warning: the log that the server of `old`'; }
until_holds 'the warning of the hold' slowly
holds "it says by what it is spent: $(grep warning: out)" grep -qE 'grows by .*/s, so it lasts for .*, and `soak/hold.*` waits for ' out
holds 'it says what to do' says 'or raise `max_slot_wal_keep_size`'
expect 0 'warning: the log that the server of `old` keeps' "$mig" status
expect 0 '"is_urgent": false' "$mig" status --json
said_once 'warning: the log'
# Another runner does not say it again; that it got worse it does.
leaves
writes_up_to 96
goes_on
until_holds 'the second warning' grep -q 'warning: the log .*holds 1[23][0-9] MB of at most' out
expect 0 '"is_urgent": true' "$mig" status --json
holds "it says no more: $(grep warning: out)" test "$(grep -c 'warning: the log' out)" = 2
lets_go
sql slot 'CHECKPOINT'
# A follower notes its place behind a megabyte of what is none of its own.
until_moves() { write 300; sql postgres 'CHECKPOINT'; says 'well again: the log that the server of `old`'; }
until_holds 'that it is well again' until_moves
holds 'status forgets it' bash -c "! '$mig' status | grep -q warning:"
# Warnings are of what is around a run, and no part of what it did.
holds 'the canonical log has none' bash -c "! '$mig' log --canonical | grep -q 'warning\|well again'"
holds 'the log has them' bash -c "'$mig' log | grep -q 'warning: the log that the server'"
expect 0 '' "$mig" pause
ends 0
expect 0 '' "$mig" rollback

# ---- entries that wait in a changelog
filled log
begin log && server_plan log 'max_changelog = 2_000 rows; expect = 1 rows/s' 10m
stays
until_holds 'the hold' in_soak
holds_up log
sql log "UPDATE users SET email = email || 'x'; UPDATE users SET email = email || 'y'; UPDATE users SET email = email || 'z'
  WHERE id <= 700; UPDATE users SET email = email || 'a' WHERE id <= 250"
until_holds 'the warning' says 'warning: the changelog of `users` in `old` holds 1750 entries of at most 2000'
lets_go
until_holds 'that it is well again' says 'well again: the changelog of `users`'
expect 0 '' "$mig" pause
ends 0

# ---- a follower that falls behind a Redis
"$here/../support/redis.sh" start "$work/redis" --repl-backlog-size 16384
redis() { redis-cli -s "$work/redis/redis.sock" "$@"; }
in_redis="redis { url = \"unix://$work/redis/redis.sock\" }"
sql postgres 'CREATE DATABASE stream_new'
begin stream && plan "$in_redis" "postgres { url = \"$(url stream_new)\"; lock_timeout = 300ms }" 'key = "user:{id}"; codec = hash' 10m
for i in 1 2 3; do redis hset "user:$i" id "$i" email "u$i" >/dev/null; done
stays
until_holds 'the hold' in_soak
holds_up stream_new 'LOCK TABLE people'
redis hset user:1 email "$(printf '%014000d' 1)" >/dev/null
until_holds 'the warning' says 'warning: the replication backlog of `old` holds 14 kB of at most 16 kB'
lets_go
until_holds 'that it is well again' says 'well again: the replication backlog of `old`'
expect 0 '' "$mig" pause
ends 0

# ---- a Redis that is nearly full
redis flushall >/dev/null
redis config set maxmemory 20mb >/dev/null
begin cache
some_rows() {
  sqlite3 old.db "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO users SELECT i, 'u' || i FROM n"
}
some_rows
cat >plan.mig <<PLAN
mig 1
store old: sqlite { path = "old.db" }
store new: $in_redis
entity User { key id: i64; email: text }
dataset users: User in old { table = "users" }
dataset people: User in new { key = "user:{id}"; codec = hash }
plan move {
  from users
  to people
  on_fail pause
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { purge new }
  phase copy { writes none { max_downtime = 1h }; snapshot old -> new { chunk = 100 rows } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase end { accept all_at_once "nobody writes"; point_of_no_return "it is over"; writes new }
}
PLAN
used() { redis info memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'; }
for ((i = 0; $(used) < 18100000; ++i)); do redis eval "return redis.call('SET', KEYS[1], string.rep('x', 50000))" 1 "filler:$i" >/dev/null; done
expect 0 'warning: the memory of `new` holds' "$mig" apply plan.mig --yes
holds 'a run that has ended has nothing left to see to' bash -c "! '$mig' status | grep -q warning:"
holds 'all rows are there' test "$(redis --scan --pattern 'user:*' | wc -l)" = 200

# ---- a disk that is nearly full
if [ "$(id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=24m tmpfs "$work/small" 2>/dev/null; then
  begin disk
  some_rows
  sed -e "s|^store new.*|store new: sqlite { path = \"$work/small/new.db\" }|" -e 's|{ key = "user.*|{ table = "people" }|' \
    -e 's|purge new|create people|' ../cache/plan.mig >plan.mig
  head -c 24200000 /dev/zero >"$work/small/filler"
  expect 0 'warning: the disk of `new` has' "$mig" apply plan.mig --yes
  expect 0 'move' "$mig" status
  holds 'all rows are there' test "$(sqlite3 "$work/small/new.db" 'SELECT count(*) FROM people')" = 200
else
  echo 'skipped: a full disk; no small disk can be mounted here'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
