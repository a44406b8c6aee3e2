#!/usr/bin/env bash
# Who may work on what: one runner a run, one run a dataset, and nothing from a runner whose lease
# is gone.  tests/crash/locks.sh MIG
set -uo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/../.." && pwd)
mig=$(realpath "${1:?path of mig}")
work=$(mktemp -d)
runner=''
cleanup() { [ -z "$runner" ] || kill -9 "$runner" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
die() { echo "FAILED: $*"; cat "$work"/*.err 2>/dev/null; exit 1; }

"$root/examples/01_package_index/load.sh" "$work/legacy.db" --rows 1500 >/dev/null || die 'load.sh'
fresh() {
  rm -rf "$work/run" && mkdir -p "$work/run/work" && cd "$work/run" || exit 1
  cp "$root/examples/01_package_index/at_night.mig" plan.mig
  cp "$work/legacy.db" work/
}
dump() { sqlite3 work/legacy.db .dump; sqlite3 work/catalog.db .dump; }
journal() { sqlite3 -readonly -cmd '.timeout 5000' .mig/journal.db "$1"; }
options=(--env ci --yes --set 'chunk=100 rows')

# Starts a runner and waits for an event that holds every one of the given texts.
start() {  # TEXT OPTION…
  local text=$1 line; shift
  exec {events}< <(exec "$mig" apply plan.mig "${options[@]}" "$@" --json 2>"$work/runner.err")
  runner=$!
  while IFS= read -r -t 30 -u "$events" line; do
    [[ $line != *"$text"* ]] || return 0
  done
  die "the runner never said $text"
}

finish() {  # sets ended to the runner's exit code
  kill -CONT "$runner"
  while IFS= read -r -t 30 -u "$events" _; do :; done
  wait "$runner"; ended=$?
  runner=''
  exec {events}<&-
}

# Ends with 6, says one sentence that holds TEXT, and changes nothing.
expect_locked() {  # TEXT COMMAND…
  local text=$1 rc=0; shift
  timeout 30 "$@" >"$work/out" 2>"$work/second.err" || rc=$?
  [ "$rc" -eq 6 ] || die "wanted exit 6, got $rc: $*"
  [ "$(grep -c '^mig: ' "$work/second.err")" = 1 ] || die "not one sentence: $*"
  grep -qF -- "$text" "$work/second.err" || die "wanted \`$text\`: $*"
}

# Two of one plan.
fresh
start 'for the approval of'
before=$(dump | sha256sum; journal 'SELECT count(*) FROM record')
expect_locked "process $runner " "$mig" apply plan.mig "${options[@]}"
[ "$before" = "$(dump | sha256sum; journal 'SELECT count(*) FROM record')" ] || die 'the second wrote'
echo 'two of one plan: the second says who runs it'

# A runner that is alive keeps a short lease; an approval reaches it.
finish_approved() {
  "$mig" approve shop-owner >/dev/null 2>"$work/second.err" || die 'approve'
  finish
}
finish_approved
[ "$ended" -eq 0 ] || die "the approved runner ended with $ended"
echo 'a live runner hears of its approval'

fresh
start 'for the approval of' --lease 1s
granted=$(journal 'SELECT max(expires_at) FROM lease')
until [[ $(journal 'SELECT max(expires_at) FROM lease') > $granted ]] ||
  [ "$(journal "SELECT max(expires_at) < strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM lease")" = 1 ]; do :; done
expect_locked "process $runner " "$mig" apply plan.mig "${options[@]}" --lease 1s
echo 'a live runner keeps a short lease'
finish_approved
[ "$ended" -eq 0 ] || die "the runner with the short lease ended with $ended"

# Stopped past its lease, overtaken, continued.
fresh
start '"step":"copy/snapshot#1"' --lease 1s --set 'pace=1000 rows/s'
kill -STOP "$runner"
deadline=$((SECONDS + 30))
while true; do
  rc=0
  timeout 60 "$mig" apply plan.mig "${options[@]}" --lease 1s --set 'pace=1000 rows/s' --until-blocked >"$work/out" 2>"$work/second.err" || rc=$?
  [ "$rc" -ne 0 ] || break
  [ "$SECONDS" -lt "$deadline" ] || die 'the lease of a stopped runner never ended'
  # Stopped in the middle of a write it holds a file itself: it is named, and has to get out of it.
  # An event comes right behind a write, so it is stopped behind another number of them each time.
  if grep -q "is held by process $runner " "$work/second.err"; then
    kill -CONT "$runner"
    for ((event = 0; event <= RANDOM % 5; event++)); do read -r -t 1 -u "$events" _; done
    kill -STOP "$runner"
  elif [ "$rc" -ne 6 ]; then
    die "the second runner ended with $rc"
  fi
done
before=$(dump | sha256sum; journal 'SELECT count(*), max(epoch) FROM record')
finish
[ "$ended" -eq 6 ] || die "the overtaken runner ended with $ended"
[ "$(grep -c '^mig: ' "$work/runner.err")" = 1 ] || die 'the overtaken runner does not say why it ends'
[ "$before" = "$(dump | sha256sum; journal 'SELECT count(*), max(epoch) FROM record')" ] || die 'the overtaken runner wrote'
late=$(journal 'SELECT count(*) FROM record a JOIN record b ON a.seq < b.seq AND a.epoch > b.epoch')
[ "$late" = 0 ] || die "$late records of an old epoch behind a newer one"
echo 'a stopped runner that was overtaken writes nothing and says so'

# Another plan on the same dataset, while the first one is under way.
held=$(journal "SELECT json_extract(body, '\$.run') FROM record LIMIT 1")
sed 's/^plan split_index/plan split_again/' plan.mig >other.mig
before=$(dump | sha256sum)
expect_locked "$held" "$mig" apply other.mig "${options[@]}"
expect_locked "$held" "$mig" apply other.mig "${options[@]}" --journal other/journal.db
[ "$before" = "$(dump | sha256sum)" ] || die 'the other plan wrote'
[ "$(journal "SELECT count(*) FROM record WHERE kind = 'run_created'")" = 1 ] || die 'the other plan began a run'
echo 'another plan on the same dataset is told who holds it'
