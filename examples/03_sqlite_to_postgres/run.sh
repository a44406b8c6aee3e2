#!/usr/bin/env bash
# Moves the package index from a SQLite file to a PostgreSQL server while an application reads and writes it.
#
#   examples/03_sqlite_to_postgres/run.sh [--sample]
#
# Installs what is missing and builds mig, unless MIG_BUILD names a folder that has it. The server is this
# script's own: it listens on a unix socket in a temporary folder and on loopback, and goes when the script ends.
# Everything else that is written is in work/ beside this file, afresh each time.
set -euo pipefail
bin=${MIG_BUILD:+$(realpath "$MIG_BUILD")}
cd "$(dirname "$0")"
case $* in '' | --sample) ;; *) echo "usage: run.sh [--sample]" >&2; exit 64 ;; esac
root=$(realpath ../..)

say() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

say "1 of 6  build"
[ -n "$bin" ] || "$root/.ci/build" release
PATH=${bin:-$root/build}:$PATH
mig --version

say "2 of 6  a server, and the package index in the shop's file"
rm -rf work && mkdir work
export MIG_JOURNAL=work/journal.db
folder=$(mktemp -d)
application='' migration=''
cleanup() {
  touch work/stop
  [ -z "$migration" ] || kill "$migration" 2>/dev/null || true
  wait
  "$root/tests/support/postgres.sh" stop "$folder"
}
trap cleanup EXIT
CATALOG_DSN=$("$root/tests/support/postgres.sh" start "$folder")
export CATALOG_DSN
run ../01_package_index/load.sh work/legacy.db "$@"
before=$(sqlite3 -readonly work/legacy.db 'select count(*) from packages')

say "3 of 6  check the plan"
run mig check plan.mig

say "4 of 6  apply it while an application reads and writes, up to the approval"
echo '$ mig_app run work --new "$CATALOG_DSN" … &'
mig_app run work --new "$CATALOG_DSN" --history work/history --report work/report.jsonl --until work/stop \
  --keys 1000 --rate 300 >work/app.json &
application=$!
run mig apply plan.mig --env ci --yes &
migration=$!
until mig status 2>/dev/null | grep -q 'mig approve'; do
  kill -0 "$migration" 2>/dev/null || { wait "$migration"; exit 1; }
  sleep 0.2
done

say "5 of 6  look at what was done, and approve"
run mig status
run mig approve shop-owner --because "the counts look right"

say "6 of 6  reads move share by share, then the writes"
wait "$migration"
migration=''
touch work/stop
wait "$application"

# Everything below is read from the stores, not from what was said above.
ask() { psql -qAtX "$CATALOG_DSN" -c "$1"; }
told() { sqlite3 :memory: "select json_extract(readfile('work/app.json'), '\$.$1')"; }
judged=$(mig_app check work --new "$CATALOG_DSN" --history work/history) || { echo "$judged"; exit 1; }
say "one table of texts in a file became three typed tables on a server"
echo "  before        $before packages, every column a text"
echo "  after         $(ask 'select count(*) from packages') packages, $(ask 'select count(*) from maintainers') maintainers, $(ask 'select count(*) from dependencies') dependencies"
echo "  rejected      $(ask 'select count(*) from mig_ctl_reject where closed is null'), set aside and kept in work/packages.backup.db"
echo "  the time      is $(ask "select data_type from information_schema.columns where table_name = 'packages' and column_name = 'updated_at'")"
echo "  old table     $(sqlite3 -readonly work/legacy.db "select iif(count(*) = 0, 'dropped; its backup was read back first', 'still there') from sqlite_master where name = 'packages'")"
echo "  application   $(told acknowledged) writes acknowledged meanwhile"
echo "  judged        $judged"
