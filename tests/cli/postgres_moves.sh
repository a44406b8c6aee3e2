#!/usr/bin/env bash
# Plans over a real PostgreSQL: rows there and back between it and files, and moves while clients write, to the
# end and back again, with the runner killed on the way.  tests/cli/postgres_moves.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); chmod 755 "$work"  # the server runs as another user
server=$("$here/../support/postgres.sh" start "$work/server") || exit 1
trap '"$here/../support/postgres.sh" stop "$work/server"; rm -rf "$work"' EXIT
. "$here/expect.sh"

url() { sed "s|/postgres?|/$1?|" <<<"$server"; }
sql() { psql -qAtX -v ON_ERROR_STOP=1 "$(url "$1")" -c "$2"; }
answers() { holds "$2 of $1 is \`$3\`" test "$(sql "$1" "$2")" = "$3"; }
database() { sql postgres "CREATE DATABASE $1"; }

entity='entity User {
  key id: i64 generated; email: text(254); name: text?; born: date; seen: timestamp; balance: decimal(12, 2); photo: bytes; data: json
}'
header() {  # OLD NEW: stores
  printf 'mig 1\nstore old: %s\nstore new: %s\n%s\n' "$1" "$2" "$entity"
  printf 'dataset users: User in old { table = "users" }\ndataset people: User in new { table = "people" }\n'
}
in_file() { printf 'sqlite { path = "%s" }' "$1"; }
in_server() { printf 'postgres { url = "%s"; lock_timeout = 2s }' "$(url "$1")"; }

fill_file() {
  sqlite3 "$1" "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT, born TEXT NOT NULL,
      seen TEXT NOT NULL, balance TEXT NOT NULL, photo BLOB NOT NULL, data TEXT NOT NULL) STRICT;
    INSERT INTO users SELECT value, 'u' || value || '@example.org', iif(value % 3 = 0, NULL, 'Name ' || value),
      '2001-02-03', '2026-01-02T03:04:05.000006Z', (value * 7) || '.25', zeroblob(value % 5), '{\"a\":' || value || '}'
      FROM generate_series(1, 3000)"
}
fill_server() {
  sql "$1" "CREATE TABLE users(id bigint PRIMARY KEY, email varchar(254) NOT NULL, name text, born date NOT NULL,
      seen timestamptz NOT NULL, balance numeric(12, 2) NOT NULL, photo bytea NOT NULL, data json NOT NULL);
    INSERT INTO users SELECT i, 'u' || i || '@example.org', CASE WHEN i % 3 = 0 THEN NULL ELSE 'Name ' || i END,
      '2001-02-03', '2026-01-02T03:04:05.000006Z', i * 7 + 0.25, decode(repeat('00', i % 5), 'hex'),
      json_build_object('a', i) FROM generate_series(1, 3000) i"
}

