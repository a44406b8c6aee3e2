#!/usr/bin/env bash
# Splits a table of users in PostgreSQL into two while an application reads and writes it.
#
#   examples/04_postgres_split/run.sh [--rows N]
#
# Installs what is missing and builds mig, unless MIG_BUILD names a folder that has it. The server is this
# script's own: it listens on a unix socket in a temporary folder and on loopback, and goes when the script ends.
# Everything else that is written is in work/ beside this file, afresh each time.
set -euo pipefail
bin=${MIG_BUILD:+$(realpath "$MIG_BUILD")}
cd "$(dirname "$0")"
case ${1:-} in '' | --rows) ;; *) echo "usage: run.sh [--rows N]" >&2; exit 64 ;; esac
root=$(realpath ../..)

say() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

say "1 of 6  build"
[ -n "$bin" ] || "$root/.ci/build" release
PATH=${bin:-$root/build}:$PATH
mig --version

say "2 of 6  a server, and the users in it"
rm -rf work && mkdir work
export MIG_JOURNAL=work/journal.db
folder=$(mktemp -d)
migration=''
cleanup() {
  touch work/stop
  [ -z "$migration" ] || kill "$migration" 2>/dev/null || true
  wait
  "$root/tests/support/postgres.sh" stop "$folder"
}
trap cleanup EXIT
APP_DSN=$("$root/tests/support/postgres.sh" start "$folder")
export APP_DSN
ask() { psql -qAtX "$APP_DSN" -c "$1"; }
echo '$ ./load.sh "$APP_DSN"' "$*"
./load.sh "$APP_DSN" "$@"
before=$(ask 'select count(*) from users')

say "3 of 6  check the plan, and try its transforms on made-up users"
run mig check plan.mig
run mig test plan.mig

say "4 of 6  apply it while an application reads and writes, up to the approval"
echo '$ mig_app run work --moves users --old "$APP_DSN" --new "$APP_DSN" … &'
mig_app run work --moves users --old "$APP_DSN" --new "$APP_DSN" --history work/history --report work/report.jsonl \
  --until work/stop --keys 300 --rate 200 >work/app.json &
application=$!
run mig apply plan.mig --env ci --yes &
migration=$!
until mig status 2>/dev/null | grep -q 'mig approve'; do
  kill -0 "$migration" 2>/dev/null || { wait "$migration"; exit 1; }
  sleep 0.2
done

say "5 of 6  the writes have moved, and can still go back; look at the backup, and approve"
run mig status
run sqlite3 -readonly work/backups/users.sqlite 'SELECT dataset, place, rows, taken_at FROM mig_backup'
run mig approve team-dba --because "the backup was read"

say "6 of 6  the old table goes"
wait "$migration"
migration=''
touch work/stop
wait "$application"

# What an operator does who wants it back, in a database beside.
psql -qX "$APP_DSN" -c 'CREATE DATABASE restored'
beside=$(sed 's|/postgres?|/restored?|' <<<"$APP_DSN")
sqlite3 -readonly work/backups/users.sqlite 'SELECT line FROM mig_restore' | psql -qX "$beside" >/dev/null

# Everything below is read from the server, not from what was said above.
told() { sqlite3 :memory: "select json_extract(readfile('work/app.json'), '\$.$1')"; }
judged=$(mig_app check work --moves users --old "$APP_DSN" --new "$APP_DSN" --history work/history) ||
  { echo "$judged"; exit 1; }
say "one table of users became two"
echo "  before        $before users, with names and addresses in one table"
echo "  after         $(ask 'select count(*) from users_v2') users, $(ask 'select count(*) from user_addresses') addresses"
echo "  rejected      $(ask 'select count(*) from mig_ctl_reject where closed is null') ($(ask 'select string_agg(distinct reason, $$, $$) from mig_ctl_reject where closed is null'))"
echo "  old table     $(ask "select case when to_regclass('users') is null then 'dropped' else 'still there' end")"
echo "  backup        $(psql -qAtX "$beside" -c 'select count(*) from users') users, restored in another database"
echo "  triggers      $(ask 'select count(*) from pg_trigger where not tgisinternal') left"
echo "  application   $(told acknowledged) writes acknowledged meanwhile"
echo "  judged        $judged"
