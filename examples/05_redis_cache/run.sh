#!/usr/bin/env bash
# Moves sessions from one Redis to another while an application reads and writes them.
#
#   examples/05_redis_cache/run.sh [--rows N]
#
# Installs what is missing and builds mig, unless MIG_BUILD names a folder that has it. Both servers are this
# script's own: each listens on a unix socket in a temporary folder only, and goes when the script ends. Everything
# else that is written is in work/ beside this file, afresh each time.
set -euo pipefail
bin=${MIG_BUILD:+$(realpath "$MIG_BUILD")}
cd "$(dirname "$0")"
case ${1:-} in '' | --rows) ;; *) echo "usage: run.sh [--rows N]" >&2; exit 64 ;; esac
rows=${2:-20000}
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
  for each in old new; do "$root/tests/support/redis.sh" stop "$folder/$each"; done
  rm -rf "$folder"
}
trap cleanup EXIT
for each in old new; do
  mkdir "$folder/$each"
  "$root/tests/support/redis.sh" start "$folder/$each" --appendonly yes
done
export OLD_CACHE="unix://$folder/old/redis.sock" NEW_CACHE="unix://$folder/new/redis.sock"
ask() { redis-cli -s "$folder/$1/redis.sock" "${@:2}"; }
# When each of the loaded sessions expires, in milliseconds; -1: never.
expiries() { seq 10 10 $((10 * rows)) | sed "s/^/PEXPIRETIME $2/" | ask "$1"; }
echo '$ ./load.sh …/old/redis.sock' "$@"
./load.sh "$folder/old/redis.sock" "$@"
before=$(ask old dbsize)
expiries old sess: >work/expiries.old

say "3 of 6  check the plan, and try it on two bad days"
run mig check plan.mig
run mig test plan.mig

say "4 of 6  apply it while an application reads and writes, up to the approval"
echo '$ mig_app run work --moves sessions --old "$OLD_CACHE" --new "$NEW_CACHE" … &'
mig_app run work --moves sessions --old "$OLD_CACHE" --new "$NEW_CACHE" --history work/history \
  --report work/report.jsonl --until work/stop --keys 300 --rate 200 >work/app.json &
application=$!
run mig apply plan.mig --env ci --yes &
migration=$!
until mig status 2>/dev/null | grep -q 'mig approve'; do
  kill -0 "$migration" 2>/dev/null || { wait "$migration"; exit 1; }
  sleep 0.2
done

say "5 of 6  the writes have moved, and can still go back; look, and approve"
run mig status
expiries new s: >work/expiries.new
run mig approve team-cache --because "the new cache does well"

say "6 of 6  the old keys go"
wait "$migration"
migration=''
touch work/stop
wait "$application"

# Everything below is read from the servers, not from what was said above.
told() { sqlite3 :memory: "select json_extract(readfile('work/app.json'), '\$.$1')"; }
judged=$(mig_app check work --moves sessions --old "$OLD_CACHE" --new "$NEW_CACHE" --history work/history) ||
  { echo "$judged"; exit 1; }
count() { ask "$1" --scan --pattern "$2" | wc -l; }
say "the sessions have another server and another prefix"
echo "  before        $before sessions under sess:"
echo "  after         $(count new 's:*') sessions under s:"
echo "  expiries      $(grep -vcx -- -1 work/expiries.new) of the loaded ones expire, $(diff work/expiries.old work/expiries.new | grep -c '^>' || true) at another millisecond than before"
echo "  old keys      $(count old 'sess:*') left"
echo "  application   $(told acknowledged) writes acknowledged meanwhile"
echo "  judged        $judged"
