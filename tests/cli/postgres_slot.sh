#!/usr/bin/env bash
# Following a PostgreSQL through a slot: what has to be right before a run begins, a move there and back with the
# runner and the server killed on the way, and what somebody does to the slot meanwhile.  tests/cli/postgres_slot.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); chmod 755 "$work"  # the server runs as another user
server=$(MIG_POSTGRES_SETTINGS='max_slot_wal_keep_size = 1GB' "$here/../support/postgres.sh" start "$work/server") || exit 1
runner=''; beside=''
cleanup() {
  [ -z "$runner" ] || kill "$runner" 2>/dev/null
  [ -z "$beside" ] || kill "$beside" 2>/dev/null
  "$here/../support/postgres.sh" stop "$work/server"
  [ ! -d "$work/replica" ] || "$here/../support/postgres.sh" stop "$work/replica"
  rm -rf "$work"
}
trap cleanup EXIT
. "$here/expect.sh"

url() { sed "s|/postgres?|/$1?|" <<<"$server"; }
as() { echo "postgresql://$1@127.0.0.1:$(cat "$work/server/port")/$2"; }  # over loopback
sql() { PGOPTIONS='-c client_min_messages=warning' psql -qAtX -v ON_ERROR_STOP=1 "$(url "$1")" -c "$2"; }
answers() { holds "$2 of $1 is \`$3\`" test "$(sql "$1" "$2")" = "$3"; }
begin() { mkdir "$work/$1" && cd "$work/$1" || exit 1; }
filled() {  # DATABASE: with 2000 users; and an empty one
  sql postgres "CREATE DATABASE $1"; sql postgres "CREATE DATABASE $1_new"
  sql "$1" "CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL);
    INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 2000) i"
}
set_to() { sql postgres "ALTER SYSTEM SET $1 = $2"; sql postgres 'SELECT pg_reload_conf()' >/dev/null; until_holds "$1" test "$(sql postgres "SHOW $1")" = "$3"; }
until_holds() {  # WHAT COMMAND…: within half a minute
  local what=$1 until=$((SECONDS + 30)); shift
  while ! "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { failed=$((failed + 1)); echo "FAILED: $what never came"; tail -5 out; return 1; }
    read -rt 0.1 <> <(:) || true
  done
  passed=$((passed + 1))
}
sql postgres 'ALTER SYSTEM SET synchronous_commit = on'

