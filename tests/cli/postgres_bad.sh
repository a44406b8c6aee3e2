#!/usr/bin/env bash
# What `mig` says when a PostgreSQL lets it down: one sentence with what to do next, the documented exit code, and
# nothing lost.  tests/cli/postgres_bad.sh MIG
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
work=$(mktemp -d); chmod 755 "$work"  # the server runs as another user
server=$("$here/../support/postgres.sh" start "$work/server") || exit 1
runner=''
cleanup() {
  [ -z "$runner" ] || kill "$runner" 2>/dev/null
  "$here/../support/postgres.sh" stop "$work/server"
  umount "$work/small" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
. "$here/expect.sh"

url() { sed "s|/postgres?|/$1?|" <<<"$server"; }
as() { echo "postgresql://$1@127.0.0.1:$(cat "$work/server/port")/$2"; }  # over loopback
sql() { PGOPTIONS='-c client_min_messages=warning' psql -qAtX -v ON_ERROR_STOP=1 "$(url "$1")" -c "$2"; }
answers() { holds "$2 of $1 is \`$3\`" test "$(sql "$1" "$2")" = "$3"; }
begin() { mkdir "$work/$1" && cd "$work/$1" || exit 1; }
filled() {  # DATABASE: with 2000 users
  sql postgres "CREATE DATABASE $1"
  sql "$1" "CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL);
    INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 2000) i"
}
empty() { sql postgres "CREATE DATABASE $1"; }
sql postgres 'ALTER SYSTEM SET synchronous_commit = on'

