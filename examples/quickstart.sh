#!/usr/bin/env bash
# From a bare Debian 12 machine to a finished migration: installs what is missing, builds mig, loads this
# machine's package index into a legacy table, and carries out examples/01_package_index with env ci while an
# application reads and writes.
#
#   examples/quickstart.sh [--sample]
#
# Everything it writes is in build/ and examples/01_package_index/work/; it starts afresh each time.
set -euo pipefail
cd "$(dirname "$0")/.."
case $* in '' | --sample) ;; *) echo "usage: examples/quickstart.sh [--sample]" >&2; exit 64 ;; esac

example=examples/01_package_index
work=$example/work
plan=$example/plan.mig
mig=build/mig
export MIG_JOURNAL=$work/journal.db

say() { printf '\n\033[1m== %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed $'s/\033\\[[01]m//g'; fi; }
run() { printf '$ %s\n' "$*"; "$@"; }
ask() { sqlite3 -readonly "$@"; }

say "1 of 6  build (a first build takes some minutes)"
.ci/build release
echo "$("$mig" --version) in $mig"

say "2 of 6  load the package index into a legacy table"
rm -rf "$work"
mkdir -p "$work"
run "$example/load.sh" "$work/legacy.db" "$@"
before=$(ask "$work/legacy.db" 'select count(*) from packages')
started=$(date +%s)

say "3 of 6  check the plan"
run "$mig" check "$plan"
echo "no mistakes"

say "4 of 6  apply it while an application reads and writes, up to the approval"
echo "\$ build/mig_app run $work --history … &"
build/mig_app run "$work" --history "$work/history" --report "$work/report.jsonl" \
  --until "$work/stop" --keys 300 >"$work/app.json" &
application=$!
run "$mig" apply "$plan" --env ci --yes &
migration=$!
trap 'touch "$work/stop"; kill "$migration" 2>/dev/null || true' EXIT
until "$mig" status 2>/dev/null | grep -q 'mig approve'; do
  kill -0 "$migration" 2>/dev/null || { wait "$migration"; exit 1; }
  sleep 0.2
done

say "5 of 6  look at what was done, and approve"
run "$mig" status
run "$mig" approve shop-owner --because "the counts look right"

say "6 of 6  reads move share by share, then the writes"
wait "$migration"
took=$(($(date +%s) - started))
touch "$work/stop"
wait "$application"
judged=$(build/mig_app check "$work" --history "$work/history")
told() { ask :memory: "select json_extract(readfile('$work/app.json'), '\$.$1')"; }

# Everything below is read from the files, not from what was said above.
"$mig" status "$("$mig" list --json | tail -n 1 | sed 's/.*"run":"\([^"]*\)".*/\1/')" --json >"$work/status.json"
# `drift …; source=0; rejected=21; compared=63415; complete` of the last comparison
compared=$(ask :memory: "
  select json_extract(step.value, '\$.summary')
  from json_each(readfile('$work/status.json'), '\$.steps') step
  where json_extract(step.value, '\$.step') = 'compare/verify#1'")
drift=$(sed -n 's/.*; source=\([0-9]*\);.*/\1/p' <<<"$compared")
state=$(ask :memory: "select json_extract(readfile('$work/status.json'), '\$.state')")

rows() { ask :memory: "select replace(printf('%,14d rows', $1), ',', '_')"; }
line() { printf '  %-10s %-13s %s   %s\n' "$1" "$2" "$3" "$4"; }
count() { rows "$(ask "$1" "select count(*) from $2")"; }
left=$(ask "$work/legacy.db" "select count(*) from sqlite_master where name = 'packages'")

say "$state in $took s: one table of texts became three typed tables"
line before packages "$(rows "$before")" "every column a text"
line after packages "$(count "$work/catalog.db" packages)" "sizes are numbers, times are times"
line '' maintainers "$(count "$work/catalog.db" maintainers)" "name and e-mail parted"
line '' dependencies "$(count "$work/catalog.db" dependencies)" "one row each, in order"
line rejected '' "$(count "$work/catalog.db" "mig_ctl_reject where closed is null")" "set aside, and kept in the backup:"
ask -separator ' ' "$work/catalog.db" "
  select printf('%48d', count(*)), reason || ', such as ' || min(shown_key)
  from mig_ctl_reject where closed is null group by reason order by count(*) desc"
line drift '' "$(rows "$drift")" "of $(rows "$(sed -n 's/.*; compared=\([0-9]*\);.*/\1/p' <<<"$compared")" | tr -d ' ' | sed 's/rows/ rows/') compared while others wrote"
[ "$left" -eq 0 ] && line 'old table' dropped "" "its backup was read back first"
line application '' "$(rows "$(told acknowledged)" | sed 's/rows/writes/')" "acknowledged meanwhile; 99 % within $(($(told write_p99_us) / 1000)) ms"
line '' '' "$(rows "$(sed -n 's/.*: \([0-9]*\) faults/\1/p' <<<"$judged")" | sed 's/rows/writes/')" "of them lost, and no deleted row is back"
cat <<END

  The new tables   $work/catalog.db; its table mig_routes says who reads and writes what
  The backup       $work/packages.backup.db
  What happened    MIG_JOURNAL=$MIG_JOURNAL $mig log
  What it means    $example/README.md
END
