#!/usr/bin/env bash
# Moves a table of sessions from PostgreSQL into hashes of a Redis while an application reads and writes them.
#
#   examples/06_postgres_to_redis/run.sh [--rows N]
#
# Installs what is missing and builds mig, unless MIG_BUILD names a folder that has it. Both servers are this
# script's own: they listen on unix sockets in a temporary folder, PostgreSQL on loopback, too, and go when the script
# ends. Everything else that is written is in work/ beside this file, afresh each time.
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

say "2 of 6  two servers, and the sessions in one of them"
rm -rf work && mkdir work
export MIG_JOURNAL=work/journal.db
folder=$(mktemp -d)
chmod 755 "$folder"  # the servers run as another user
migration=''
cleanup() {
  touch work/stop
  [ -z "$migration" ] || kill "$migration" 2>/dev/null || true
  wait
  "$root/tests/support/redis.sh" stop "$folder/cache"
  "$root/tests/support/postgres.sh" stop "$folder/server"
  rm -rf "$folder"
}
trap cleanup EXIT
mkdir "$folder/cache"
"$root/tests/support/redis.sh" start "$folder/cache" --appendonly yes
APP_DSN=$("$root/tests/support/postgres.sh" start "$folder/server")
export APP_DSN CACHE_URL="unix://$folder/cache/redis.sock"
ask() { psql -qAtX "$APP_DSN" -c "$1"; }
cached() { redis-cli -s "$folder/cache/redis.sock" "$@"; }
echo '$ ./load.sh "$APP_DSN"' "$@"
./load.sh "$APP_DSN" "$@"
before=$(ask 'select count(*) from sessions')

say "3 of 6  check the plan, and try it on two bad days"
run mig check plan.mig
run mig test plan.mig

say "4 of 6  apply it while an application reads and writes, up to the approval"
echo '$ mig_app run work --moves sessions --old "$APP_DSN" --new "$CACHE_URL" … &'
mig_app run work --moves sessions --old "$APP_DSN" --new "$CACHE_URL" --history work/history \
  --report work/report.jsonl --until work/stop --keys 300 --rate 200 >work/app.json &
application=$!
run mig apply plan.mig --env ci --yes &
migration=$!
until mig status 2>/dev/null | grep -q 'mig approve'; do
  kill -0 "$migration" 2>/dev/null || { wait "$migration"; exit 1; }
  sleep 0.2
done

say "5 of 6  the writes have moved, and can still go back; back up the table, and approve"
run mig status
echo '$ pg_dump --table sessions --file work/sessions.dump "$APP_DSN"'
pg_dump --table sessions --file work/sessions.dump "$APP_DSN"
run mig approve team-web --because "work/sessions.dump is there"

say "6 of 6  the table goes"
wait "$migration"
migration=''
touch work/stop
wait "$application"

# Everything below is read from the servers, not from what was said above.
told() { sqlite3 :memory: "select json_extract(readfile('work/app.json'), '\$.$1')"; }
judged=$(mig_app check work --moves sessions --old "$APP_DSN" --new "$CACHE_URL" --history work/history) ||
  { echo "$judged"; exit 1; }
say "a table of sessions became hashes"
echo "  before        $before rows of the table"
echo "  after         $(cached --scan --pattern 's:*' | wc -l) hashes; s:10 is $(cached hgetall s:10 | paste -sd ' ')"
echo "  old table     $(ask "select case when to_regclass('sessions') is null then 'dropped; work/sessions.dump has it' else 'still there' end")"
echo "  triggers      $(ask 'select count(*) from pg_trigger where not tgisinternal') left"
echo "  application   $(told acknowledged) writes acknowledged meanwhile"
echo "  judged        $judged"
