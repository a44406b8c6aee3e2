#!/usr/bin/env bash
# Sessions move from one Redis to another while an application writes.  tests/cli/redis_live.sh MIG MIG_APP
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}"); app=$(realpath "${2:?path of mig_app}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); chmod 755 "$work"  # the servers run as another user
runner=''
stop() {
  [ -z "$runner" ] || kill "$runner" 2>/dev/null
  for each in first second; do "$here/../support/redis.sh" stop "$work/$each"; done
  rm -rf "$work"
}
trap stop EXIT
for each in first second; do
  mkdir "$work/$each"
  "$here/../support/redis.sh" start "$work/$each" --appendonly yes --appendfsync always || exit 1
done
. "$here/expect.sh"

redis() { redis-cli -s "$work/$1/redis.sock" "${@:2}"; }
url() { echo "unix://$work/$1/redis.sock"; }
filled() {  # sessions in the first, nothing in the second
  redis first flushall >/dev/null; redis second flushall >/dev/null
  for ((i = 1; i <= 2000; ++i)); do
    echo "HSET sess:$((10 * i)) owner $((i % 1000)) note 'loaded $i' place Peru"
    [ $((i % 5)) -ne 0 ] || echo "PEXPIREAT sess:$((10 * i)) $((4102444800000 + i))"
  done | redis first --pipe >/dev/null
}
plan() {  # CODEC of the new side, and what stands before the cutover
  cat <<PLAN
mig 1
store before: redis { url = secret("env:BEFORE") }
store after:  redis { url = secret("env:AFTER") }
router glue: channel { in = after; name = "mig_routes" }
entity Session { key id: i64; owner: i64; note: text; place: text? }
dataset old_sessions: Session in before { key = "sess:{id}"; codec = hash }
dataset new_sessions: Session in after  { key = "s:{id}"; codec = $1 }
plan move_sessions {
  from old_sessions
  to new_sessions
  through glue
  on_fail retry 30 then pause { backoff = 100ms..500ms }
  gate same { require drift(old_sessions) == 0 rows; no_data = fail }
  phase expand { purge new }
  phase mirror { writes old, new { mode = follow; max_lag = 5s } }
  phase copy { scan old -> new { chunk = 100 rows; rate = 2_000 rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  ${2:-}
  phase cutover {
    accept all_at_once "a test"
    reads new { stale_ok = 5s }
    writes new, old { mode = follow; max_pause = 5s }
    require same
  }
  phase decide { approve "somebody" { by_author = true }; require same }
  phase end { point_of_no_return "it is over"; writes new }
}
PLAN
}
BEFORE=$(url first); AFTER=$(url second); export BEFORE AFTER
run() { "$mig" apply plan.mig --yes >>out 2>&1 & runner=$!; }
ended() { code=0; wait "$runner" || code=$?; runner=''; }  # with `code`
until_there() {  # SERVER WANTED COMMAND…: a follower takes a moment
  local until=$((SECONDS + 20))
  while [ $SECONDS -lt $until ]; do
    [ "$(redis "$1" "${@:3}")" = "$2" ] && return 0
  done
  echo "it is $(redis "$1" "${@:3}")"; return 1
}
in_folder() { mkdir "$work/$1" && cd "$work/$1" || exit 1; : >out; }

# ---- while clients write, with a runner that is killed again and again; and back behind the cutover
in_folder live; filled
plan json >plan.mig
where=(--moves sessions --old "$BEFORE" --new "$AFTER#json")
"$app" run . "${where[@]}" --history history --report report.jsonl --until stop --keys 200 --rate 100 --seed 1 >told &
beside=$!
for i in 2 4 6 8; do
  timeout -s KILL "0.$i" "$mig" apply plan.mig --yes >>out 2>&1
done 2>/dev/null
run
holds 'the plan waits for a person' until_status 'mig approve'
holds 'the document says so' test "$(redis second hget mig_routes glue | jq -r .writes.authority)" = new
holds 'the old side is closed' test "$(redis first hexists 'mig:ctl:{mig}:guard' 'sess:{id}')" = 1
holds 'an expiry is kept to the millisecond' test "$(redis second pexpiretime s:5000)" = $((4102444800000 + 500))
holds 'nothing else expires' test "$(redis second pexpiretime s:10010)" = -1
redis second set s:123 '{"owner":1,"note":"written there"}' px 3600000 >/dev/null
expect 0 '' "$mig" rollback --because 'not today'
ended
holds "the runner has gone back: $(tail -2 out)" grep -q 'is rolled back' out
touch stop; wait $beside
holds "clients were told of writes: $(cat told)" test "$(jq .acknowledged told)" -gt 20
holds 'no write is lost, and none is back' "$app" check . "${where[@]}" --history history --authority old
holds 'what was written behind the cutover is on the old side' test "$(redis first hget sess:123 note)" = 'written there'
holds 'with its expiry' test "$(redis first pttl sess:123)" -gt 3000000
holds 'nothing of the run is left' test -z "$(redis first --scan --pattern 'mig*'; redis second --scan --pattern 'mig*')"
holds 'the new side is empty again' test -z "$(redis second --scan --pattern 's:*')"

# ---- a server that comes back has another history, so what it holds is looked at as a whole
in_folder again; filled
plan hash 'phase ready { approve "somebody" { by_author = true }; require same }' >plan.mig
run
holds 'it waits while it follows' until_status 'mig approve'
redis first hset sess:20 note 'changed before' >/dev/null
holds 'it follows' until_there second 'changed before' hget s:20 note
history=$(redis first info replication | grep master_replid:)
"$here/../support/redis.sh" kill "$work/first"
"$here/../support/redis.sh" again "$work/first"
redis first hset sess:30 note 'changed after' >/dev/null
redis first del sess:40 >/dev/null
holds 'it is another history' test "$(redis first info replication | grep master_replid:)" != "$history"
holds 'what came after is carried over' until_there second 'changed after' hget s:30 note
holds 'and what went' until_there second 0 exists s:40

# ---- FLUSHALL is no change that is followed
redis first flushall >/dev/null
ended
holds "the run is paused: $code" test "$code" -eq 5
holds "it says why: $(tail -4 out)" grep -qE 'somebody sent flushall to `.*`, which takes all rows at once' out
holds 'the new side keeps its rows' test "$(redis second exists s:30)" = 1

# ---- nor is it while rows are looked at as a whole: each of them is gone then
in_folder emptied; filled
seq 30000 | awk '{ printf "HSET sess:%d owner 1 note loaded\n", 100000 + $1 }' | redis first --pipe >/dev/null
plan hash 'phase ready { approve "somebody" { by_author = true }; require same }' |
  sed 's|chunk = 100 rows; rate = 2_000 rows/s|chunk = 1000 rows; rate = full|' >plan.mig
run
holds 'it waits while it follows' until_status 'mig approve'
"$here/../support/redis.sh" kill "$work/first"
"$here/../support/redis.sh" again "$work/first"
redis first hset sess:10 note 'changed after' >/dev/null  # the first one in their order
holds 'it looks at all rows' until_there second 'changed after' hget s:10 note
redis first flushall >/dev/null
ended
holds "the run is paused: $code" test "$code" -eq 5
holds "it says why: $(tail -4 out)" grep -qE 'somebody sent flushall to `.*`, which takes all rows at once' out
holds 'the new side keeps all of its rows' test "$(redis second --scan --pattern 's:*' | wc -l)" -eq 32000

# ---- where nobody told of what went, much of it is taken for lost, and the other side keeps it
in_folder lost; filled
plan hash 'phase ready { approve "somebody" { by_author = true }; require same }' >plan.mig
run
holds 'it waits while it follows' until_status 'mig approve'
kill -STOP "$runner"
"$here/../support/redis.sh" kill "$work/first"
"$here/../support/redis.sh" again "$work/first"
seq 10 10 600 | sed 's/^/DEL sess:/' | redis first --pipe >/dev/null
gone=$((2000 - $(redis first --scan --pattern 'sess:*' | wc -l)))
kill -CONT "$runner"
ended
holds "the run is paused: $code" test "$code" -eq 5
holds "it says why: $(tail -4 out)" grep -qF "would delete $gone of 2000 rows of \`new_sessions\`, and at most 1% may go" out
holds 'the new side keeps all of its rows' test "$(redis second --scan --pattern 's:*' | wc -l)" -eq 2000
expect 5 'and at most 1% may go' "$mig" continue
holds 'it does still' test "$(redis second --scan --pattern 's:*' | wc -l)" -eq 2000
expect 0 'drift 0' "$mig" repair --max-delete 10%
holds 'a person has said that they may go' test "$(redis second --scan --pattern 's:*' | wc -l)" -eq $((2000 - gone))
"$mig" continue >>out 2>&1 & runner=$!
redis first hset sess:1000 note 'changed after' >/dev/null
holds 'then it goes on' until_there second 'changed after' hget s:1000 note
# Empty all of a sudden: nobody heard of it, as the server was another one by then.
kill -STOP "$runner"
"$here/../support/redis.sh" kill "$work/first"
"$here/../support/redis.sh" again "$work/first"
redis first flushall >/dev/null
kill -CONT "$runner"
ended
holds "the run is paused: $code" test "$code" -eq 5
holds "it says why: $(tail -4 out)" grep -qF '`old_sessions` leads and is empty, and `new_sessions` is not' out
holds 'the new side keeps what it has' test "$(redis second --scan --pattern 's:*' | wc -l)" -eq $((2000 - gone))

# ---- who may not read the stream is told before anything begins
in_folder refused; filled
redis first acl setuser ada on '>secret' '~*' '&*' +@all -psync >/dev/null
plan hash >plan.mig
BEFORE="unix://ada:secret@$work/first/redis.sock" expect 3 'give that user `+psync +replconf +info`' "$mig" apply plan.mig --yes
holds 'nothing has begun' test -z "$(redis second --scan)"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
