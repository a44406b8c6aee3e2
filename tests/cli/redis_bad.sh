#!/usr/bin/env bash
# What `mig` says when a Redis lets it down: one sentence with what to do next, the documented exit code, and nothing
# lost.  tests/cli/redis_bad.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); chmod 755 "$work"  # the servers run as another user
runner=''
stop() {
  [ -z "$runner" ] || kill "$runner" 2>/dev/null
  for each in "$work"/*/redis.sock; do "$here/../support/redis.sh" stop "${each%/redis.sock}"; done
  rm -rf "$work"
}
trap stop EXIT
. "$here/expect.sh"

server() {  # NAME ARGUMENT…
  mkdir "$work/$1" && "$here/../support/redis.sh" start "$work/$1" "${@:2}" --appendonly yes --appendfsync always || exit 1
}
on_port() {  # NAME OPTION ARGUMENT…: on a free port of the loopback, which `port` is then
  local i
  mkdir "$work/$1"
  for i in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    "$here/../support/redis.sh" start "$work/$1" --bind 127.0.0.1 "$2" "$port" "${@:3}" \
      --appendonly yes --appendfsync always 2>/dev/null && return
  done
  echo 'no port is free' >&2; exit 1
}
redis() { redis-cli -s "$work/$1/redis.sock" "${@:2}"; }
url() { echo "unix://$work/$1/redis.sock"; }
filled() {  # sessions in OLD, nothing in NEW
  redis "$1" flushall >/dev/null; redis "$2" flushall >/dev/null
  seq 2000 | awk '{ printf "HSET sess:%d owner %d note %0200d\n", $1, $1, $1 }' | redis "$1" --pipe >/dev/null
}
header() {
  cat <<'PLAN'
mig 1
store old: redis { url = secret("env:OLD") }
store new: redis { url = secret("env:NEW") }
router glue: channel { in = new; name = "mig_routes" }
entity Session { key id: i64; owner: i64; note: text }
dataset sessions: Session in old { key = "sess:{id}"; codec = hash }
dataset moved:    Session in new { key = "s:{id}";    codec = hash }
PLAN
}
at_rest() {  # RATE WHAT-ON-FAILURE
  header
  cat <<PLAN
plan move {
  from sessions
  to moved
  on_fail $2
  gate same { require drift(sessions) == 0 rows; no_data = fail }
  phase expand { purge new }
  phase copy { writes none { max_downtime = 1h }; snapshot old -> new { chunk = 100 rows; rate = $1 rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase end { accept all_at_once "nobody writes"; point_of_no_return "it is over"; writes new }
}
PLAN
}
alive() {
  header
  cat <<'PLAN'
plan move {
  from sessions
  to moved
  through glue
  on_fail retry 30 then pause { backoff = 100ms..500ms }
  gate same { require drift(sessions) == 0 rows; no_data = fail }
  phase expand { purge new }
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
export OLD NEW
begin() { mkdir "$work/plan-$1" && cd "$work/plan-$1" || exit 1; }
apply() { expect "$1" "$2" "$mig" apply plan.mig --yes; }
stays() { timeout 60 "$mig" apply plan.mig --yes >out 2>&1 & runner=$!; }
ends() { local rc=0; wait "$runner" || rc=$?; runner=''; holds "the run ends with $1, not $rc: $(tail -2 out)" test "$rc" -eq "$1"; }
says() { holds "it says \`$1\`: $(tail -3 out)" grep -qF -- "$1" out; }
until_holds() {  # WHAT COMMAND…: within half a minute
  local what=$1 until=$((SECONDS + 30)); shift
  while ! "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { failed=$((failed + 1)); echo "FAILED: $what never came"; tail -5 out; return 1; }
    read -rt 0.1 <> <(:) || true
  done
  passed=$((passed + 1))
}
rows_in() { [ "$(redis "$1" --scan --pattern 's:*' | wc -l)" -ge "$2" ]; }
all_moved() { holds "all rows are in $1" test "$(redis "$1" --scan --pattern 's:*' | wc -l)" -eq 2000; }
untouched() { holds "nothing has begun in $1" test -z "$(redis "$1" --scan)"; }

server first; server second
filled first second
NEW=$(url second)

# ---- who may not come in
redis first acl setuser ada on '>right' '~*' '&*' +@all >/dev/null
begin password; at_rest 100_000 'retry 3 then rollback' >plan.mig
export OLD="unix://ada:wrong@$work/first/redis.sock"
apply 69 'refuses the user or the password'
apply 69 "correct the secret that holds the store's URL"
holds 'no password is shown' bash -c "! '$mig' apply plan.mig --yes 2>&1 | grep -q wrong"
untouched second

# ---- a certificate that nobody has signed
begin tls; at_rest 100_000 'retry 3 then rollback' >plan.mig
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt 2>/dev/null
chmod 644 server.key; chmod 755 .
on_port secure --tls-port --tls-cert-file "$PWD/server.crt" --tls-key-file "$PWD/server.key" \
  --tls-ca-cert-file "$PWD/server.crt" --tls-auth-clients no
filled secure second
export OLD="rediss://localhost:$port"
apply 69 'is not trusted: self-signed certificate'
apply 69 'name the file of its authority in `SSL_CERT_FILE`'
untouched second
export SSL_CERT_FILE=$PWD/server.crt
apply 0 'move is completed'
unset SSL_CERT_FILE
all_moved second

# ---- servers that no row may be moved to
filled first second; OLD=$(url first)
begin evicts; at_rest 100_000 'retry 3 then rollback' >plan.mig
redis second config set maxmemory-policy allkeys-lfu >/dev/null
apply 3 'evicts any key when its memory is full (`allkeys-lfu`)'
redis second config set maxmemory-policy noeviction >/dev/null
untouched second
begin replica; at_rest 100_000 'retry 3 then rollback' >plan.mig
redis second replicaof 127.0.0.1 1 >/dev/null
apply 3 '`env:NEW` is a replica and takes no writes'
redis second replicaof no one >/dev/null
untouched second

# ---- a target whose format of DUMP is older: rows are read as what they are, and written in a form that it knows
mkdir "$work/older"
coproc older { exec python3 "$here/../support/older_redis.py" "$work/older/socket" "$work/second/redis.sock"; }
read -r -u "${older[0]}"
begin older; at_rest 100_000 'rollback' >plan.mig
NEW=unix://$work/older/socket apply 0 'move is completed'
all_moved second
exec {older[1]}>&-

# ---- a row that is larger than the target takes
filled first second
head -c 1500000 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | redis first -x hset sess:77 note >/dev/null
redis second config set proto-max-bulk-len 1mb >/dev/null
begin large; at_rest 100_000 'retry 3 then rollback { backoff = 100ms..500ms }' >plan.mig
apply 4 'takes no value as large as one of a row; raise `proto-max-bulk-len` of the server, or leave such rows where they are'
untouched second
redis second config set proto-max-bulk-len 512mb >/dev/null
apply 0 'move is completed'
all_moved second
filled first second

# ---- keys that are written while they are to be backed up
begin written
alive | sed 's/  phase decide/  phase keep { backup old { to = "kept.db" } }\n&/' >plan.mig
apply 3 'the application writes `sessions` meanwhile, and the store `old` has no way in which a moment stands still'
untouched second

# ---- a server that goes away in the middle of the copy, and comes back
begin gone; at_rest 1_000 'retry forever { backoff = 100ms..500ms }' >plan.mig
stays
until_holds 'the middle of the copy' rows_in second 300
"$here/../support/redis.sh" kill "$work/second"
until_holds 'the sentence about the lost connection' grep -qE 'closed the connection|cannot be reached: Connection refused' out
"$here/../support/redis.sh" again "$work/second"
ends 0
says 'move is completed'
all_moved second
filled first second
begin gone_source; at_rest 1_000 'retry forever { backoff = 100ms..500ms }' >plan.mig
stays
until_holds 'the middle of the copy' rows_in second 300
"$here/../support/redis.sh" kill "$work/first"
until_holds 'the sentence about the lost connection' grep -qE 'closed the connection|cannot be reached: Connection refused' out
"$here/../support/redis.sh" again "$work/first"
ends 0
all_moved second

# ---- no memory on the target
filled first second
begin memory; at_rest 1_000 'retry 3 then rollback { backoff = 100ms..500ms }' >plan.mig
stays
until_holds 'the middle of the copy' rows_in second 300
redis second config set maxmemory 1mb >/dev/null
ends 69
says 'has reached its `maxmemory`; raise `maxmemory` or delete what is not needed, then run the same command again'
holds 'no row is lost' test "$(redis first --scan --pattern 'sess:*' | wc -l)" -eq 2000
redis second config set maxmemory 0 >/dev/null
apply 0 'move is completed'
all_moved second

# ---- the target becomes a replica on the way, and leads again
filled first second
begin demoted; at_rest 1_000 'pause' >plan.mig
stays
until_holds 'the middle of the copy' rows_in second 300
redis second replicaof 127.0.0.1 1 >/dev/null
ends 5
says 'is a replica and takes no writes; after a failover point the URL to the new primary'
redis second replicaof no one >/dev/null
expect 0 'move is completed' "$mig" continue
all_moved second

# ---- somebody empties the target, and mig's own keys with it
filled first second
begin emptied; at_rest 1_000 'pause' >plan.mig
stays
until_holds 'the middle of the copy' rows_in second 300
redis second flushall >/dev/null
ends 5
holds "it says what is gone: $(tail -3 out)" grep -qF 'has lost' out
holds 'no row is lost' test "$(redis first --scan --pattern 'sess:*' | wc -l)" -eq 2000

# ---- a failover of the side that is followed
on_port primary --port; primary=$port
on_port heir --port
filled primary second
redis heir replicaof 127.0.0.1 "$primary" >/dev/null
in_step() { [ "$(redis heir info replication | grep -c 'master_link_status:up')" = 1 ] && rows=$(redis heir dbsize) && [ "$rows" -ge 2000 ]; }
until_holds 'a replica in step' in_step
ln -s "$work/primary/redis.sock" "$work/leads.sock"
OLD="unix://$work/leads.sock"
begin failover; alive >plan.mig
stays
until_holds 'an approval' bash -c "'$mig' status | grep -q 'mig approve'"
redis primary hset sess:5 note 'before the failover' >/dev/null
redis primary wait 1 5000 >/dev/null
carried() { [ "$(redis second hget "s:$1" note)" = "$2" ]; }
until_holds 'what was written before' carried 5 'before the failover'
"$here/../support/redis.sh" kill "$work/primary"
redis heir replicaof no one >/dev/null
ln -sfn "$work/heir/redis.sock" "$work/leads.sock"
# It has found its place again before anything is written: the log goes on where the other one ended.
follows_heir() { redis heir client list type replica | grep -q .; }
until_holds 'the heir followed' follows_heir
redis heir hset sess:6 note 'behind the failover' >/dev/null
redis heir del sess:7 >/dev/null
until_holds 'what was written behind it' carried 6 'behind the failover'
gone() { [ "$(redis second exists s:7)" = 0 ]; }
until_holds 'what was deleted behind it' gone
expect 0 '' "$mig" approve somebody --because 'a test'
ends 0
holds 'nothing is lost' test "$(redis second --scan --pattern 's:*' | wc -l)" -eq 1999
says 'drift(sessions) == 0 rows: 0 rows'

# ---- a version that does not tell when a key expires
older=$(command -v redis-server-6 || command -v redis6-server || true)
if [ -n "$older" ]; then
  mkdir "$work/older"
  "$older" --port 0 --unixsocket "$work/older/redis.sock" --save '' --daemonize yes >/dev/null
  begin older; at_rest 100_000 'retry 3 then rollback' >plan.mig
  OLD=$(url older)
  apply 3 'which cannot tell when a key expires'
else
  echo 'skipped: a server older than 7.0, as none is installed here'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
