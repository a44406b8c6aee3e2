#!/usr/bin/env bash
# Copies that spare their servers: what they wait for, that they say it, and that they go on.
#   tests/cli/strain.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); chmod 755 "$work"  # the servers run as other users
runner='' sleepers=''
cleanup() {
  [ -z "$runner" ] || kill "$runner" 2>/dev/null
  [ -z "$sleepers" ] || kill $sleepers 2>/dev/null
  for each in standby server; do
    [ ! -d "$work/$each" ] || "$here/../support/postgres.sh" stop "$work/$each"
  done
  for each in "$work"/*/redis.sock; do "$here/../support/redis.sh" stop "${each%/redis.sock}"; done
  rm -rf "$work"
}
trap cleanup EXIT
. "$here/expect.sh"
server=$("$here/../support/postgres.sh" start "$work/server") || exit 1
standby=$("$here/../support/postgres.sh" standby "$work/standby" "$work/server") || exit 1

url() { sed "s|/postgres?|/$1?|" <<<"$server"; }
as() { echo "postgresql://$1@127.0.0.1:$(cat "$work/server/port")/$2"; }
ask() { PGOPTIONS='-c client_min_messages=warning' psql -qAtX -v ON_ERROR_STOP=1 "$1" -c "$2"; }
sql() { ask "$(url "$1")" "$2"; }
on_standby() { ask "$standby" "$1" >/dev/null; }
begin() { mkdir "$work/$1" && cd "$work/$1" || exit 1; }
filled() {  # DATABASE ROWS: users, and a new side without any
  sql postgres "CREATE DATABASE $1"; sql postgres "CREATE DATABASE $1_new"
  sql "$1" "CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL);
    INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, $2) i"
}
plan() {  # OLD NEW OPTIONS
  cat >plan.mig <<PLAN
mig 1
store old: postgres { url = "$1" }
store new: postgres { url = "$2" }
entity User { key id: i64; email: text }
dataset users: User in old { table = "users" }
dataset people: User in new { table = "people" }
plan move {
  from users
  to people
  on_fail pause
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { create people }
  phase copy { writes none { max_downtime = 1h }; snapshot old -> new { $3 } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase end { accept all_at_once "nobody writes"; point_of_no_return "it is over"; writes new }
}
PLAN
}
until_holds() {  # WHAT COMMAND…: within a minute
  local what=$1 until=$((SECONDS + 60)); shift
  while ! "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { failed=$((failed + 1)); echo "FAILED: $what never came"; tail -5 out; return 1; }
    read -rt 0.1 <> <(:) || true
  done
  passed=$((passed + 1))
}
stays() { timeout 120 "$mig" "${@:-apply}" plan.mig --yes >out 2>&1 & runner=$!; }
goes_on() { timeout 120 "$mig" continue >out 2>&1 & runner=$!; }
ends() { local rc=0; wait "$runner" || rc=$?; runner=''; holds "the run ends with $1, not $rc: $(tail -1 out)" test "$rc" -eq "$1"; }
says() { grep -qF -- "$1" out; }
said() { holds "it says \`$1\`: $(tail -3 out)" says "$1"; }
people() { sql "$1_new" 'SELECT count(*) FROM people'; }
has_all() { holds "all rows are there: $(people "$1")" test "$(people "$1")" = "$2"; }
lacks_some() { holds "it did not go on: $(people "$1")" test "$(people "$1")" -lt "$2"; }

# ---- a replica that lags
filled lag 6000
begin lag && plan "$(url lag)" "$(url lag_new)" 'chunk = 100 rows; rate = 1_000 rows/s; max_lag = 1s'
expect 0 'waiting while a replica is more than 1s behind' bash -c "'$mig' preview plan.mig | tr -s ' \n' ' '"
on_standby 'SELECT pg_wal_replay_pause()'
stays
until_holds 'the wait for a replica' says 'waits for the replica standby (socket) of `new`, which is too far behind'
lacks_some lag 6000
# A wait hears a person at once.
expect 0 '' "$mig" pause
ends 0
expect 0 'paused (asked)' "$mig" status
goes_on
until_holds 'the wait for a replica, again' says 'which is too far behind'
lacks_some lag 6000
on_standby 'SELECT pg_wal_replay_resume()'
ends 0
has_all lag 6000

# ---- a replica that goes away
filled gone 4000
begin gone && plan "$(url gone)" "$(url gone_new)" 'chunk = 100 rows; rate = 1_000 rows/s; max_lag = 1s'
on_standby 'SELECT pg_wal_replay_pause()'
stays
until_holds 'the wait for a replica' says 'which is too far behind'
"$here/../support/postgres.sh" kill "$work/standby"
ends 0
has_all gone 4000
said 'warning: the replica standby (socket) of `new` is gone, and the copy does not wait for it any more'
holds 'it says so once' test "$(grep -c 'is gone' out)" = 1
begin none && plan "$(url gone)" "$(url gone_new)" 'max_lag = 1s'
expect 0 'no replica is attached to `new` now, so `max_lag` has nothing to wait for' \
  bash -c "'$mig' preview plan.mig | tr -s ' \n' ' '"

# ---- who may not see it
sql postgres 'CREATE ROLE blind LOGIN'
filled blind 3000
sql blind 'ALTER TABLE users OWNER TO blind; GRANT CREATE, USAGE ON SCHEMA public TO blind'
sql blind_new 'GRANT CREATE, USAGE ON SCHEMA public TO blind'
for option in 'max_lag = 5s' 'max_active = 20'; do
  begin "blind ${option%% *}"
  plan "$(as blind blind)" "$(as blind blind_new)" "$option"
  expect 3 'the role blind may not see what others do' "$mig" apply plan.mig --yes
  expect 3 'run `GRANT pg_monitor TO blind` there' "$mig" apply plan.mig --yes
done
holds 'nothing has begun' test "$(sql blind_new "SELECT count(*) FROM pg_class WHERE relname = 'people'")" = 0
sql postgres 'GRANT pg_monitor TO blind'
begin seen && plan "$(as blind blind)" "$(as blind blind_new)" 'chunk = 100 rows; rate = 500 rows/s; max_active = 20'
stays
some_people() { [ "$(people blind)" -ge 100 ]; }
until_holds 'the middle of the copy' some_people
sql postgres 'REVOKE pg_monitor FROM blind'
ends 5
said 'may not see what others do'
lacks_some blind 3000
sql postgres 'GRANT pg_monitor TO blind'
goes_on; ends 0
has_all blind 3000

# ---- a server that is busy
filled busy 3000
begin busy && plan "$(url busy)" "$(url busy_new)" 'chunk = 100 rows; rate = 500 rows/s; max_active = 1'
for _ in 1 2; do psql -qX "$(url lag)" -c 'SELECT pg_sleep(600)' >/dev/null 2>&1 & sleepers="$sleepers $!"; done
sleeping() { [ "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'")" = "$1" ]; }
until_holds 'two busy sessions' sleeping 2
stays
until_holds 'the wait for sessions' says 'waits for the server of `old`, where more than 1 sessions are active'
lacks_some busy 3000
sql postgres "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'" >/dev/null
ends 0
has_all busy 3000

# ---- so many bytes a second, where rows pass as bytes
begin bytes && sql postgres 'CREATE DATABASE bytes'; sql postgres 'CREATE DATABASE bytes_new'
sql bytes "CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL);
  INSERT INTO users SELECT i, repeat('x', 1000) FROM generate_series(1, 4000) i"
plan "$(url bytes)" "$(url bytes_new)" 'rate = [1_000_000 rows/s, 1MB/s]'
expect 0 'at most 1MB/s' "$mig" preview plan.mig
began=$SECONDS
expect 0 'move is completed' "$mig" apply plan.mig --yes
# Four megabytes: it may be slower, and the last second of them is owed to nobody.
holds "it took its time: $((SECONDS - began)) s" test $((SECONDS - began)) -ge 2
has_all bytes 4000

# ---- Redis
on_port() {  # NAME ARGUMENT…: on a free port of the loopback, which `port` is then
  local i
  mkdir "$work/$1"
  for i in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    "$here/../support/redis.sh" start "$work/$1" --bind 127.0.0.1 --port "$port" "${@:2}" 2>/dev/null && return
  done
  echo 'no port is free' >&2; exit 1
}
redis() { redis-cli -s "$work/$1/redis.sock" "${@:2}"; }
on_port redis_old
on_port redis_new; new_port=$port
on_port redis_copy --replicaof 127.0.0.1 "$new_port"; copy_port=$port
attached() { redis redis_new info replication | grep -q 'state=online'; }
until_holds 'a replica' attached
seq 4000 | awk '{ printf "HSET sess:%d owner %d note %0200d\n", $1, $1, $1 }' | redis redis_old --pipe >/dev/null
redis_plan() {  # TO OPTIONS: rows pass as bytes to the dataset `same`, and as rows to `other`
  cat >plan.mig <<PLAN
mig 1
store old: redis { url = "unix://$work/redis_old/redis.sock" }
store new: redis { url = "unix://$work/redis_new/redis.sock" }
router glue: channel { in = new; name = "mig_routes" }
entity Session { key id: i64; owner: i64; note: text }
dataset sessions: Session in old { key = "sess:{id}"; codec = hash }
dataset same:     Session in new { key = "s:{id}";    codec = hash }
dataset other:    Session in new { key = "j:{id}";    codec = json }
plan move {
  from sessions
  to $1
  on_fail pause
  gate same { require drift(sessions) == 0 rows; no_data = fail }
  phase expand { purge new }
  phase copy { writes none { max_downtime = 1h }; snapshot old -> new { $2 } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase end { accept all_at_once "nobody writes"; point_of_no_return "it is over"; writes new }
}
PLAN
}
keys() { redis redis_new --scan --pattern "$1:*" | wc -l; }
for way in same:s other:j; do
  begin "redis ${way%:*}" && redis_plan "${way%:*}" 'chunk = 100 rows; rate = 1_000 rows/s; max_lag = 1s'
  stays
  some_keys() { [ "$(keys "${way#*:}")" -ge 100 ]; }
  until_holds 'the middle of the copy' some_keys
  kill -STOP "$(cat "$work/redis_copy/redis.pid")"
  until_holds 'the wait for a replica' says "waits for the replica 127.0.0.1:$copy_port of \`new\`, which is too far behind"
  holds "it did not go on: $(keys "${way#*:}")" test "$(keys "${way#*:}")" -lt 4000
  kill -CONT "$(cat "$work/redis_copy/redis.pid")"
  ends 0
  holds "all rows are there: $(keys "${way#*:}")" test "$(keys "${way#*:}")" = 4000
done
for way in same:s other:j; do
  redis redis_new flushall >/dev/null
  begin "bytes ${way%:*}" && redis_plan "${way%:*}" 'rate = 400KB/s'
  began=$SECONDS
  expect 0 'move is completed' "$mig" apply plan.mig --yes
  # Nearly a megabyte.
  holds "it took its time: $((SECONDS - began)) s" test $((SECONDS - began)) -ge 1
done

# ---- where nobody could tell
begin file
cat >plan.mig <<'PLAN'
mig 1
store old: sqlite { path = "old.db" }
store new: sqlite { path = "new.db" }
entity User { key id: i64; email: text }
dataset users: User in old { table = "users" }
dataset people: User in new { table = "people" }
plan move {
  from users
  to people
  phase copy { scan old -> new { max_lag = 5s } }
  phase more { scan old -> new { max_active = 20 } }
}
PLAN
expect 1 '`max_lag` waits for replicas of the new side, and a file has none' "$mig" check plan.mig
expect 1 '`max_active` counts sessions of a PostgreSQL, and neither side is one' "$mig" check plan.mig

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
