#!/usr/bin/env bash
# Plans over a real Redis: rows there and back between it, files and PostgreSQL.  tests/cli/redis_moves.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); chmod 755 "$work"  # the servers run as other users
stop() {
  "$here/../support/postgres.sh" stop "$work/server"
  for cache in first second; do "$here/../support/redis.sh" stop "$work/$cache"; done
  rm -rf "$work"
}
trap stop EXIT
server=$("$here/../support/postgres.sh" start "$work/server") || exit 1
for cache in first second; do
  mkdir "$work/$cache"
  "$here/../support/redis.sh" start "$work/$cache" --enable-debug-command yes || exit 1
done
. "$here/expect.sh"

sql() { psql -qAtX -v ON_ERROR_STOP=1 "$server" -c "$1"; }
redis() { redis-cli -s "$work/$1/redis.sock" "${@:2}"; }
in_file() { printf 'sqlite { path = "%s" }' "$1"; }
in_server() { printf 'postgres { url = "%s"; lock_timeout = 2s }' "$server"; }
in_redis() { printf 'redis { url = "unix://%s/redis.sock" }' "$work/$1"; }

plan() {  # OLD USERS NEW PEOPLE BEGIN: stores, datasets, and what makes room on the new side
  cat <<PLAN
mig 1
store old: $1
store new: $3
entity User {
  key id: i64; email: text(254); name: text?; born: date; seen: timestamp; balance: decimal(12, 2); photo: bytes; data: json
}
dataset users: User in old { $2 }
dataset people: User in new { $4 }
plan move {
  from users
  to people
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { $5 }
  phase copy { writes none { max_downtime = 1h }; snapshot old -> new { chunk = 700 rows; rate = 100_000_000 rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase end { accept all_at_once "nobody writes"; point_of_no_return "it is over"; writes new }
}
PLAN
}
pair() {  # NAME and what `plan` takes
  mkdir -p "$work/$1" && cd "$work/$1" || exit 1
  plan "${@:2}" >plan.mig
  expect 0 '3000 rows read: 3000 moved, 0 kept, 0 rejected; 3000 rows written' "$mig" apply plan.mig --yes
  holds "$1 is completed" grep -q completed <("$mig" list)
}
as_table() { printf 'table = "%s"' "$1"; }
as_keys() { printf 'key = "%s:{id}"; codec = %s' "$1" "$2"; }

# ---- round: a file, Redis as hashes, Redis as JSON under another prefix, PostgreSQL, Redis, and a file again
mkdir "$work/in"
sqlite3 "$work/in/old.db" "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT, born TEXT NOT NULL,
    seen TEXT NOT NULL, balance TEXT NOT NULL, photo BLOB NOT NULL, data TEXT NOT NULL) STRICT;
  INSERT INTO users SELECT value, 'u' || value || '@example.org', iif(value % 3 = 0, NULL, 'Name ' || value),
    '2001-02-03', '2026-01-02T03:04:05.000006Z', (value * 7) || '.25', zeroblob(value % 5), '{\"a\":' || value || '}'
    FROM generate_series(1, 3000)"
redis first set user:nobody 'is no row of a plan whose keys are numbers' >/dev/null
pair in "$(in_file old.db)" "$(as_table users)" "$(in_redis first)" "$(as_keys person hash)" 'purge new'
holds 'a hash has a field a value' test "$(redis first hlen person:3)" -eq 6
holds 'mig leaves its mark, the end of the run and the guard' test "$(redis first --scan --pattern 'mig:*' | wc -l)" -le 4
redis first pexpireat person:7 4102444800000 >/dev/null

pair rename "$(in_redis first)" "$(as_keys person hash)" "$(in_redis second)" "$(as_keys u json)" 'purge new'
holds 'an expiry is kept to the millisecond' test "$(redis second pexpiretime u:7)" = 4102444800000
holds 'nothing else expires' test "$(redis second pexpiretime u:8)" = -1
redis second pexpireat u:8 4102444800000 >/dev/null
expect 1 'mismatched people 8: expiry' "$mig" verify
redis second persist u:8 >/dev/null
redis second pexpireat u:7 4102444800900 >/dev/null  # less than a second off
expect 0 'drift 0' "$mig" verify
redis second pexpireat u:7 4102444800000 >/dev/null
holds 'JSON holds what the hash held' test "$(redis second get u:1 | jq -r .balance)" = 7.25

pair to_server "$(in_redis second)" "$(as_keys u json)" "$(in_server)" "$(as_table people)" 'create new'
holds 'the server has all of it' \
  test "$(sql 'SELECT count(*), sum(balance) FROM people')" = "3000|$((3000 * 3001 / 2 * 7 + 750)).00"
pair from_server "$(in_server)" "$(as_table people)" "$(in_redis first)" "$(as_keys again json)" 'purge new'
pair out "$(in_redis first)" "$(as_keys again json)" "$(in_file new.db)" "$(as_table people)" 'create new'
all='SELECT id, email, name, born, seen, balance, hex(photo), data FROM'
holds 'what went round is what it was' \
  cmp <(sqlite3 "$work/in/old.db" "$all users ORDER BY id") <(sqlite3 new.db "$all people ORDER BY id")

# ---- a declared time to live is that of rows from where nothing expires
redis second flushall >/dev/null
pair expiring "$(in_server)" "$(as_table people)" "$(in_redis second)" "$(as_keys t hash); ttl = 30m" 'purge new'
ttl=$(redis second pttl t:5)
holds 'rows live as long as the dataset says' test "$ttl" -gt 1700000 -a "$ttl" -le 1800000

# ---- what stands there before goes with `purge`, and `drop` takes keys of the form only
redis second set t:17 'stood here before' >/dev/null
redis second set t:stranger 'is no key of a number' >/dev/null
mkdir "$work/dropped" && cd "$work/dropped" || exit 1
{ plan "$(in_redis first)" "$(as_keys again json)" "$(in_redis second)" "$(as_keys t2 json)" 'purge new' |
    sed 's/writes new }/writes new; drop old { without_backup = "it is a test" } }/'; } >plan.mig
expect 0 'dropped `users`' "$mig" apply plan.mig --yes
holds 'all keys of the dataset are gone' test "$(redis first --scan --pattern 'again:*' | wc -l)" -eq 0
holds 'others stay' test "$(redis first get user:nobody | wc -c)" -gt 10

# ---- what is dropped is in its backup, and comes back by redis-cli
redis second pexpireat t2:9 4102444800000 >/dev/null
before=$(redis second get t2:77)
mkdir "$work/kept" && cd "$work/kept" || exit 1
plan "$(in_redis second)" "$(as_keys t2 json)" "$(in_redis first)" "$(as_keys t3 json)" 'purge new' |
  sed -e 's/  phase end/  phase keep { backup old { to = "kept\/t2.db"; keep = 30d } }\n&/' \
    -e 's/writes new }/writes new; drop old }/' >plan.mig
expect 0 'nobody writes to `users` while it is backed up' "$mig" preview plan.mig
expect 0 'dropped `users`' "$mig" apply plan.mig --yes
holds 'all keys of the dataset are gone' test "$(redis second --scan --pattern 't2:*' | wc -l)" -eq 0
expect 0 '`users` are in `kept/t2.db`, read back and equal' "$mig" log
sqlite3 -readonly kept/t2.db 'SELECT line FROM mig_restore' | redis second >restored
holds 'each key is answered by OK' test "$(sort restored | uniq -c | tr -s ' ')" = ' 3000 OK'
holds 'all keys are back' test "$(redis second --scan --pattern 't2:*' | wc -l)" -eq 3000
holds 'a value is what it was' test "$(redis second get t2:77)" = "$before"
holds 'an expiry is what it was' test "$(redis second pexpiretime t2:9)" = 4102444800000

# ---- a stranger under the prefix is told, and kept
mkdir "$work/strange" && cd "$work/strange" || exit 1
plan "$(in_file ../in/old.db)" "$(as_table users)" "$(in_redis second)" "$(as_keys t hash)" 'purge new' >plan.mig
expect 4 'drift' "$mig" apply plan.mig --yes
holds 'the stranger is still there' test "$(redis second get t:stranger)" = 'is no key of a number'

# ---- what a dead run has left is shown, and taken away without its journal
holds 'the run is rolled back, and leaves nothing' test -z "$(redis second --scan --pattern 'mig:ctl:*fence*')"
mkdir "$work/dead" && cd "$work/dead" || exit 1
cp ../in/old.db .
plan "$(in_file old.db)" "$(as_table users)" "$(in_redis second)" "$(as_keys d hash)" 'purge new' |
  sed 's/  phase end/  phase wait { approve "somebody" }\n  phase end/' >plan.mig
expect 0 'waits for the approval of' "$mig" apply plan.mig --yes --until-blocked
url="unix://$work/second/redis.sock"
expect 1 'how far a step came' "$mig" doctor "$url"
expect 6 'needs what is in' "$mig" doctor "$url" --remove --yes
rm -r .mig
expect 0 'things taken away' "$mig" doctor "$url" --remove --yes
expect 0 'nothing of mig is left' "$mig" doctor "$url"
# ---- rows that pass as they are, and the same rows looked at: hashes with and without an end, long and short
plain() {  # PREFIX RATE: from `s:` of the first server to the second
  cat <<PLAN
mig 1
store old: $(in_redis first)
store new: $(in_redis second)
entity Session { key id: i64; email: text; plan: text?; hits: i64; bio: text? }
dataset sessions: Session in old { key = "s:{id}"; codec = hash }
dataset copies: Session in new { key = "$1:{id}"; codec = hash }
plan move {
  from sessions
  to copies
  phase copy { snapshot old -> new { chunk = 700 rows; rate = $2 } }
}
PLAN
}
sessions=20000
redis first flushall >/dev/null; redis second flushall >/dev/null
awk -v n=$sessions 'BEGIN {
  long = "0123456789"; while (length(long) < 100) long = long long
  for (i = 1; i <= n; ++i) {
    printf "HSET s:%d email u%d@example.org hits %d", i, i, i % 7 == 0 ? -i * 1000 : i
    if (i % 3) printf " plan pro"
    if (i % 11 == 0) printf " bio %s", long
    print ""
    if (i % 5 == 0) print "PEXPIREAT s:" i " 410244480" sprintf("%04d", i % 10000)
  }
}' | redis first --pipe >/dev/null
# Everything of a server under a prefix, in one order.
content() {
  redis "$1" --scan --pattern "$2:*" | sed "s/^$2://" | sort -n | sed "s/.*/HLEN $2:&\nHMGET $2:& email plan hits bio\nPEXPIRETIME $2:&/" |
    redis "$1" | paste -sd' ' | md5sum
}
mkdir "$work/plain" && cd "$work/plain" || exit 1
plain c '100_000_000 rows/s' >plan.mig
expect 0 "$sessions rows read: $sessions moved, 0 kept, 0 rejected; $sessions rows written" "$mig" apply plan.mig --yes
holds 'bytes bring what stood there' test "$(content first s)" = "$(content second c)"
# A key that is taken sends its page to be looked at row by row.
mkdir "$work/taken" && cd "$work/taken" || exit 1
for ((i = 1; i <= sessions; i += 1000)); do echo "HSET d:$i hits 0"; done | redis second --pipe >/dev/null
plain d '100_000_000 rows/s' >plan.mig
expect 0 "$sessions rows read: $((sessions - 20)) moved, 20 kept, 0 rejected; $((sessions - 20)) rows written" \
  "$mig" apply plan.mig --yes