plan() {  # OLD NEW [ACCEPT [RATE]]
  cat <<PLAN
mig 1
store old: postgres { url = "$1"; lock_timeout = 2s; changes = slot }
store new: postgres { url = "$2"; lock_timeout = 2s; changes = slot }
entity User { key id: i64; email: text }
dataset users: User in old { table = "users" }
dataset people: User in new { table = "people" }
router glue: table { in = new; name = "mig_routes" }
plan move {
  from users
  to people
  through glue
  on_fail retry 5 then pause { backoff = 100ms..1s }
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { ${3:+accept unlimited_wal \"$3\";} create people }
  phase mirror { writes old, new { mode = follow; max_lag = 5s } }
  phase copy { scan old -> new { chunk = 200 rows; rate = ${4:-100_000} rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase decide { approve "first" { by_author = true }; require same }
  phase cutover {
    accept all_at_once "a test"
    reads new { stale_ok = 5s }
    writes new, old { mode = follow; max_pause = 5s }
    require same
  }
  phase settle { approve "last" { by_author = true }; require same }
  phase end { point_of_no_return "it is over"; writes new }
}
PLAN
}
on_one_line() { "$mig" "$@" 2>&1 | tr -s ' \n' ' '; return "${PIPESTATUS[0]}"; }
apply() { export mig; export -f on_one_line; expect "$1" "$2" bash -c 'on_one_line apply plan.mig --yes'; }
doctor() { export mig; export -f on_one_line; expect "$1" "$2" bash -c 'on_one_line doctor "$@"' doctor "${@:3}"; }
stays() { "$mig" apply plan.mig --yes >out 2>&1 & runner=$!; }
ends() { local rc=0; wait "$runner" || rc=$?; runner=''; holds "the run ends with $1, not $rc: $(tail -1 out)" test "$rc" -eq "$1"; }
waits_for() { "$mig" status | grep -qF "mig approve \"$1\""; }
all_rows() { sql "$1" "SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM $2 t"; }
are_equal() { test "$(all_rows "$1" users)" = "$(all_rows "$1_new" people)"; }
slots() { sql postgres "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'mig\_ctl\_%'"; }
publications() { sql "$1" 'SELECT count(*) FROM pg_publication'; }
nothing_left() {  # DATABASE
  holds "$1 has no slot: $(slots)" test "$(slots)" = 0
  holds "$1 has no publication" test "$(publications "$1")$(publications "$1_new")" = 00
}
is_read() { [ "$(sql "$1" 'SELECT active FROM pg_replication_slots WHERE database = current_database()')" = t ]; }
slot_of() { sql "$1" 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()'; }

# ---- what is refused before anything has changed
filled shop
sql postgres 'CREATE ROLE mover LOGIN; GRANT CREATE ON DATABASE shop TO mover'
sql shop 'ALTER TABLE users OWNER TO mover; GRANT ALL ON SCHEMA public TO mover'
begin limit
plan "$(url shop)" "$(url shop_new)" >plan.mig
set_to max_slot_wal_keep_size -1 -1
apply 3 'would keep its log for the slot without a limit, until its disk is full: `max_slot_wal_keep_size` is -1 give the setting a size, or say `accept unlimited_wal "why"` in the plan'
plan "$(url shop)" "$(url shop_new)" 'it is watched' >plan.mig
expect 0 'its server keeps all of its log' bash -c "'$mig' preview plan.mig | tr -s ' \n' ' '"
set_to max_slot_wal_keep_size "'1GB'" 1GB
expect 0 'its server keeps up to 1024 MB of its log' bash -c "'$mig' preview plan.mig | tr -s ' \n' ' '"
expect 0 'told by a slot' "$mig" preview plan.mig
begin role && plan "$(as mover shop)" "$(url shop_new)" >plan.mig
apply 3 'lets the role mover read no slot have a superuser run `ALTER ROLE mover REPLICATION`'
sql postgres 'ALTER ROLE mover REPLICATION; REVOKE CREATE ON DATABASE shop FROM mover'
apply 3 'lets the role mover make no publication have its owner run `GRANT CREATE ON DATABASE shop TO mover`'
sql postgres 'ALTER ROLE mover REPLICATION; GRANT CREATE ON DATABASE shop TO mover'
begin full && plan "$(url shop)" "$(url shop_new)" >plan.mig
sql postgres "SELECT pg_create_physical_replication_slot('other_' || i) FROM generate_series(1, current_setting('max_replication_slots')::int) i" >/dev/null
apply 3 'has no replication slot left: `max_replication_slots` is 10 drop one that nobody reads, or raise it'
# One is enough for the way there, and none is left for the way back.
sql postgres "SELECT pg_drop_replication_slot('other_1')" >/dev/null
apply 3 'mig: `cutover/writes#1`'
holds 'the way there is not refused' bash -c "! '$mig' apply plan.mig --yes 2>&1 | grep -q mirror/writes"
sql postgres "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots" >/dev/null
sql shop 'ALTER TABLE users REPLICA IDENTITY NOTHING'
apply 3 '`users` has no replica identity, so a slot does not tell which of its rows go run `ALTER TABLE users REPLICA IDENTITY DEFAULT`'
sql shop 'CREATE UNIQUE INDEX by_email ON users(email); ALTER TABLE users REPLICA IDENTITY USING INDEX by_email'
apply 3 'the key `id` of `users` is not in its replica identity, so a slot does not tell which of its rows go run `ALTER TABLE users REPLICA IDENTITY DEFAULT`'
sql shop 'ALTER TABLE users REPLICA IDENTITY DEFAULT; DROP INDEX by_email'
holds 'nothing was made' test "$(slots)$(publications shop)" = 00
begin level
replica=$(MIG_POSTGRES_SETTINGS='wal_level = replica' "$here/../support/postgres.sh" start "$work/replica") || exit 1
psql -qAtX "$replica" -c "CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL)"
plan "$replica" "$(url shop_new)" >plan.mig
apply 3 'does not log what a slot tells: its `wal_level` is `replica` run `ALTER SYSTEM SET wal_level = logical` and restart the server'
"$here/../support/postgres.sh" stop "$work/replica"

# ---- there and back, while clients write, with the runner and the server killed on the way; as that role
client() {  # DATABASE: writes where the routes say, until `stop` is there; says which keys it was told are safe
  local i=0
  while [ ! -e stop ]; do
    i=$((i + 1))
    case $(sql "$1_new" 'SELECT writes_authority FROM mig_routes' 2>/dev/null) in
      new) write "$1_new" people $i && echo $i >>told ;;
      *) write "$1" users $i && echo $i >>told ;;
    esac
  done
}
write() {  # one of each, and a key that changes
  sql "$1" "BEGIN; INSERT INTO $2 VALUES (100000 + $3, 'new'); UPDATE $2 SET email = 'changed' WHERE id = $3;
    DELETE FROM $2 WHERE id = 2001 - $3; UPDATE $2 SET id = 200000 + $3 WHERE id = 100000 + $3; COMMIT" 2>/dev/null
}
missing() { sql "$1" "SELECT id - 200000 FROM $2 WHERE id > 200000" | sort >there; sort told | comm -23 - there | wc -l; }
filled alive
sql postgres 'ALTER DATABASE alive OWNER TO mover; ALTER DATABASE alive_new OWNER TO mover'
sql alive 'ALTER TABLE users OWNER TO mover'
begin alive && plan "$(as mover alive)" "$(as mover alive_new)" '' 2_000 >plan.mig
: >told; client alive & beside=$!
for i in 1 2 3 4; do timeout -s KILL "0.$((i * 2))" "$mig" apply plan.mig --yes >>out 2>&1; done 2>/dev/null
stays
until_holds 'an approval' waits_for first
holds "one slot: $(slots)" test "$(slots)" = 1
until_holds 'somebody who reads it' is_read alive
kill -9 "$runner"; wait "$runner" 2>/dev/null; runner=''
doctor 1 "slot $(slot_of alive) makes the server keep its log for a follower" "$(url alive)"
doctor 1 'publication mig_ctl_publication_users says that the slot tells of `users`' "$(url alive)"
holds 'the log of the run names its step' bash -c "'$mig' log | grep -q 'mirror/writes'"
stays
until_holds 'an approval again' waits_for first
"$here/../support/postgres.sh" kill "$work/server"
"$here/../support/postgres.sh" again "$work/server"
# A run whose stores are gone may have ended, and says so.
kill -9 "$runner" 2>/dev/null; wait "$runner"; gone=$?; runner=''
holds "it was killed, or says that a store is gone, not $gone" test "$gone" = 137 -o "$gone" = 69
stays
until_holds 'the server is back, and followed again' is_read alive
expect 0 '' "$mig" approve first --because 'a test'
until_holds 'the approval behind the cutover' waits_for last
answers alive_new 'SELECT writes_authority FROM mig_routes' new
holds "one slot each: $(slots)" test "$(slots)" = 2
holds 'clients write the new side' test "$(sql alive_new 'SELECT count(*) FROM people WHERE id > 200000')" -gt 0
# Nobody follows the old side now, and its server keeps nothing of what others write there.
confirmed() { sql "$1" "SELECT confirmed_flush_lsn - '0/0' FROM pg_replication_slots WHERE database = current_database()"; }
moved_on() { [ "$(confirmed "$1")" -gt "$2" ]; }
wasted() { sql "$1" "CREATE TABLE IF NOT EXISTS waste(t text); INSERT INTO waste SELECT repeat(md5(i::text), 60) FROM generate_series(1, ${2:-4000}) i"; }
before=$(confirmed alive); wasted alive
until_holds 'the slot of the old side moves on' moved_on alive $((before + 4000000))
expect 0 '' "$mig" rollback --because 'not today'
ends 4
holds 'the run is rolled back' grep -q 'is rolled back' out
touch stop; wait "$beside"; beside=''
holds "clients were told of writes: $(wc -l <told)" test "$(wc -l <told)" -gt 20
holds "no write is lost on the way back: $(missing alive users)" test "$(missing alive users)" -eq 0
nothing_left alive
doctor 0 'nothing' "$(url alive)"
# And to the end.
rm -rf .mig told stop; : >told; client alive & beside=$!
stays
until_holds 'the first approval' waits_for first
expect 0 '' "$mig" approve first --because 'a test'
until_holds 'the second approval' waits_for last
expect 0 '' "$mig" approve last --because 'a test'
ends 0
touch stop; wait "$beside"; beside=''
holds "no write is lost: $(missing alive_new people)" test "$(missing alive_new people)" -eq 0
nothing_left alive

# ---- what somebody does to the slot meanwhile
filled live
begin live && plan "$(url live)" "$(url live_new)" >plan.mig
stays
until_holds 'an approval' waits_for first
change() { sql live "UPDATE users SET email = '$1' WHERE id = 5; UPDATE users SET id = $2 WHERE id = $3; DELETE FROM users WHERE id = $4; INSERT INTO users VALUES ($5, '$1')"; }
change followed 3001 11 21 4001
until_holds 'what was written' are_equal live
slot=$(slot_of live)
unread() { ! is_read live; }
away() { kill -9 "$runner"; wait "$runner" 2>/dev/null; runner=''; until_holds 'nobody reads the slot' unread; }
away
sql live "SELECT pg_drop_replication_slot('$slot')" >/dev/null
change dropped 3002 12 22 4002
stays
until_holds 'what was written while there was no slot' are_equal live
answers live 'SELECT slot_name FROM pg_replication_slots' "$slot"
away
sql live "SELECT pg_drop_replication_slot('$slot')" >/dev/null
change between 3003 13 23 4003
sql live "SELECT pg_create_logical_replication_slot('$slot', 'pgoutput')" >/dev/null
change behind 3004 14 24 4004
stays
until_holds 'what was written before somebody made it again' are_equal live
away
sql live 'ALTER PUBLICATION mig_ctl_publication_users DROP TABLE users'
change untold 3005 15 25 4005
sql live 'ALTER PUBLICATION mig_ctl_publication_users ADD TABLE users'
stays
until_holds 'what the publication did not tell of' are_equal live
away
set_to max_slot_wal_keep_size "'1MB'" 1MB
change retained 3006 16 26 4006
lose() {
  wasted live 20000 &&
    sql live 'SELECT pg_switch_wal(); CHECKPOINT' >/dev/null; [ "$(sql live 'SELECT wal_status FROM pg_replication_slots')" = lost ]
}
until_holds 'the log is gone' lose
set_to max_slot_wal_keep_size "'1GB'" 1GB
stays
until_holds 'what the server has forgotten' are_equal live
answers live "SELECT wal_status <> 'lost' FROM pg_replication_slots" t
# A server where nothing is written for the followed table: what others write is not kept for ever.
before=$(confirmed live); wasted live
until_holds 'the slot moves on' moved_on live $((before + 4000000))
# Somebody else who reads it takes changes away.
away
receive=${MIG_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}/pg_recvlogical
"$receive" -d "$(url live)" --slot "$slot" --start -f /dev/null -F 0 -s 1 -o proto_version=1 -o publication_names=mig_ctl_publication_users 2>/dev/null &
beside=$!
until_holds 'somebody else who reads it' is_read live
change taken 3007 17 27 4007
stays
ends 5
holds "it names who: $(tail -1 out)" grep -q "the slot .$slot. is read by the process [0-9]* of the role .postgres." out
kill "$beside"; wait "$beside" 2>/dev/null; beside=''
until_holds 'nobody reads it' unread
"$mig" continue >out 2>&1 & runner=$!
until_holds 'what somebody else took' are_equal live
sql live 'TRUNCATE users'
ends 5
holds "it says so: $(tail -2 out)" grep -qF 'somebody has sent TRUNCATE of `users`, which takes all rows at once; where that was meant, roll back and begin again' out
expect 0 'paused (stream_gap' "$mig" status
holds 'the other side has its rows' test "$(sql live_new 'SELECT count(*) FROM people')" -gt 1900
expect 0 '' "$mig" rollback --because 'a test'
nothing_left live

# ---- much that went while nobody told is taken for lost, until a person says otherwise
filled capped
begin capped && plan "$(url capped)" "$(url capped_new)" >plan.mig
is_unread() { ! is_read "$1"; }
goes_untold() {  # DATABASE STATEMENT
  kill -9 "$runner" 2>/dev/null; wait "$runner" 2>/dev/null; runner=''
  until_holds "nobody reads the slot of $1" is_unread "$1"
  sql "$1" "SELECT pg_drop_replication_slot('$(slot_of "$1")')" >/dev/null
  sql "$1" "$2"
}
goes_on() { "$mig" continue >out 2>&1 & runner=$!; }
stays
until_holds 'an approval' waits_for first
goes_untold capped 'DELETE FROM users WHERE id BETWEEN 101 AND 160'
for i in 1 2 3 4; do timeout -s KILL "0.$i" "$mig" apply plan.mig --yes >>out 2>&1; done 2>/dev/null
answers capped_new 'SELECT count(*) FROM people' 2000
"$mig" apply plan.mig --yes >out 2>&1
expect 0 'paused (stream_gap' "$mig" status
expect 5 'closing a gap in the log would delete 60 of 2000 rows of `people`, and at most 1% may go' "$mig" continue
expect 5 'run `mig repair --max-delete 3%`; then `mig continue`' "$mig" continue
expect 1 'extra' "$mig" verify
expect 5 'run `mig repair --max-delete 3%`' "$mig" repair
expect 64 'a share such as 5% is wanted' "$mig" repair --max-delete 2
expect 5 'at most 2% may go' "$mig" repair --max-delete 2%
answers capped_new 'SELECT count(*) FROM people' 2000
expect 0 'drift 0' "$mig" repair --max-delete 3%
answers capped_new 'SELECT count(*) FROM people' 1940
goes_on
sql capped "UPDATE users SET email = 'followed' WHERE id = 5"
until_holds 'what was written since' are_equal capped
# All of it at once is no share.
goes_untold capped 'CREATE TABLE kept AS SELECT * FROM users; DELETE FROM users'
stays
ends 5
holds "it says so: $(tail -2 out)" grep -qF '`users` leads and is empty, and `people` is not' out
expect 5 'leads and is empty' "$mig" repair --max-delete 100%
answers capped_new 'SELECT count(*) FROM people' 1940
sql capped "INSERT INTO users SELECT * FROM kept; UPDATE users SET email = 'back' WHERE id = 5"
goes_on
until_holds 'the rows that came back' are_equal capped
# On the way back, too.
expect 0 '' "$mig" approve first --because 'a test'
until_holds 'the approval behind the cutover' waits_for last
goes_untold capped_new 'DELETE FROM people WHERE id BETWEEN 201 AND 260'
stays
ends 5
holds "it says so: $(tail -2 out)" grep -qF 'would delete 60 of 1940 rows of `users`, and at most 1% may go' out
expect 3 'the old side is no longer the authority' "$mig" repair
answers capped 'SELECT count(*) FROM users' 1940
expect 0 'drift 0' "$mig" repair --max-delete 4%
answers capped 'SELECT count(*) FROM users' 1880
goes_on
sql capped_new "UPDATE people SET email = 'led' WHERE id = 5"
until_holds 'what was written on the new side' are_equal capped
expect 0 '' "$mig" rollback --because 'a test'
ends 4
nothing_left capped
# The plan may say it beforehand.
filled purged
begin purged && plan "$(url purged)" "$(url purged_new)" | sed 's/repair = from_authority/&; max_delete = 3%/' >plan.mig
stays
until_holds 'an approval' waits_for first
goes_untold purged 'DELETE FROM users WHERE id BETWEEN 101 AND 160'
stays
until_holds 'as many as the plan allows are gone' are_equal purged
answers purged_new 'SELECT count(*) FROM people' 1940
expect 0 '' "$mig" rollback --because 'a test'
ends 4

# ---- a run whose journal is lost
filled lost
begin lost && plan "$(url lost)" "$(url lost_new)" >plan.mig
stays
until_holds 'an approval' waits_for first
kill -9 "$runner"; wait "$runner" 2>/dev/null; runner=''
rm -rf .mig
expect 0 '' "$mig" doctor "$(url lost)" "$(url lost_new)" --remove --yes
nothing_left lost
holds 'the old side is free again' sql lost "UPDATE users SET email = 'free' WHERE id = 1"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