# ---- while nobody writes: each pair of stores
at_rest() {
  cat <<'PLAN'
plan move {
  from users
  to people
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { create people; add index people.email }
  phase copy { writes none { max_downtime = 1h }; snapshot old -> new { chunk = 700 rows; rate = 100_000_000 rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase end { accept all_at_once "nobody writes"; point_of_no_return "it is over"; writes new }
}
PLAN
}
pair() {  # NAME OLD NEW
  mkdir -p "$work/$1" && cd "$work/$1" || exit 1
  { header "$2" "$3"; at_rest; } >plan.mig
  expect 0 '3000 rows read: 3000 moved, 0 kept, 0 rejected' "$mig" apply plan.mig --yes
}
mkdir "$work/file_to_server" && fill_file "$work/file_to_server/old.db"
database a; database b; database c; fill_server b
pair file_to_server "$(in_file old.db)" "$(in_server a)"
expect 0 "3000|$((3000 * 3001 / 2 * 7 + 750)).00|2026-01-02 03:04:05.000006+00" \
  env PGTZ=UTC psql -qAtX "$(url a)" -c 'SELECT count(*), sum(balance), max(seen) FROM people'
pair server_to_server "$(in_server b)" "$(in_server c)"
holds 'both servers hold the same' \
  cmp <(sql b 'SELECT u::text FROM users u ORDER BY id') <(sql c 'SELECT p::text FROM people p ORDER BY id')
# What the new side says of itself: a sequence that is behind, and rows that refer to nothing.
expect 0 'drift 0' "$mig" verify
sql c "ALTER SEQUENCE people_id_seq RESTART WITH 5; CREATE TABLE mails(email varchar(254) PRIMARY KEY);
  ALTER TABLE people ADD CONSTRAINT has_mail FOREIGN KEY(email) REFERENCES mails NOT VALID"
mend="SELECT setval('public.people_id_seq', 3000);"
expect 1 "people.id: public.people_id_seq gives 5, and 3000 is there; $mend" "$mig" verify
expect 1 'sequence behind: what they hand out next is there already' "$mig" verify
expect 1 '3_000 rows refer to rows that are not there' "$mig" verify
expect 1 'orphan     people 20: has_mail = u20@example.org' "$mig" verify
holds 'twenty of them are shown' test "$("$mig" verify | grep -c '^  orphan')" -eq 20
expect 1 '"findings":3001' "$mig" verify --json --list all.jsonl
holds 'all of them are listed' test "$(grep -c '"class":"orphan"' all.jsonl)" -eq 3000
holds 'the sequence is listed' grep -q '"class":"sequence behind".*"next":5' all.jsonl
sql c "ALTER TABLE people DROP CONSTRAINT has_mail; $mend" >/dev/null
expect 0 'drift 0' "$mig" verify
# Keys that the new side hands out go on behind those that were copied.
row="'c@example.org', NULL, '2001-02-03', '2026-01-02T03:04:05Z', 1.50,"
holds 'a row without a key gets one of its own' \
  sql a "INSERT INTO people(email, name, born, seen, balance, photo, data) VALUES ($row '', '{}')"
answers a 'SELECT max(id) FROM people' 3001
database d; fill_server d
pair server_to_file "$(in_server d)" "$(in_file new.db)"
expect 0 "1|u1@example.org|Name 1|2001-02-03|2026-01-02T03:04:05.000006Z|7.25|00|{\"a\" : 1}" \
  sqlite3 new.db "SELECT id, email, name, born, seen, balance, hex(photo), data FROM people WHERE id = 1"

# Rows pass as bytes where both columns are the field's own type, and are read where one might hold more. Both ways
# keep a row that is there, and set aside what does not fit.
bytes_or_cells() {  # NAME TYPE
  mkdir -p "$work/$1" && cd "$work/$1" || exit 1
  local side
  for side in old new; do
    database "$1_$side"
    sql "$1_$side" "CREATE TABLE users(id bigint PRIMARY KEY, email text, balance $2, data jsonb)"
  done
  sql "$1_old" "INSERT INTO users SELECT i, 'u' || i, i, json_build_object('a', i) FROM generate_series(1, 9000) i;
    UPDATE users SET balance = 'NaN' WHERE id = 1500; UPDATE users SET email = repeat('x', 21) WHERE id = 7"
  sql "$1_new" "INSERT INTO users VALUES (6500, 'there', 1, '{}')"
  {
    printf 'mig 1\nstore old: %s\nstore new: %s\n' "$(in_server "$1_old")" "$(in_server "$1_new")"
    cat <<'PLAN'
entity User { key id: i64; email: text(20); balance: decimal(12, 2); data: json }
dataset users: User in old { table = "users" }
dataset people: User in new { table = "users" }
plan move {
  from users
  to people
  phase copy { snapshot old -> new { chunk = 100 rows; rate = full; on_conflict = keep }; rejects quarantine { max = 1% ; owner = "us" } }
  phase compare { verify old, new { rows = all } }
}
PLAN
  } >plan.mig
  expect 0 '9000 rows read: 8997 moved, 1 kept, 2 rejected' "$mig" apply plan.mig --yes
  expect 0 'drift people=1; source=1; rejected=2; compared=8998; complete' "$mig" log
  sql "$1_new" 'SELECT u::text FROM users u ORDER BY id' >rows
}
bytes_or_cells bytes 'numeric(12, 2)'
bytes_or_cells cells 'numeric'
holds 'both ways write the same rows' cmp <(sed 's/\.00,/,/' "$work/bytes/rows") <(sed 's/\.00,/,/' "$work/cells/rows")

# ---- while clients write
alive() {  # STORE of the routing table
  printf 'router glue: table { in = %s; name = "mig_routes" }\n' "$1"
  cat <<'PLAN'
plan move {
  from users
  to people
  through glue
  on_fail retry 5 then rollback { backoff = 100ms..1s }
  gate same { require drift(users) == 0 rows; no_data = fail }
  phase expand { create people }
  phase mirror { writes old, new { mode = follow; max_lag = 5s } }
  phase copy { scan old -> new { chunk = 200 rows; rate = 2_000 rows/s } }
  phase compare { verify old, new { rows = all; repair = from_authority }; require same }
  phase cutover {
    accept all_at_once "a test"
    reads new { stale_ok = 5s }
    writes new, old { mode = follow; max_pause = 5s }
    require same
  }
  phase decide { approve "somebody" { by_author = true } }
  phase end { point_of_no_return "it is over"; writes new }
}
PLAN
}
# Writes where the routing table says, until STOP is there; says which rows it was told are safe. Whoever is
# refused looks again, as every application has to.
client() {  # ROUTES-DATABASE OLD NEW
  local i=0 side
  while [ ! -e stop ]; do
    i=$((i + 1))
    side=$(sql "$1" 'SELECT writes_authority FROM mig_routes' 2>/dev/null || echo old)
    case ${side:-old} in
      old) "$2" users $i && echo $i >>told ;;
      new) "$3" people $i && echo $i >>told ;;
    esac
  done
}
to_b() { sql "$here_b" "BEGIN; INSERT INTO $1 VALUES (100000 + $2, $row '', '{}'); UPDATE $1 SET name = 'changed' WHERE id = $2; DELETE FROM $1 WHERE id = 3001 - $2; COMMIT" 2>/dev/null; }
to_c() { sql "$here_c" "BEGIN; INSERT INTO $1 VALUES (100000 + $2, $row '', '{}'); UPDATE $1 SET name = 'changed' WHERE id = $2; DELETE FROM $1 WHERE id = 3001 - $2; COMMIT" 2>/dev/null; }