holds 'what was there stays' test "$(redis second hgetall d:1001 | paste -sd' ')" = 'hits 0'
for ((i = 1; i <= sessions; i += 1000)); do
  echo "HSET d:$i email u$i@example.org hits $((i % 7 == 0 ? -i * 1000 : i))$([ $((i % 3)) -eq 0 ] || echo ' plan pro')$([ $((i % 11)) -ne 0 ] || echo " bio $(redis first hget s:$i bio)")"
done | redis second --pipe >/dev/null
holds 'rows that are looked at become the same' test "$(content first s)" = "$(content second d)"

# ---- a runner that is killed on the way, again and again, counts each row once
mkdir "$work/killed" && cd "$work/killed" || exit 1
plain e '20_000 rows/s' >plan.mig
for i in 3 4 5 6; do timeout -s KILL "0.$i" "$mig" apply plan.mig --yes >>out 2>&1; done 2>/dev/null
holds 'it was killed in the middle' test "$(redis second dbsize)" -gt $((2 * sessions)) -a "$(redis second dbsize)" -lt $((3 * sessions))
expect 0 "$sessions rows read: $sessions moved, 0 kept, 0 rejected; $sessions rows written" "$mig" apply plan.mig --yes
holds 'nothing is missing or changed' test "$(content first s)" = "$(content second e)"
# Looked at row by row, on the way out of Redis and back into it, too.
mkdir "$work/killed_rows" && cd "$work/killed_rows" || exit 1
plain f '20_000 rows/s' | sed 's/dataset copies.*/dataset copies: Session in new { key = "f:{id}"; codec = json }/' >plan.mig
for i in 3 4 5 6; do timeout -s KILL "0.$i" "$mig" apply plan.mig --yes >>out 2>&1; done 2>/dev/null
expect 0 "$sessions rows read: $sessions moved, 0 kept, 0 rejected; $sessions rows written" "$mig" apply plan.mig --yes
holds 'each is there' test "$(redis second --scan --pattern 'f:*' | wc -l)" -eq $sessions