header() {  # OLD NEW
  cat <<PLAN
mig 1
store old: postgres { url = $1; lock_timeout = 2s }
store new: postgres { url = $2; lock_timeout = 2s }
entity User { key id: i64; email: text }
dataset users: User in old { table = "users" }
dataset people: User in new { table = "people" }
PLAN
}
at_rest() {  # OLD NEW [RATE [EXPAND]]
  header "\"$1\"" "\"$2\""
  cat <<PLAN
plan move {
  from users
  to people
  on_fail retry 3 then rollback { backoff = 100ms..1s }
  gate same { require drift(users) == 0 rows; no_data = fail }
  ${4-phase expand { create people \}}
  phase copy { writes none { max_downtime = 1h }; snapshot old -> new { chunk = 100 rows; rate = ${3:-100_000} rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase end { accept all_at_once "nobody writes"; point_of_no_return "it is over"; writes new }
}
PLAN
}
alive() {  # OLD NEW
  header "\"$1\"" "\"$2\""
  cat <<'PLAN'
router glue: table { in = new; name = "mig_routes" }
plan move {
  from users
  to people
  through glue
  on_fail pause
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { create people }
  phase mirror { writes old, new { mode = follow; max_lag = 5s } }
  phase copy { scan old -> new { chunk = 200 rows; rate = 100_000 rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase decide { approve "somebody" { by_author = true }; require same }
  phase cutover {
    accept all_at_once "a test"
    reads new { stale_ok = 5s }
    writes new, old { mode = follow; max_pause = 5s }
    require same
  }
  phase end { point_of_no_return "it is over"; writes new }
}
PLAN
}
apply() { expect "$1" "$2" "$mig" apply plan.mig --yes; }
until_holds() {  # WHAT COMMAND…: within half a minute
  local what=$1 until=$((SECONDS + 30)); shift
  while ! "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { failed=$((failed + 1)); echo "FAILED: $what never came"; tail -5 out; return 1; }
    read -rt 0.1 <> <(:) || true
  done
  passed=$((passed + 1))
}
stays() { timeout 60 "$mig" apply plan.mig --yes >out 2>&1 & runner=$!; }
ends() { local rc=0; wait "$runner" || rc=$?; runner=''; holds "the run ends with $1, not $rc: $(tail -1 out)" test "$rc" -eq "$1"; }
says() { holds "it says \`$1\`: $(tail -3 out)" grep -qF -- "$1" out; }
waits_for() { "$mig" status | grep -qF "mig approve \"$1\""; }
rows_of() { [ "$(sql "$1" 'SELECT count(*) FROM people')" -ge "$2" ]; }

# ---- who may not come in, or not do what is needed
printf 'host all picky 127.0.0.1/32 scram-sha-256\n' | cat - "$work/server/data/pg_hba.conf" >"$work/hba"
cat "$work/hba" >"$work/server/data/pg_hba.conf"
sql postgres "CREATE ROLE picky LOGIN PASSWORD 'right'; CREATE ROLE poor LOGIN; CREATE ROLE few LOGIN CONNECTION LIMIT 0"
sql postgres 'SELECT pg_reload_conf()' >/dev/null
filled shop; empty shop_new
begin password
at_rest X "$(url shop_new)" | sed 's/"X"/secret("env:OLD")/' >plan.mig
export OLD; OLD=$(as picky:wrong shop)
apply 69 'the store `old` `env:OLD` cannot be reached: it does not accept the password'
holds 'no password is shown' bash -c "! '$mig' apply plan.mig --yes 2>&1 | grep -q wrong"
begin table && at_rest "$(as poor shop)" "$(url shop_new)" >plan.mig
apply 69 'have its owner run `GRANT SELECT ON TABLE users TO poor`'
sql shop 'GRANT SELECT ON users TO poor'
begin schema && at_rest "$(as poor shop)" "$(url shop_new)" >plan.mig
apply 69 'have its owner run `GRANT CREATE, USAGE ON SCHEMA public TO poor`'
begin few && at_rest "$(as few shop)" "$(url shop_new)" >plan.mig
apply 69 'it has no connection left for this role or this database'
answers shop_new "SELECT count(*) FROM pg_class WHERE relname = 'people'" 0

# ---- tables that a move cannot keep right
empty keyless; sql keyless "CREATE TABLE users(id bigint NOT NULL, email text NOT NULL); INSERT INTO users VALUES (1, 'a'), (1, 'b')"
begin keyless && alive "$(url keyless)" "$(url shop_new)" >plan.mig
apply 3 'nothing keeps two rows of `users` from sharing the key `id`'
answers keyless 'SELECT count(*) FROM users' 2
filled twins; sql twins "UPDATE users SET email = 'same' WHERE id IN (7, 8)"
empty twins_new; sql twins_new 'CREATE TABLE people(id bigint PRIMARY KEY, email text NOT NULL UNIQUE)'
begin twins && at_rest "$(url twins)" "$(url twins_new)" 100_000 '' >plan.mig
apply 4 'the row `8` of `users` cannot be moved: `people.email`: another row already has this value, and it must be unique'
answers twins 'SELECT count(*) FROM users' 2000
answers twins_new 'SELECT count(*) FROM people' 0
# A gigabyte is more than a test should move; what an index takes is a limit of the same kind.
filled large; sql large "UPDATE users SET email = (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 400) i) WHERE id = 77"
empty large_new
begin large && at_rest "$(url large)" "$(url large_new)" 100_000 'phase expand { create people; add index people.email }' >plan.mig
apply 4 'the row `77` of `users` cannot be moved: `people`: the row, or its entry in an index, is larger than the server takes'
answers large 'SELECT count(*) FROM users' 2000

# ---- a server that goes away in the middle of the copy, and comes back
filled gone; empty gone_new
begin gone && at_rest "$(url gone)" "$(url gone_new)" 1_000 >plan.mig
sed -i 's/on_fail retry 3 then rollback/on_fail retry forever/' plan.mig
stays
until_holds 'the middle of the copy' rows_of gone_new 300
"$here/../support/postgres.sh" kill "$work/server"
until_holds 'the sentence about the lost connection' grep -qE 'connection to the store .* is lost|nobody listens there' out
"$here/../support/postgres.sh" again "$work/server"
ends 0
answers gone_new 'SELECT count(*) FROM people' 2000
says 'move is completed'

# ---- what somebody does to the followed side meanwhile
filled live; empty live_new
begin live && alive "$(url live)" "$(url live_new)" >plan.mig
stays
until_holds 'an approval' waits_for somebody
expect 1 'TRUNCATE' psql -qX -v ON_ERROR_STOP=1 "$(url live)" -c 'TRUNCATE users'
answers live 'SELECT count(*) FROM users' 2000
log=$(sql live "SELECT relname FROM pg_class WHERE relname LIKE 'mig\_ctl\_log%' AND relkind = 'r'")
holds "there is a changelog: $log" test -n "$log"
sql live "UPDATE users SET email = 'changed' WHERE id = 5"

# A transaction that somebody has prepared and forgotten in another database holds the follower up.
sql shop "BEGIN; CREATE TABLE forgotten(id int); PREPARE TRANSACTION 'old one'" >/dev/null
# It is told of when it is ten seconds old.
old_enough() { [ "$(sql postgres "SELECT count(*) FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - interval '10 seconds'")" = 1 ]; }
until_holds 'ten seconds' old_enough
expect 0 "the transaction 'old one', which \`postgres\` prepared" "$mig" why
expect 0 "ROLLBACK PREPARED 'old one'" "$mig" why --json
begin warned && at_rest "$(url live)" "$(url shop_new)" >plan.mig
expect 0 "in the database \`shop\`, is still open" bash -c "'$mig' preview plan.mig | tr -s ' \n' ' '"
sql shop "ROLLBACK PREPARED 'old one'"
cd "$work/live" || exit 1
changed() { [ "$(sql live_new 'SELECT email FROM people WHERE id = 5')" = changed ]; }
until_holds 'what waited behind it' changed

# What is written while nobody notes it is missing on the other side; so nothing moves there.
sql live 'DROP TRIGGER mig_ctl_log_users ON users'
sql live "UPDATE users SET email = 'unseen' WHERE id = 6"
expect 0 '' "$mig" approve somebody --because 'a test'
ends 5
says 'somebody has dropped the trigger that notes what is written to `users`, so rows may be missing on the other side; run `mig rollback`'
holds 'the old side still leads' sql live "UPDATE users SET email = 'seen' WHERE id = 7"
expect 0 '' "$mig" rollback --because 'a test'
answers live "SELECT count(*) FROM users WHERE email IN ('unseen', 'seen', 'changed')" 3
answers live "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal" 0

# ---- no room on the target
if [ "$(id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=24m tmpfs "$work/small" 2>/dev/null; then
  chown postgres "$work/small"; chmod 700 "$work/small"
  sql postgres "CREATE TABLESPACE small LOCATION '$work/small'"
  filled wide; sql wide "UPDATE users SET email = (SELECT string_agg(md5((i * id)::text), '') FROM generate_series(1, 900) i)"
  sql postgres 'CREATE DATABASE wide_new TABLESPACE small'
  begin full && at_rest "$(url wide)" "$(url wide_new)" >plan.mig
  apply 69 'the disk is full: the store `new`'
  answers wide 'SELECT count(*) FROM users' 2000
  expect 0 'paused (disk)' "$mig" status
  # With room again it goes on where it stopped.
  mount -o remount,size=300m "$work/small"
  expect 0 'move is completed' "$mig" continue
  answers wide_new 'SELECT count(*) FROM people' 2000
else
  echo 'skipped: a full disk; no small disk can be mounted here'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