# The runner is killed on the way, again and again; the last one stays.
begin() {
  local i
  for i in 1 2 3 4; do
    timeout -s KILL "0.$((i * 2))" "$mig" apply plan.mig --yes >>out 2>&1
  done 2>/dev/null
  "$mig" apply plan.mig --yes >>out 2>&1 &
  runner=$!
}
missing() {  # DATABASE TABLE: rows that a client was told are safe, and that are not there
  sql "$1" "SELECT id - 100000 FROM $2 WHERE id > 100000" | sort >there
  sort told | comm -23 - there | wc -l
}
database e; database f; fill_server e; here_b=e; here_c=f
mkdir "$work/alive" && cd "$work/alive" || exit 1
{ header "$(in_server e)" "$(in_server f)"; alive new; } >plan.mig
: >told; client f to_b to_c & beside=$!
begin
holds 'the plan waits for a person' until_status 'mig approve'
answers f 'SELECT writes_authority FROM mig_routes' new
holds 'clients write the new side' test -n "$(sql f 'SELECT 1 FROM people WHERE id > 100000 LIMIT 1')"
# Back again: what was written to the new side is on the old one.
expect 0 '' "$mig" rollback --because 'not today'
wait $runner
holds "the runner has gone back: $(tail -2 out)" grep -q 'is rolled back' out
touch stop; wait $beside
holds "clients were told of writes: $(wc -l <told)" test "$(wc -l <told)" -gt 20
holds "no write is lost on the way back: $(missing e users)" test "$(missing e users)" -eq 0
answers e "SELECT count(*) FROM pg_class WHERE relname LIKE 'mig\_ctl\_log%'" 0
holds 'the old side is free again' sql e "UPDATE users SET name = 'free again' WHERE id = 1500"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