# ---- the source is started again on the way: its scan begins anew, and what was moved is kept
mkdir "$work/again" && cd "$work/again" || exit 1
plain g '20_000 rows/s' >plan.mig
{ timeout -s KILL 0.6 "$mig" apply plan.mig --yes >>out 2>&1; } 2>/dev/null
moved=$(redis second --scan --pattern 'g:*' | wc -l)
redis first save >/dev/null
"$here/../support/redis.sh" stop "$work/first"; "$here/../support/redis.sh" again "$work/first" || exit 1
expect 0 "$sessions rows read: $((sessions - moved)) moved, $moved kept, 0 rejected" "$mig" apply plan.mig --yes
holds 'and all of it is there' test "$(content first s)" = "$(content second g)"

# ---- rows that are too large for a page come over in parts, and mig has no room for any of them as a whole
books() {  # PREFIX RATE: as `plain`, of books whose pages are fields
  cat <<PLAN
mig 1
store old: $(in_redis first)
store new: $(in_redis second)
entity Book { key id: i64; title: text; $(printf 'p%d: text?; ' $(seq 96)) }
dataset books: Book in old { key = "book:{id}"; codec = hash }
dataset copies: Book in new { key = "$1:{id}"; codec = hash }
plan move {
  from books
  to copies
  phase copy { snapshot old -> new { rate = $2 } }
}
PLAN
}
# The highest memory of a command in KiB goes into `peak`, its output into `said`; its exit code stays.
in_memory() { python3 -c 'import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=open("said", "w"), stderr=subprocess.STDOUT)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open("peak", "w"))
sys.exit(code)' "$@"; }
digests() { for id in $(seq 40); do redis "$1" debug digest-value "$2:$id"; redis "$1" pexpiretime "$2:$id"; done | md5sum; }
redis second flushall >/dev/null
for id in $(seq 40); do echo "HSET book:$id title t$id p3 short"; done | redis first --pipe >/dev/null
# 77 MiB that nothing packs small, and 77 MiB of which a dump is some hundred KiB.
redis first eval 'math.randomseed(7); local page = {}
  for i = 1, 840000 do page[i] = string.char(math.random(32, 126)) end
  page = table.concat(page)
  for i = 1, 96 do redis.call("HSET", KEYS[1], "p" .. i, page .. i); redis.call("HSET", KEYS[2], "p" .. i, string.rep("x", 840000 + i)) end' \
  2 book:7 book:33 >/dev/null
redis first pexpireat book:7 4102444800007 >/dev/null
mkdir "$work/books" && cd "$work/books" || exit 1
books b full >plan.mig
holds 'a plan with large rows is carried out' in_memory "$mig" apply plan.mig --yes
holds 'each row is counted' grep -qF '40 rows read: 40 moved, 0 kept, 0 rejected; 40 rows written' said
holds "no more than 64 MiB are needed, not $(cat peak) KiB" test "$(cat peak)" -lt 65536
holds 'all of it is the same' test "$(digests first book)" = "$(digests second b)"
holds 'its expiry too' test "$(redis second pexpiretime b:7)" = 4102444800007
holds 'nothing of the parts is left' test -z "$(redis second --scan --pattern 'mig:ctl:*parts*')"

# What stands there is kept, the large one like the others.
mkdir "$work/books_kept" && cd "$work/books_kept" || exit 1
redis second hset c:7 title mine >/dev/null; redis second hset c:8 title mine >/dev/null
books c full >plan.mig
expect 0 '40 rows read: 38 moved, 2 kept, 0 rejected; 38 rows written' "$mig" apply plan.mig --yes
holds 'what was there stays' test "$(redis second hgetall c:7 | paste -sd' ')" = 'title mine'
holds 'the other large row is there' test "$(redis second hlen c:33)" -eq 97

# Killed in the middle of a large row, again and again: it begins that one anew, and counts each once.
mkdir "$work/books_killed" && cd "$work/books_killed" || exit 1
books k 50MB/s >plan.mig
parts() {  # how many fields are put together
  local key=$(redis second keys 'mig:ctl:*parts:*')
  if [ -n "$key" ]; then redis second hlen "$key"; else echo 0; fi
}
for round in 1 2 3; do
  "$mig" apply plan.mig --yes >>out 2>&1 &
  runner=$!
  until [ "$(parts)" -lt 10 ] || ! kill -0 $runner 2>/dev/null; do :; done  # those of before are gone
  until [ "$(parts)" -ge 10 ] || ! kill -0 $runner 2>/dev/null; do :; done
  kill -KILL $runner; wait $runner 2>/dev/null
  holds 'nobody sees a part of a row' test "$(redis second exists k:7 k:33)" -eq 0
  holds 'parts are found without a journal' grep -q 'a large key that was being put together' <("$mig" doctor "$url")
done
expect 0 '40 rows read: 40 moved, 0 kept, 0 rejected; 40 rows written' "$mig" apply plan.mig --yes
holds 'all of it is the same' test "$(digests first book)" = "$(digests second k)"
holds 'nothing of the parts is left' test -z "$(redis second --scan --pattern 'mig:ctl:*parts*')"

# A large value that is no row is refused without being read.
mkdir "$work/books_stray" && cd "$work/books_stray" || exit 1
redis first eval 'for i = 1, 40000 do redis.call("XADD", KEYS[1], "*", "event", string.rep(i, 20) .. math.random()) end' 1 book:41 >/dev/null
books y full >plan.mig
expect 4 'a value of another kind where a hash is expected' "$mig" apply plan.mig --yes
redis first unlink book:41 book:7 book:33 >/dev/null

# ---- what is no row does not slip through among bytes
mkdir "$work/stray" && cd "$work/stray" || exit 1
redis first hset s:777 stray 1 >/dev/null
plain h '100_000_000 rows/s' >plan.mig
expect 4 'the hash has a field that is not declared' "$mig" apply plan.mig --yes
redis first flushall >/dev/null
pair back "$(in_file ../in/old.db)" "$(as_table users)" "$(in_redis first)" "$(as_keys again json)" 'purge new'

# ---- what a server cannot take is told before the start
redis second config set maxmemory-policy allkeys-lru >/dev/null
mkdir "$work/evicts" && cd "$work/evicts" || exit 1
plan "$(in_redis first)" "$(as_keys again json)" "$(in_redis second)" "$(as_keys t3 json)" 'purge new' >plan.mig
expect 3 'evicts any key when its memory is full' "$mig" apply plan.mig --yes
redis second config set maxmemory-policy noeviction >/dev/null
"$here/../support/redis.sh" stop "$work/second"
expect 69 'the store `new`' "$mig" apply plan.mig --yes

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
