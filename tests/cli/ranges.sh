#!/usr/bin/env bash
# A copy whose rest was split into ranges that are moved at once: killed again and again on the way, over rows that
# are there, with rows that have to be looked at, and taken back.  tests/cli/ranges.sh MIG
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

# NAME COPY: both sides, and a plan that copies so.
sides() {
  mkdir "$work/$1" && cd "$work/$1" || exit 1
  local side
  for side in old new; do
    sql postgres "CREATE DATABASE $1_$side"
    sql "$1_$side" 'CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL, parent bigint, balance numeric(12, 2) NOT NULL)'
  done
  sql "$1_old" "INSERT INTO users SELECT 3 * i, 'u' || i, nullif(3 * i - 3, 0), i FROM generate_series(1, 300000) i; ANALYZE users"
  {
    printf 'mig 1\nstore old: postgres { url = "%s" }\nstore new: postgres { url = "%s" }\n' "$(url "$1_old")" "$(url "$1_new")"
    cat <<PLAN
entity User { key id: i64; email: text(20); parent: i64?; balance: decimal(12, 2) }
dataset users: User in old { table = "users" }
dataset people: User in new { table = "users" }
plan move {
  from users
  to people
  phase copy { snapshot old -> new { chunk = 5_000 rows; rate = full; $2 } }
  phase compare { verify old, new { rows = all } }
}
PLAN
  } >plan.mig
}
ranges() { sql "$1_new" "SELECT count(*) FROM mig_ctl_applied WHERE step LIKE 'copy/snapshot#1:%'" 2>/dev/null || echo 0; }
moved() { sql "$1_new" "SELECT coalesce(sum(rows_read), 0) FROM mig_ctl_applied" 2>/dev/null || echo 0; }
# NAME: until the run has come a good deal further, or has ended; then it is killed.
kill_later() {
  "$mig" apply plan.mig --yes >out 2>&1 &
  local runner=$! until=$(($(moved "$1") + 25000))
  while kill -0 "$runner" 2>/dev/null && [ "$(moved "$1")" -lt "$until" ]; do :; done
  kill -9 "$runner" 2>/dev/null && kills=$((kills + 1))
  wait "$runner" 2>/dev/null
}

# ---- killed on the way, in each of its parts
kills=0
sides empty 'on_conflict = keep'
while [ "$(ranges empty)" -lt 8 ]; do kill_later empty; done
answers empty_new "SELECT cursor LIKE '%/8' FROM mig_ctl_applied WHERE step = 'copy/snapshot#1'" t
for _ in 1 2 3 4; do kill_later empty; done
holds "it was killed $kills times" test "$kills" -ge 3
expect 0 '300000 rows read: 300000 moved, 0 kept, 0 rejected; 300000 rows written' "$mig" apply plan.mig --yes
expect 0 'drift people=0; source=0; rejected=0; compared=300000; complete' "$mig" log
holds 'both sides hold the same' cmp <(sql empty_old 'SELECT u::text FROM users u ORDER BY id') <(sql empty_new 'SELECT u::text FROM users u ORDER BY id')
answers empty_new 'SELECT count(*) FROM mig_ctl_applied' 0
answers empty_new 'SELECT count(*) FROM mig_ctl_block' 0

# ---- over rows that are there, with some that have to be looked at, and some that do not fit
for rule in keep replace; do
  sides "$rule" "on_conflict = $rule }; rejects quarantine { max = 1%; owner = \"us\""
  [ "$rule" = keep ] || sed -i 's/phase copy {/& point_of_no_return "what stood there is gone"; /' plan.mig
  sql "${rule}_new" "INSERT INTO users SELECT 3 * i, 'mine', 1, 1 FROM generate_series(1, 300000, 1000) i; INSERT INTO users VALUES (1, 'mine', 1, 1)"
  sql "${rule}_old" "UPDATE users SET email = repeat('x', 21) WHERE id IN (300, 600000, 899997)"
  kills=0
  kill_later "$rule"
  case $rule in
    keep) expect 0 '300000 rows read: 299697 moved, 300 kept, 3 rejected' "$mig" apply plan.mig --yes ;;
    replace) expect 0 '300000 rows read: 299997 moved, 0 kept, 3 rejected' "$mig" apply plan.mig --yes ;;
  esac
  answers "${rule}_new" "SELECT string_agg(shown_key, ' ' ORDER BY shown_key::int) FROM mig_ctl_reject" '300 600000 899997'
done
answers keep_new "SELECT count(*) FROM users WHERE email = 'mine'" 301
answers replace_new "SELECT count(*) FROM users WHERE email = 'mine'" 1

# ---- rows that refer to one another go one behind the other, in the order of their key
sides family 'on_conflict = keep'
sql family_new 'ALTER TABLE users ADD FOREIGN KEY (parent) REFERENCES users'
expect 0 '300000 rows read: 300000 moved' "$mig" apply plan.mig --yes

# ---- taken back in the midst
kills=0
sides back 'on_conflict = keep'
while [ "$(ranges back)" -lt 8 ]; do kill_later back; done
expect 0 '' "$mig" rollback --because 'a test'
answers back_new "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'mig\_ctl\_%'" 0

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
