#!/usr/bin/env bash
# Resources from the command line: one goes back alone, by its gate or by a person, and the others
# go on; what is said of each, and with which exit codes.
# tests/cli/resources.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"

cat >"$work/plan.mig" <<'PLAN'
mig 1
param wanted: rows = 3 rows in 1 rows..100 rows
store app: sqlite { path = "app.db" }
router glue: table { in = app; name = "mig_routes" }
entity User  { key id: i64; name: text }
entity Order { key id: i64; total: i64 }
dataset users:     User  in app { table = "users" }
dataset users_v2:  User  in app { table = "users_v2" }
dataset orders:    Order in app { table = "orders" }
dataset orders_v2: Order in app { table = "orders_v2" }
plan move_shop {
  on_fail allow_partial
  resource people {
    from users
    to users_v2
    through glue
    gate same { require drift(new) == 0 rows; no_data = fail }
    phase copy { create new; accept all_at_once "at night"; writes none; snapshot old -> new; require same }
    phase retire { backup old { to = "users.bak" }; approve "people" { by_author = true }; reads new; point_of_no_return "old users go"; writes new; drop old }
  }
  resource sales {
    from orders
    to orders_v2
    through glue
    gate enough { require rows(orders) >= wanted; no_data = fail }
    gate same { require drift(new) == 0 rows; no_data = fail }
    phase copy { create new; accept all_at_once "at night"; writes none; snapshot old -> new; require enough and same }
    phase retire { backup old { to = "orders.bak" }; reads new; approve "sales" { by_author = true }; point_of_no_return "old orders go"; writes new; drop old }
  }
}
PLAN
fresh() {
  rm -rf "$work/app.db"* "$work/"*.bak "$work/.mig"
  sqlite3 "$work/app.db" "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
    CREATE TABLE orders(id INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT;
    INSERT INTO users VALUES(1, 'Ada'), (2, 'Grace'); INSERT INTO orders VALUES(7, 70), (8, 80), (9, 90);"
}
says() {  # TEXT SQL
  expect 0 "$1" sqlite3 "$work/app.db" "$2"
}
cd "$work" || exit 1

# A gate takes one of two back, and the plan ends in part.
fresh
expect 0 '[sales]  orders -> orders_v2, and may go back alone' "$mig" apply plan.mig --yes --until-blocked --set 'wanted=4 rows'
expect 0 'sales                    rolled_back: sales.copy/require#1: gate sales.enough failed' "$mig" status
expect 0 'people                   forward' "$mig" status
says 0 "SELECT count(*) FROM sqlite_schema WHERE name = 'orders_v2'"
expect 0 '' sqlite3 app.db "INSERT INTO orders VALUES(10, 100)"   # its writes are open again
expect 19 'writes to users are stopped' sqlite3 app.db "INSERT INTO users VALUES(3, 'Bob')"
expect 0 '2 rows of users compared' "$mig" verify --resource people
expect 64 'has no resource `nobody`' "$mig" verify --resource nobody
expect 3 'there is nothing to repair orders from' "$mig" repair --resource sales
expect 0 '"resource": "sales"' "$mig" status --json
expect 3 '`sales` is rolled_back' "$mig" rollback --resource sales
expect 0 '' "$mig" approve people
expect 8 'sales is as it was: sales.copy/require#1' "$mig" continue
says '2' "SELECT count(*) FROM users_v2"
says '4' "SELECT count(*) FROM orders"
expect 3 'this plan was completed by run' "$mig" apply plan.mig --yes --set 'wanted=4 rows'
expect 0 'completed (partial)' "$mig" list
expect 0 '"is_partial": true' "$mig" status --json

# A person takes one back; the other has passed its point of no return by then.
fresh
expect 0 'waits for the approval of `people`' "$mig" apply plan.mig --yes --until-blocked
expect 0 '' "$mig" approve people
expect 0 'people.retire/drop#1  done' "$mig" continue --until-blocked
expect 3 'a resource has passed its point of no return' "$mig" rollback
expect 3 '`people` has passed its point of no return' "$mig" rollback --resource people
expect 3 'the plan has no resource `nobody`' "$mig" rollback --resource nobody
expect 0 "mig rollback move-shop" "$mig" why
expect 0 '--resource sales    undoes sales alone' "$mig" why
expect 8 'sales is as it was: the auditors want it' "$mig" rollback --resource sales --because 'the auditors want it'
says 'users_v2' "SELECT group_concat(name) FROM sqlite_schema WHERE name LIKE '%_v2'"
says '3' "SELECT count(*) FROM orders"

# Everything goes back while nobody has passed anything.
fresh
expect 0 'waits for the approval' "$mig" apply plan.mig --yes --until-blocked
expect 0 'is rolled back; everything is as it was' "$mig" rollback
says '2|3' "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders)"
says '0' "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%_v2'"

# A resource does not pass its point of no return while another one can send everything back.
fresh
sed 's/on_fail allow_partial/on_fail rollback/' plan.mig >whole.mig
expect 0 'waits for the approval' "$mig" apply whole.mig --yes --until-blocked
expect 0 '' "$mig" approve people
expect 0 'waits for the approval of `sales`' "$mig" continue --until-blocked
expect 0 'people.retire/point_of_no_return#1 waits for sales, whose failure would still' "$mig" why
expect 0 '' "$mig" approve sales
expect 0 'move_shop is completed.' "$mig" continue
says '0' "SELECT count(*) FROM sqlite_schema WHERE name IN ('users', 'orders')"

# Where all of them go back, so does the plan.
fresh
expect 0 'waits for the approval' "$mig" apply plan.mig --yes --until-blocked --set 'wanted=4 rows'
expect 0 'every resource went back' "$mig" rollback --resource people
says '0' "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%_v2'"

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
